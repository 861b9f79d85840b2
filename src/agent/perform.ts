// Carries one step of a decision out, and tells what came of it. Steps that end the turn say so.

import type { AskingStep, EndingStep, Step } from '#core/ha/step.ts';
import { isEnding } from '#core/ha/step.ts';
import type { Learned, World } from '#core/ha/world.ts';
import { knownMembers } from '#core/ha/known-members.ts';
import { waitsForNobody } from '#core/ha/sync-turn.ts';
import { nobodyWarning } from '#core/sync/plan-sync.ts';
import { peerTimeoutMs } from '#core/ha/peers.ts';
import { failsafeTopology } from '#core/ha/rules/store-rules.ts';
import { acquireLock, proveLease, refreshLock, releaseLock } from './leadership.ts';
import { finishBootstrap, cancelBootstrap } from './actions/bootstrap.ts';
import { afterPromotion } from './actions/promote.ts';
import { startAction } from './start-action.ts';
import type { AgentContext } from './context.ts';
import { follow } from './follow.ts';
import { performSync } from './perform-sync.ts';
import { publishMember } from './publish.ts';
import { remember } from './state.ts';
import { askFailsafe } from './failsafe.ts';

export type Performed =
  | { readonly kind: 'learned'; readonly learned: Partial<Learned> }
  | {
      readonly kind: 'ended';
      readonly message: string;
      readonly wakeInMs: number | null;
      /** What is published at the end of the turn depends on it. */
      readonly learned: Partial<Learned>;
    };

/** The process is to end, leaving PostgreSQL as it is; the message says why. */
export class AgentExit extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AgentExit';
  }
}

function learned(change: Partial<Learned>): Performed {
  return { kind: 'learned', learned: change };
}

function ended(message: string, wakeInMs?: number, news: Partial<Learned> = {}): Performed {
  return { kind: 'ended', message, wakeInMs: wakeInMs ?? null, learned: news };
}

export async function perform(context: AgentContext, world: World, step: Step): Promise<Performed> {
  return isEnding(step) ? end(context, world, step) : ask(context, world, step);
}

async function end(context: AgentContext, world: World, step: EndingStep): Promise<Performed> {
  switch (step.kind) {
    case 'done':
      return ended(step.message, step.wakeInMs);
    case 'exit':
      throw new AgentExit(step.message);
    case 'start-action':
      startAction(context, step);
      return ended(step.message);
    case 'follow':
      await follow(context, step.role, step.upstream);
      return ended(step.message, step.wakeInMs);
    case 'confirm-primary':
      confirmPrimary(context, world);
      return ended(step.message, step.wakeInMs);
    case 'finish-bootstrap':
      return ended('initialized a new cluster', 0, { lock: await finishBootstrap(context) });
    case 'cancel-bootstrap':
      return cancelBootstrap(context);
    case 'cancel-action':
      await context.executor.cancel();
      return ended(`cancelled ${world.action?.name ?? 'nothing'}`, 0);
    case 'release-lock':
      stepDownInName(context);
      await releaseLock(context, step.lastLsn);
      return ended(step.message, step.wakeInMs);
    default:
      return step satisfies never;
  }
}

