// Points a running standby at whom it is to follow, by a reload where that is enough.

import type { Upstream } from '#core/ha/values.ts';
import type { AgentContext } from './context.ts';
import { startAction } from './start-action.ts';

export async function follow(
  context: AgentContext,
  role: 'replica' | 'standby_leader',
  upstream: Upstream | null,
): Promise<void> {
  const { deps, state } = context;
  const { postgres, log } = deps;
  const facts = postgres.lastFacts();
  if (!facts.isRunning) return;
  const before = facts.role;
  if (before !== role) {
    postgres.setRole(role);
    if (facts.sql !== null) postgres.callbacks('on_role_change', role);
  }
  if (facts.sql?.isReplayPaused === true && !state.config.global.isPaused) {
    await postgres.resumeReplay();
  }
  const needed = await postgres.configureUpstream(role, upstream);
  if (needed === 'nothing') return;
  log.info(
    upstream === null ? 'following nobody' : `following ${upstream.name || 'a remote member'}`,
  );
  if (needed === 'reload') {
    await postgres.reload(before !== role);
    return;
  }
  if (state.config.global.isPaused) return;
  startAction(context, {
    kind: 'start-action',
    action: { kind: 'start-standby', role, upstream },
    name: 'changing primary_conninfo and restarting',
    message: '',
  });
}
