// Fills an empty data directory from another member, and starts it as a standby.

import type { BootstrapSource } from '#core/ha/bootstrap-source.ts';
import { memberOf } from '#core/ha/look.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { CloneSource } from '../bootstrap-port.ts';
import type { AgentContext } from '../context.ts';
import type { ActionHandle } from '../executor.ts';
import { remember } from '../state.ts';
import { noRejoinYet } from '#core/rewind/rejoin.ts';
import { startServer } from './start.ts';

/** The source as it is now; null where it has gone since the decision. */
export function sourceOf({ state }: AgentContext, source: BootstrapSource): CloneSource | null {
  switch (source.kind) {
    case 'none':
      return { kind: 'none' };
    case 'remote': {
      const from = state.config.global.standbyCluster;
      return from === null ? null : { kind: 'remote', from };
    }
    case 'member': {
      const member = state.cluster === null ? null : memberOf(state.cluster, source.name);
      return member === null ? null : { kind: 'member', member, isLeader: source.isLeader };
    }
    default:
      return source satisfies never;
  }
}

/** The upstream a member has after the clone; asked anew, as a clone may take hours. */
export type UpstreamNow = () => {
  readonly role: 'replica' | 'standby_leader';
  readonly upstream: Upstream | null;
};

export async function clone(
  context: AgentContext,
  wanted: BootstrapSource,
  upstreamNow: UpstreamNow,
  handle: ActionHandle,
): Promise<boolean> {
  const { deps, state } = context;
  const source = sourceOf(context, wanted);
  if (source === null) return false;
  const words = source.kind === 'member' ? `from ${source.member.name}` : `(${source.kind})`;
  if (!(await deps.bootstrap.clone(source, false, handle.signal))) {
    deps.log.error(`failed to bootstrap ${words}`);
    return false;
  }
  deps.log.info(`bootstrapped ${words}`);
  remember(state, {
    rewind: { kind: 'unchecked', against: '', why: '' },
    rejoin: noRejoinYet,
    lastStartFailedAtMs: null,
    isRecovering: false,
  });
  return startServer(context, upstreamNow(), handle);
}
