// The agent's hands on a server of the model: PostgresPort, as src/adapters/postgres has it on a machine.

import { MemberState } from '#adapters/postgres/member-state.ts';
import { TurnTaker } from '#adapters/postgres/turn-taker.ts';
import type {
  ClockPort,
  LogPort,
  PostgresPort,
  StartOptions,
  StopOptions,
} from '#adapters/ports/agent-ports.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { HistoryLine, PostgresState, Role } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { StartOutcome, Upstream } from '#core/ha/values.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Random } from '#core/random.ts';
import type { RewindFacts, RewindOutcome } from '#core/rewind/rewind-facts.ts';
import type { Actor } from '../engine/actor.ts';
import { controlFacts, serverVersion, sqlFacts } from './facts.ts';
import { historyLines, rewindFactsOf, runRewind } from './rewind.ts';
import type { PostgresServer } from './server.ts';

export interface SimPostgresOptions {
  readonly config: AgentConfig;
  readonly server: PostgresServer;
  readonly actor: Actor;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly random: Random;
  /** Called with every server that fails to rewind or be cloned on purpose; true: it is to fail. */
  readonly isRewindFailing: () => boolean;
  readonly isPrePromoteFailing: () => boolean;
}

/** The heartbeat's limit, in milliseconds. */
const silenceMs = 2000;
const immediatePatienceMs = 1500;
const killPatienceMs = 5000;

function isPrimaryRole(role: Role): boolean {
  return role === 'primary' || role === 'promoted';
}

export class SimPostgres implements PostgresPort {
  readonly #options: SimPostgresOptions;
  readonly #state: MemberState;
  readonly #turns: TurnTaker = new TurnTaker();
  readonly #listeners: (() => void)[] = [];
  #config: AgentConfig;
  #last: PostgresFacts;
  /** The process this agent knows of; another one has to be adopted. */
  #known: Actor | null = null;
  #isExpected = false;
  #isOwningNames = false;

