// The agent of one member: turn after turn, each as soon as there is a reason for it. Reasons are the postmaster's
// end, a change in the store, a long action that ended, a request over REST; `loop_wait` is the safety net.

import type { DcsChange } from '#adapters/ports/dcs.ts';
import type { AgentDeps } from './agent-deps.ts';
import type { AgentContext } from './context.ts';
import { Executor, wordsOf } from './executor.ts';
import { LeaseGuard } from './lease-guard.ts';
import { forgetLease, isLeading, resumeLease } from './leadership.ts';
import { runScheduledRestart } from './scheduled-restart.ts';
import { SlotsHandler } from './slots/slots-handler.ts';
import { isSlotNews } from './slots/status-news.ts';
import { freshState, noteDecision, remember } from './state.ts';
import { runTurn } from './turn.ts';
import { takeUpUnfinished } from './unfinished.ts';
import { AgentExit } from './perform.ts';
import { BootstrapFailed } from './actions/bootstrap.ts';

/** Keys whose change is a reason for a turn; members publish their positions all the time. */
const wakingKeys: ReadonlySet<string> = new Set([
  'leader',
  'failover',
  'config',
  'sync',
  'initialize',
]);

/** The shortest time between two turns, in milliseconds: a store that changes all the time is no reason to spin. */
const leastPauseMs = 20;

/** The least time a fenced server gets for an immediate stop before it is killed, in milliseconds. */
const leastFenceMs = 200;

export class Agent {
  readonly context: AgentContext;
  #wakeUp: (() => void) | null = null;
  #isWoken = false;
  readonly #stop = new AbortController();

  constructor(deps: AgentDeps) {
    const wake = (): void => this.wake();
    const state = freshState(deps.config, deps.clock.monotonicMs());
    const executor = new Executor({ clock: deps.clock, log: deps.log, onEnd: wake });
    const guard = new LeaseGuard({
      clock: deps.clock,
      log: deps.log,
      isExposed: () => this.#isExposed(),
      fence: async (withinMs) => this.#fence(withinMs),
    });
    const parts = { deps, state, executor, guard, wake };
    this.context = { ...parts, slots: new SlotsHandler(parts) };
  }

  /** Another turn, at once. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp?.();
  }

  /** Turns until `stop` is called; rejects with what ends the process. */
  async run(): Promise<void> {
    const { deps } = this.context;
    const { signal } = this.#stop;
    await resumeLease(this.context);
    await takeUpUnfinished(this.context, signal);
    deps.postgres.onExit(() => this.wake());
    deps.dcs.watch(
      (change) => this.#onChange(change),
      () => this.wake(),
      signal,
    );
    while (!signal.aborted) await this.#turnAndWait(signal);
  }

  /** Ends the turns; the one under way is finished. */
  stop(): void {
    this.#stop.abort();
    this.wake();
  }

  async #turnAndWait(signal: AbortSignal): Promise<void> {
    const { deps, state } = this.context;
    const startedMs = deps.clock.monotonicMs();
    this.#isWoken = false;
    const wakeInMs = await this.#turn();
    if (signal.aborted) return;
    const loopWaitMs = state.config.global.loopWaitSeconds * 1000;
    const tookMs = deps.clock.monotonicMs() - startedMs;
    if (tookMs > loopWaitMs) deps.log.warning('Loop time exceeded, rescheduling immediately.');
    const waitMs = Math.max(
      leastPauseMs,
      Math.min(loopWaitMs - tookMs, wakeInMs ?? loopWaitMs, this.#scheduleInMs()),
    );
    state.nextRunAtMs = deps.clock.monotonicMs() + waitMs;
    await this.#wait(waitMs);
  }

  /** One turn; what went wrong in it is said and tried again, but for what ends the process. */
  async #turn(): Promise<number | null> {
    const { deps, state } = this.context;
    try {
      const { wakeInMs } = await runTurn(this.context);
      await runScheduledRestart(this.context);
      return wakeInMs;
    } catch (error) {
      if (error instanceof AgentExit || error instanceof BootstrapFailed) throw error;
      const message = `Unexpected exception raised, please report it as a BUG: ${wordsOf(error)}`;
      deps.log.error(message, { error });
      noteDecision(state, { rule: 0, why: 'A turn failed', message, atMs: deps.clock.now() });
      return 1000;
    }
  }

  #scheduleInMs(): number {
    const { state, deps } = this.context;
    const atMs = state.scheduledRestart?.request.atMs;
    return atMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, atMs - deps.clock.now());
  }

  async #wait(waitMs: number): Promise<void> {
    const { clock } = this.context.deps;
    if (this.#isWoken) {
      await clock.delay(leastPauseMs);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const beganMs = clock.monotonicMs();
    const timer = clock.after(waitMs, resolve);
    this.#wakeUp = resolve;
    await promise;
    timer.cancel();
    this.#wakeUp = null;
    const restMs = leastPauseMs - (clock.monotonicMs() - beganMs);
    if (restMs > 0 && !this.#stop.signal.aborted) await clock.delay(restMs);
  }

  #onChange({ key, kind, value }: DcsChange): void {
    const isMemberGone = key.startsWith('members/') && kind === 'delete';
    const isNewMember = key.startsWith('members/') && kind === 'put' && this.#isUnknown(key);
    const isOfSlots = key === 'status' && kind === 'put' && this.#isSlotNews(value);
    if (wakingKeys.has(key) || isMemberGone || isNewMember || isOfSlots) this.wake();
  }

  /** Whoever leads wrote it. */
  #isSlotNews(value: string): boolean {
    return (
      !isLeading(this.context) && isSlotNews(value, this.context.state.cluster?.status ?? null)
    );
  }

  #isUnknown(key: string): boolean {
    const name = key.slice('members/'.length);
    return this.context.state.cluster?.members.every((member) => member.name !== name) ?? true;
  }

  /** Something that accepts writes, or is about to. */
  #isExposed(): boolean {
    const { state, deps, executor } = this.context;
    const action = executor.running();
    if (state.config.global.isPaused) return false;
    const { isRunning, role } = deps.postgres.lastFacts();
    // Between its stop and its start a server that restarts does not run, and comes up as what it was.
    const isComing = action?.kind === 'restart' || action?.kind === 'start-primary';
    if (state.isResumingLease) return true;
    return (isRunning || isComing) && (role === 'primary' || role === 'promoted');
  }

  async #fence(withinMs: number): Promise<void> {
    const { deps, state } = this.context;
    void this.context.executor.cancel();
    await deps.postgres.fence(Math.max(leastFenceMs, withinMs / 2));
    deps.postgres.setRole('demoted');
    deps.postgres.callbacks('on_role_change', 'demoted');
    forgetLease(this.context);
    remember(state, {
      demotedAtMs: deps.clock.monotonicMs(),
      rewind: { kind: 'unchecked', against: '', why: '' },
    });
    this.wake();
  }
}
