// What is broken on purpose, to see that the checks notice. It stands between the agent and the model; nothing of it
// is in the agent.

import type { PostgresPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import { parseJsonObject } from '#core/dcs/json.ts';
import { overlaid } from './overlay.ts';
import type { Sabotage } from '../member/agent-process.ts';
import { prefix } from '../member/member-config.ts';
import type { SimCluster } from '../run/sim-cluster.ts';

/** A server is not stopped where only the end of a lease asks for it: neither by the guard nor by a demotion. */
export function withoutFencing(): Sabotage {
  return {
    postgres: (postgres: PostgresPort): PostgresPort =>
      overlaid(postgres, {
        fence: async () => false,
        stop: async (options, signal) => {
          const isBoundByLease = options.callback === 'on_stop' && options.timeoutMs !== null;
          return isBoundByLease ? false : postgres.stop(options, signal);
        },
      }),
  };
}

/**
 * The key /sync is said to be written where somebody is to be taken out of it, and is not: so a standby leaves the
 * names that acknowledge commits first, and may be elected afterwards.
 */
export function syncKeyWrittenLate(_machine: string, cluster: () => SimCluster): Sabotage {
  const votersNow = (): readonly string[] => {
    const sync = parseJsonObject(cluster().etcd.valueOf(`${prefix}sync`) ?? '');
    const voters = sync?.['sync_standby'];
    return typeof voters === 'string' && voters !== '' ? voters.split(',') : [];
  };
  return {
    dcs: (dcs: Dcs): Dcs =>
      overlaid(dcs, {
        writeSyncState: async (request, expected) => {
          const isLess = votersNow().some((voter) => !request.voters.includes(voter));
          const sync = parseJsonObject(cluster().etcd.valueOf(`${prefix}sync`) ?? '');
          if (isLess && sync?.['leader'] === request.leader) return expected ?? '1';
          return dcs.writeSyncState(request, expected);
        },
      }),
  };
}
