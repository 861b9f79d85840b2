// Starts the long action a rule asked for.

import type { ActionRequest, Step } from '#core/ha/step.ts';
import type { ActionKind } from '#core/ha/world.ts';
import { standbyRole, upstreamOf } from '#core/ha/upstream.ts';
import { bootstrap, postBootstrap } from './actions/bootstrap.ts';
import type { UpstreamNow } from './actions/clone.ts';
import { clone } from './actions/clone.ts';
import { demote, stepDown } from './actions/demote.ts';
import { promote } from './actions/promote.ts';
import { recoverFromCrash, rejoinByClone, rewind } from './actions/rejoin.ts';
import { startServer } from './actions/start.ts';
import type { AgentContext, AgentParts } from './context.ts';
import type { ActionHandle } from './executor.ts';
import { worldOf } from './observe.ts';

const kinds: Readonly<Record<ActionRequest['kind'], ActionKind>> = {
  bootstrap: 'bootstrap',
  'post-bootstrap': 'post-bootstrap',
  clone: 'clone',
  promote: 'promote',
  'step-down': 'demote',
  demote: 'demote',
  'start-primary': 'start-primary',
  'start-standby': 'start-standby',
  'crash-recovery': 'crash-recovery',
  rewind: 'rewind',
  'rejoin-by-clone': 'rejoin',
};

/** Whom this member is to follow by what is known at this moment. */
export function upstreamNowOf(context: AgentParts): UpstreamNow {
  return () => {
    const { state, deps } = context;
    const { cluster, lockedCluster } = state;
    if (cluster === null) return { role: 'replica', upstream: null };
    const world = worldOf(
      context,
      {
        kind: 'cluster',
        cluster,
        lockedCluster: lockedCluster ?? cluster,
        isLeaderByFailsafe: false,
      },
      deps.postgres.lastFacts(),
    );
    return { role: standbyRole(world), upstream: upstreamOf(world) };
  };
}

export function startAction(
  context: AgentContext,
  { action, name }: Extract<Step, { kind: 'start-action' }>,
): void {
  context.executor.start(kinds[action.kind], name, async (handle) => {
    await run(context, action, handle);
  });
}

async function run(
  context: AgentContext,
  action: ActionRequest,
  handle: ActionHandle,
): Promise<unknown> {
  const upstreamNow = upstreamNowOf(context);
  switch (action.kind) {
    case 'bootstrap':
      return bootstrap(context, handle);
    case 'post-bootstrap':
      return postBootstrap(context, handle);
    case 'clone':
      return clone(context, action.source, upstreamNow, handle);
    case 'promote':
      return promote(context, handle);
    case 'step-down':
      return stepDown(context, action.candidate, action.isForced, handle);
    case 'demote':
      return demote(context, action.mode, null, handle);
    case 'start-primary':
      return startServer(context, { role: 'primary' }, handle);
    case 'start-standby':
      return startServer(context, { role: action.role, upstream: action.upstream }, handle);
    case 'crash-recovery':
      return recoverFromCrash(context, handle);
    case 'rewind':
      return rewind(context, action.leader, handle);
    case 'rejoin-by-clone':
      return rejoinByClone(context, action, upstreamNow, handle);
    default:
      return action satisfies never;
  }
}