  constructor(options: SimPostgresOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#state = new MemberState(() => options.clock.monotonicMs());
    this.#last = this.#factsNow(false);
    options.server.onExit(() => {
      options.actor.after(options.random.between(1, 15), () => this.#ended());
    });
  }

  get server(): PostgresServer {
    return this.#options.server;
  }

  #ended(): void {
    if (this.#known === null || this.#known === this.server.process) return;
    this.#known = this.server.process;
    if (this.#isExpected) return;
    this.#state.state = this.#state.state === 'starting' ? 'start failed' : 'crashed';
    const gone = { isRunning: false, pid: null, sql: null, sqlProblem: 'it does not run' };
    this.#last = { ...this.#last, ...gone, state: this.#state.state, stateSinceMs: 0 };
    for (const listener of this.#listeners) listener();
  }

  onExit(listener: () => void): void {
    this.#listeners.push(listener);
  }

  lastFacts(): PostgresFacts {
    return this.#last;
  }

  #factsNow(isAnswering: boolean): PostgresFacts {
    const { server } = this;
    const { directory, process } = server;
    const kind =
      directory === null || directory.condition === 'half-made'
        ? directory === null
          ? 'empty'
          : 'foreign'
        : directory.isCluster
          ? 'cluster'
          : 'foreign';
    const sql = isAnswering && process !== null && server.isReady ? sqlFacts(server) : null;
    const control = this.#state.state === 'creating replica' ? null : controlFacts(directory);
    const isKnownState = sql === null ? null : sql.isInRecovery;
    return {
      dataDirectory: kind,
      dataDirectoryProblem: kind === 'foreign' ? 'it is half of a cluster' : '',
      control:
        control === null || isKnownState === null
          ? control
          : {
              ...control,
              clusterState: isKnownState ? 'in archive recovery' : 'in production',
            },
      serverVersion: kind === 'cluster' ? serverVersion : 0,
      isRunning: process !== null,
      pid: process === null ? null : 1,
      state: this.#state.state,
      stateSinceMs: this.#state.ageMs,
      role: this.#state.role,
      sql,
      sqlProblem: sql === null ? 'it does not answer' : '',
      isSetUpAsStandby: directory?.hasStandbySignal ?? false,
      pendingRestart: {},
      progress: this.#state.progress,
    };
  }

  /** Waits for an answer of the server, but no longer than the heartbeat does. */
  async #ask(): Promise<boolean> {
    const { server, clock } = { server: this.server, clock: this.#options.clock };
    const { process } = server;
    if (process === null) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = clock.after(silenceMs, () => resolve(false));
    process.after(0.3 + this.#options.random.next(), () => {
      this.#options.actor.after(0.2, () => resolve(true));
    });
    const left = server.onExit(() => this.#options.actor.after(0, () => resolve(false)));
    const isAnswered = await promise;
    timer.cancel();
    left();
    return isAnswered;
  }

  async observe(): Promise<PostgresFacts> {
    this.#adopt();
    let isAnswered = false;
    if (this.server.process === null) await this.#options.clock.delay(1);
    else isAnswered = await this.#ask();
    const facts = this.#factsNow(isAnswered);
    if (facts.sql !== null && !this.#turns.isBusy && this.#state.state !== 'running') {
      this.#started(facts.sql.isInRecovery);
    }
    this.#last = {
      ...facts,
      state: this.#state.state,
      stateSinceMs: this.#state.ageMs,
      role: this.#state.role,
    };
    return this.#last;
  }

  #adopt(): void {
    const { process } = this.server;
    if (process === null || process === this.#known) return;
    this.#known = process;
    if (!this.#turns.isBusy) this.#state.state = 'starting';
  }

  #started(isInRecovery: boolean): void {
    this.#state.state = 'running';
    const { role } = this.#state;
    if (!isInRecovery && (role === 'replica' || role === 'uninitialized')) {
      this.#state.role = 'primary';
    }
  }

  setRole(role: Role): void {
    this.#state.role = role;
    this.#last = { ...this.#last, role };
  }

  setState(state: PostgresState): void {
    this.#state.state = state;
    this.#last = { ...this.#last, state };
  }

  /** The configuration files as they are to be for this role. */
  #writeFiles(role: Role, upstream: Upstream | null): boolean {
    const { directory } = this.server;
    if (directory === null) return false;
    const before = `${directory.upstream?.connection?.['host'] ?? ''} ${directory.standbyNames}`;
    directory.upstream = isPrimaryRole(role) ? null : upstream;
    if (!this.#isOwningNames && this.#config.global.synchronousMode === 'off') {
      directory.standbyNames = '';
    }
    const after = `${directory.upstream?.connection?.['host'] ?? ''} ${directory.standbyNames}`;
    return before !== after;
  }

  async start(options: StartOptions, signal?: AbortSignal): Promise<StartOutcome> {
    return this.#turns.take(async () => this.#start(options, 'starting', signal));
  }

