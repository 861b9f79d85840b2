// How long until a permanent logical slot that was just configured is on both replicas, and how often a replica's
// PostgreSQL was restarted for it. A client writes all along, as one does where somebody decodes.

import assert from 'node:assert/strict';
import type { AgentName } from '../../test/cluster/agent-program.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import type { Member } from '../../test/cluster/member.ts';
import { superuser } from '../../test/cluster/member-document.ts';
import { withCluster } from '../../test/cluster/with-cluster.ts';
import { within } from '../../test/cluster/within.ts';
import { hostsOf, Writer } from '../../test/cluster/writer.ts';
import { dynamicOf, type Timings } from '../failover/timings.ts';

export interface UsableTrial {
  /** From the answer to the request until both replicas have the slot, seconds. */
  readonly presentS: number;
  /** Until both say that a failover keeps it, seconds; null where the agent does not tell. */
  readonly readyS: number | null;
  /** Restarts of the replica that was restarted most. */
  readonly restarts: number;
}

const slot = 'consumer';
const configured = { [slot]: { type: 'logical', database: 'postgres', plugin: 'test_decoding' } };
const ready = /database system is ready to accept/gu;

async function starts(member: Member): Promise<number> {
  return ((await member.postgresLog()).match(ready) ?? []).length;
}

async function isPresent(member: Member): Promise<boolean> {
  const found = `SELECT count(confirmed_flush_lsn) FROM pg_replication_slots WHERE slot_name = '${slot}'`;
  return (await member.value(found)) === '1';
}

/** As the agent tells, for example `ready`. */
async function stateOf(member: Member): Promise<unknown> {
  const { slots } = (await member.get('/slots')).json() as {
    readonly slots: readonly { readonly name: string; readonly state: string }[];
  };
  return slots.find(({ name }) => name === slot)?.state;
}

async function secondsUntil(
  began: number,
  what: string,
  look: () => Promise<void>,
): Promise<number> {
  await within(180, what, look);
  return (performance.now() - began) / 1000;
}

async function measureOn(cluster: Cluster, agent: AgentName): Promise<UsableTrial> {
  await cluster.startAll(120);
  const replicas = cluster.members.filter((_, number) => number > 0);
  await using writer = await Writer.start({ hosts: hostsOf(cluster.members), login: superuser });
  await writer.untilWriting(30);
  const before = await Promise.all(replicas.map(starts));
  await cluster.patchConfig({ slots: configured });
  const began = performance.now();
  const presentS = await secondsUntil(began, 'both replicas have the slot', async () => {
    for (const member of replicas) assert.ok(await isPresent(member), `${member.name} lacks it`);
  });
  const readyS =
    agent === 'patroni'
      ? null
      : await secondsUntil(began, 'both replicas say the slot is ready', async () => {
          for (const member of replicas) assert.equal(await stateOf(member), 'ready');
        });
  const after = await Promise.all(replicas.map(starts));
  await writer.stop();
  const restarts = Math.max(...after.map((count, place) => count - (before[place] ?? 0)));
  return { presentS, readyS, restarts };
}

/** One new cluster of three. */
export async function usableTrial(agent: AgentName, timings: Timings): Promise<UsableTrial> {
  const trials: UsableTrial[] = [];
  const dynamic = dynamicOf(timings);
  const parameters = { wal_level: 'logical', hot_standby_feedback: 'on' };
  await withCluster(
    { members: 3, agent, dynamic: { ...dynamic, postgresql: { parameters } } },
    async (cluster) => void trials.push(await measureOn(cluster, agent)),
  );
  const trial = trials[0];
  assert.ok(trial);
  return trial;
}