async function ask(context: AgentContext, world: World, step: AskingStep): Promise<Performed> {
  const { deps, state } = context;
  switch (step.kind) {
    case 'remember':
      remember(state, step.memory);
      return learned({});
    case 'touch-member':
      await publishMember(context, world.postgres);
      return learned({ isMemberTouched: true });
    case 'race-initialize':
      return learned({ initializeRace: (await deps.dcs.initialize(true, '')) ? 'won' : 'lost' });
    case 'write-initialize':
      await deps.dcs.initialize(step.createNew, step.systemId);
      return learned({ isInitializeWritten: true });
    case 'write-config':
      await deps.dcs.setConfigValue(deps.ownDynamic(), state.cluster?.config?.modRevision ?? null);
      return learned({ isConfigWritten: true });
    case 'refresh-lock':
      return learned({ lock: await refreshLock(context) });
    case 'acquire-lock':
      return learned({ lock: await acquireLock(context) });
    case 'clear-failover':
      return learned({ isFailoverKeyCleared: await clearFailover(context, step.keepCandidate) });
    case 'ask-peers':
      return learned({ peers: await askPeers(context, world, step.names) });
    case 'ask-failsafe':
      return learned({ failsafe: await askFailsafe(context, failsafeTopology(world) ?? {}) });
    case 'extend-lease':
      state.isLeadingByFailsafe = true;
      proveLease(context, world.nowMs);
      await deps.watchdog.keepalive();
      return learned({ lock: 'refreshed' });
    case 'watchdog':
      return learned({ watchdog: await switchWatchdog(context, step.to) });
    case 'read-rewind-facts':
      return learned({
        rewindFacts: await deps.postgres.readRewindFacts(step.leader),
        canRewind: await deps.postgres.canRewind(),
      });
    case 'sync':
      return learned(await performSync(context, step.step));
    default:
      return step satisfies never;
  }
}

/** A key that changed since it was read is somebody's newer request, and stays. */
async function clearFailover({ deps, state }: AgentContext, keepCandidate: boolean): Promise<true> {
  const failover = state.cluster?.failover ?? null;
  if (failover === null) return true;
  const kept = keepCandidate
    ? { leader: null, candidate: failover.candidate, scheduledAt: null }
    : null;
  await deps.dcs.setFailover(kept, failover.modRevision);
  return true;
}

/** Also members that the store has forgotten: they may be there all the same. */
async function askPeers(
  { deps }: AgentContext,
  world: World,
  names: readonly string[],
): Promise<Learned['peers']> {
  const known = knownMembers(world.dcs);
  const asked = names.flatMap((name) => known.find((member) => member.name === name) ?? []);
  return [...world.learned.peers, ...(await deps.peers.getStatus(asked, peerTimeoutMs))];
}

async function switchWatchdog(
  { deps, state }: AgentContext,
  to: 'activate' | 'disable',
): Promise<Learned['watchdog']> {
  const { watchdog } = deps;
  const { ttlSeconds, loopWaitSeconds } = state.config.global;
  if (to === 'disable') {
    await watchdog.disable();
    remember(state, { isWatchdogRunning: false });
    return 'disabled';
  }
  const isActive = await watchdog.activate(ttlSeconds, loopWaitSeconds);
  remember(state, { isWatchdogRunning: watchdog.isRunning });
  return isActive ? 'activated' : 'failed';
}

/** A leader whose server is gone is no primary any more, and those who route to it learn so. */
function stepDownInName({ deps, state }: AgentContext): void {
  const { role, isRunning } = deps.postgres.lastFacts();
  const wasLeading = role === 'primary' || role === 'promoted' || role === 'standby_leader';
  if (isRunning || !wasLeading) return;
  deps.postgres.setRole('demoted');
  remember(state, { demotedAtMs: deps.clock.monotonicMs() });
  deps.postgres.callbacks('on_role_change', 'demoted');
}

/** A primary that was one before the agent came, or after a start in place, gets its role. */
function confirmPrimary(context: AgentContext, world: World): void {
  const { deps, state } = context;
  if (world.postgres.role === 'promoted') deps.postgres.callbacks('on_role_change', 'primary');
  // Its promotion was not waited for to the end, or it died and was started again before it had paid.
  const isOwing = state.memory.isCheckpointAfterPromoteDone === false;
  if (isOwing && !state.isMakingFirstCheckpoint) void afterPromotion(context);
  if (world.postgres.role !== 'primary') {
    deps.postgres.setRole('primary');
    remember(state, { demotedAtMs: null });
  }
  const isAlone = waitsForNobody(world);
  if (isAlone && !state.isAloneTold) deps.log.warning(nobodyWarning);
  state.isAloneTold = isAlone;
}