  async #start(
    options: StartOptions,
    kind: 'starting' | 'restarting',
    signal?: AbortSignal,
  ): Promise<StartOutcome> {
    const { server } = this;
    this.#adopt();
    if (server.process !== null) return this.#waitReady(options.timeoutMs, kind, signal);
    await this.#options.clock.delay(this.#options.random.between(5, 40));
    const { directory } = server;
    if (directory === null || !directory.isCluster) {
      return this.#startFailed(kind, 'there is no cluster in the data directory');
    }
    this.#state.role = options.role;
    this.#state.state = kind;
    directory.hasStandbySignal = options.role !== 'primary';
    this.#writeFiles(options.role, options.upstream === 'none' ? null : options.upstream);
    this.#isExpected = true;
    try {
      if (signal?.aborted === true) return this.#startFailed(kind, 'it was called off');
      const problem = server.launch();
      if (problem !== null) return this.#startFailed(kind, problem);
      this.#known = server.process;
      return await this.#waitReady(options.timeoutMs, kind, signal);
    } finally {
      this.#isExpected = false;
    }
  }

  async #waitReady(
    timeoutMs: number,
    kind: 'starting' | 'restarting',
    signal?: AbortSignal,
  ): Promise<StartOutcome> {
    const { server } = this;
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + timeoutMs;
    const isCalledOff = (): boolean => signal?.aborted === true;
    while (server.process !== null && clock.monotonicMs() < untilMs && !isCalledOff()) {
      if (server.isReady) {
        this.#state.state = 'running';
        return { kind: 'running' };
      }
      await clock.delay(25);
    }
    return server.process === null
      ? this.#startFailed(kind, 'it ended again')
      : { kind: 'starting' };
  }

  #startFailed(kind: 'starting' | 'restarting', why: string): StartOutcome {
    this.#state.state = kind === 'starting' ? 'start failed' : 'restart failed';
    return { kind: 'failed', why };
  }

  async stop(options: StopOptions, signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => {
      const isStopped = await this.#stop(options, signal);
      this.#state.state = isStopped ? 'stopped' : 'stop failed';
      return isStopped;
    });
  }

  /** Waits for nobody's turn. */
  async fence(withinMs: number): Promise<boolean> {
    const { server } = this;
    this.#isExpected = true;
    server.stop('immediate');
    const isStopped = (await this.#endsWithin(withinMs)) || (await this.#endByForce('immediate'));
    this.#isExpected = false;
    this.#known = server.process;
    this.#state.state = isStopped ? 'stopped' : 'stop failed';
    return isStopped;
  }

  async #stop(options: StopOptions, signal?: AbortSignal): Promise<boolean> {
    const { server } = this;
    this.#adopt();
    if (server.process === null) {
      options.onSafepoint?.();
      return true;
    }
    if (options.checkpointFirst) await this.checkpoint(signal);
    this.#state.state = 'stopping';
    this.#isExpected = true;
    try {
      const told: Promise<void>[] = [];
      server.world.events.onStopping(server);
      server.stop(options.mode, (start) => {
        this.#options.actor.after(this.#options.random.between(1, 12), () => {
          options.onSafepoint?.();
          const lsn = lsnOf(start);
          told.push(Promise.resolve(options.onShutdownCheckpoint?.(lsn, lsn)));
        });
      });
      const hasEnded =
        (await this.#endsWithin(options.timeoutMs, signal)) ||
        (await this.#endByForce(options.mode));
      await this.#options.clock.delay(15);
      await Promise.all(told);
      this.#known = server.process;
      return hasEnded;
    } finally {
      this.#isExpected = false;
    }
  }

  async #endsWithin(limitMs: number | null, signal?: AbortSignal): Promise<boolean> {
    const { clock, actor } = this.#options;
    const { server } = this;
    if (server.process === null) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = limitMs === null ? null : clock.after(limitMs, resolve);
    const left = server.onExit(() => actor.after(2, resolve));
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise;
    timer?.cancel();
    left();
    signal?.removeEventListener('abort', onAbort);
    return server.process === null;
  }

  async #endByForce(mode: StopOptions['mode']): Promise<boolean> {
    const { server } = this;
    if (mode !== 'immediate') {
      server.stop('immediate');
      if (await this.#endsWithin(immediatePatienceMs)) return true;
    }
    server.kill();
    return this.#endsWithin(killPatienceMs);
  }

  async restart(
    options: StartOptions & { readonly stopTimeoutMs: number | null },
    signal?: AbortSignal,
  ): Promise<StartOutcome> {
    return this.#turns.take(async () => {
      const { stopTimeoutMs: timeoutMs } = options;
      const stop = { mode: 'fast', checkpointFirst: true, timeoutMs, callback: null } as const;
      const isStopped = await this.#stop(stop, signal);
      if (!isStopped) return this.#startFailed('restarting', 'it could not be stopped');
      return this.#start(options, 'restarting', signal);
    });
  }

  async reload(): Promise<void> {
    return this.#turns.take(async () => this.#reload());
  }

  async #reload(): Promise<void> {
    await this.#options.clock.delay(2);
    this.server.reload();
  }

  /** hot_standby_feedback whatever is configured. */
  async forceFeedback(isForced: boolean): Promise<void> {
    if (this.server.directory?.isFeedbackForced === isForced) return;
    return this.#turns.take(async () => {
      const { directory } = this.server;
      if (directory === null || directory.isFeedbackForced === isForced) return;
      directory.isFeedbackForced = isForced;
      await this.#reload();
    });
  }

  async promote(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => {
      const { server } = this;
      const { clock } = this.#options;
      if (server.process === null) return false;
      await clock.delay(1);
      const isCalledOff = (): boolean => signal?.aborted === true;
      if (isCalledOff()) return false;
      server.promote();
      const untilMs = clock.monotonicMs() + timeoutMs;
      while (server.process !== null && clock.monotonicMs() < untilMs) {
        if (isCalledOff()) break;
        await clock.delay(8);
        if (server.phase === 'primary' && (await this.#ask())) {
          const isPrimary = server.phase === 'primary';
          if (isPrimary) void this.#turns.take(async () => this.#applyFiles('primary'));
          return isPrimary;
        }
      }
      return false;
    });
  }

  async configureUpstream(
    role: Role,
    upstream: Upstream | null,
  ): Promise<'nothing' | 'reload' | 'restart'> {
    return this.#turns.take(async () => {
      await this.#options.clock.delay(1);
      const hasChanged = this.#writeFiles(role, upstream);
      return hasChanged && this.server.process !== null ? 'reload' : 'nothing';
    });
  }

  async #applyFiles(role: Role): Promise<void> {
    const upstream = this.server.directory?.upstream ?? null;
    if (this.#writeFiles(role, upstream)) await this.#reload();
  }

  async checkpoint(signal?: AbortSignal): Promise<boolean> {
    const { actor } = this.#options;
    const { server } = this;
    if (server.process === null || !server.isReady) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const left = server.onExit(() => actor.after(1, () => resolve(false)));
    server.checkpoint(() => actor.after(1, () => resolve(true)));
    const onAbort = (): void => resolve(false);
    signal?.addEventListener('abort', onAbort, { once: true });
    const isDone = await promise;
    left();
    signal?.removeEventListener('abort', onAbort);
    return isDone;
  }

  async setSynchronousStandbyNames(value: string | null): Promise<void> {
    return this.#turns.take(async () => {
      this.#isOwningNames = value !== null;
      const { directory } = this.server;
      if (directory === null) return;
      directory.standbyNames = value ?? '';
      await this.#reload();
    });
  }

  async writeDummyTransaction(): Promise<void> {
    this.server.process?.after(0.5, () => this.server.writeDummy());
    await this.#options.clock.delay(3);
  }

  async resumeReplay(): Promise<void> {
    await this.#options.clock.delay(1);
  }

  async recoverInSingleUserMode(signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => {
      const { server } = this;
      const { clock, random } = this.#options;
      if (server.process !== null || server.directory === null) return false;
      const { directory } = server;
      directory.hasStandbySignal = false;
      await clock.delay(random.between(300, 3000), signal);
      if (server.isDiskFull) return false;
      const { wal } = directory;
      const { start } = wal.append({ id: server.world.nextId(), kind: 'shutdown' }, 120);
      wal.flush();
      directory.checkpoint('shutdown', start);
      directory.setState('shut down');
      return true;
    });
  }

  async readRewindFacts(leader: Upstream): Promise<RewindFacts> {
    return rewindFactsOf(this.#options, leader);
  }

  async rewind(leader: Upstream, signal?: AbortSignal): Promise<RewindOutcome> {
    return this.#turns.take(async () => runRewind(this.#options, leader, signal));
  }

  async readTimelineHistory(timeline: number): Promise<readonly HistoryLine[]> {
    await this.#options.clock.delay(1);
    const { directory } = this.server;
    return directory === null || directory.wal.timeline !== timeline
      ? []
      : historyLines(directory.wal);
  }

  async canRewind(): Promise<boolean> {
    await this.#options.clock.delay(1);
    return true;
  }

  async reconfigure(config: AgentConfig): Promise<void> {
    return this.#turns.take(async () => {
      await this.#options.clock.delay(1);
      this.#config = config;
      await this.#applyFiles(this.#state.role);
    });
  }

  callbacks(): void {
    // Nobody listens.
  }

  async runPrePromote(signal?: AbortSignal): Promise<boolean> {
    await this.#options.clock.delay(1, signal);
    return !this.#options.isPrePromoteFailing();
  }
}
