// One PostgreSQL under control: what the loop asks of it, put together from the parts of this folder. It decides
// nothing; one action at a time changes the server, and looking at it never waits for one.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { HistoryLine, PostgresState, Progress, Role } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { CallbackEvent, StartOutcome, Upstream } from '#core/ha/values.ts';
import type { RewindFacts, RewindOutcome } from '#core/rewind/rewind-facts.ts';
import { hasSyncedSlots } from '#core/slots/slot-sync.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import type {
  ClockPort,
  LogPort,
  PostgresPort,
  StartOptions,
  StopOptions,
} from '#adapters/ports/agent-ports.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import type { Callbacks } from './callbacks.ts';
import { createCallbacks } from './callbacks.ts';
import type { Row } from './connection.ts';
import { requestCheckpoint } from './checkpoint.ts';
import { reasonOf } from './connection.ts';
import { launchMember } from './launch-member.ts';
import { openHeartbeat } from './member-connections.ts';
import type { MemberFiles } from './member-files.ts';
import { createMemberFiles } from './member-files.ts';
import { MemberObserver } from './member-observer.ts';
import type { MemberPlace } from './member-place.ts';
import { memberPlace } from './member-place.ts';
import { MemberRewinder } from './member-rewinder.ts';
import type { LaunchOutcome } from './member-server.ts';
import { MemberServer } from './member-server.ts';
import type { BootstrapRecovery } from './member-settings.ts';
import { isPrimary } from './member-settings.ts';
import { MemberSlots } from './member-slots.ts';
import { MemberState } from './member-state.ts';
import type { WriteRequest } from './member-writer.ts';
import { MemberWriter } from './member-writer.ts';
import type { Monitor } from './monitor.ts';
import { createMonitor } from './monitor.ts';
import { sendPromotion, waitForPromotion } from './promote-server.ts';
import { neededForRecovery } from './recovery-state.ts';
import { RestartWatch } from './restart-watch.ts';
import { readHistoryFile } from './rewind-facts.ts';
import { runPrePromote } from './run-script.ts';
import { writeDummyTransaction } from './dummy-transaction.ts';
import { standbyTimeline } from './standby-timeline.ts';
import { stopMember } from './stop-member.ts';
import { TurnTaker } from './turn-taker.ts';

export interface MemberPostgresOptions {
  readonly config: AgentConfig;
  readonly identity: Identity;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** File that takes what the postmaster prints; null hands it our own output. */
  readonly serverLog: string | null;
}

export class MemberPostgres implements PostgresPort {
  readonly place: MemberPlace;
  readonly files: MemberFiles;
  readonly writer: MemberWriter;
  readonly observer: MemberObserver;
  readonly slots: SlotsPort;
  readonly #monitor: Monitor;
  readonly #server: MemberServer;
  readonly #state: MemberState;
  readonly #restarts: RestartWatch;
  readonly #rewinder: MemberRewinder;
  readonly #turns: TurnTaker = new TurnTaker();
  readonly #callbacks: Callbacks;
  readonly #log: LogPort;
  readonly #exitListeners: (() => void)[] = [];
  #config: AgentConfig;
  /** Undefined: a standby runs already, and whom it is to follow was not said yet. */
  #upstream: Upstream | null | undefined = undefined;
  /** The files do not have the configuration yet. */
  #isConfigurationDue = false;
  #bootstrapRecovery: BootstrapRecovery | null = null;
  /** Said once a server that was still starting has started. */
  #lateCallback: CallbackEvent | null = null;

  constructor(options: MemberPostgresOptions) {
    const { config, clock, log } = options;
    this.#config = config;
    this.#log = log;
    this.place = memberPlace(config.postgresql, options.identity, options.serverLog);
    this.files = createMemberFiles(this.place, log);
    this.writer = new MemberWriter(this.place, this.files, log);
    this.#state = new MemberState(() => clock.monotonicMs());
    this.#server = new MemberServer(this.place, (wasExpected) => this.#ended(wasExpected));
    this.#monitor = createMonitor(async () => openHeartbeat(this.#config));
    this.#callbacks = createCallbacks(config.scope, options.identity, log);
    this.#restarts = new RestartWatch({
      query: this.query,
      wanted: async () => {
        await this.writer.learnNames(this.query);
        return (await this.writer.settings(await this.#request())).wanted;
      },
      monotonicMs: () => clock.monotonicMs(),
      log,
    });
    this.observer = new MemberObserver({
      place: this.place,
      files: this.files,
      server: this.#server,
      state: this.#state,
      monitor: this.#monitor,
      restarts: this.#restarts,
      timeline: standbyTimeline(
        () => this.#config.postgresql,
        () => clock.monotonicMs(),
      ),
    });
    const parts = { place: this.place, config: () => this.#config, server: this.#server, log };
    this.#rewinder = new MemberRewinder({
      ...parts,
      observer: this.observer,
      query: this.query,
      monotonicMs: () => clock.monotonicMs(),
      onProgress: (progress) => this.setProgress(progress),
    });
    this.slots = new MemberSlots({ ...parts, turns: this.#turns });
  }

  get config(): AgentConfig {
    return this.#config;
  }

  #ended(wasExpected: boolean): void {
    this.#monitor.reset();
    if (wasExpected) return;
    const wasStarting = ['starting', 'restarting', 'starting after custom bootstrap'];
    this.#state.state = wasStarting.includes(this.#state.state) ? 'start failed' : 'crashed';
    this.#lateCallback = null;
    this.observer.ended();
    for (const listener of this.#exitListeners) listener();
  }

  onExit(listener: () => void): void {
    this.#exitListeners.push(listener);
  }

  lastFacts(): PostgresFacts {
    return this.observer.last;
  }

  async observe(): Promise<PostgresFacts> {
    if (await this.#server.adopt()) this.#adopted();
    const facts = await this.observer.observe();
    const { sql } = facts;
    if (sql === null) return facts;
    if (!this.#turns.isBusy && this.#state.state !== 'running') this.#started(sql.isInRecovery);
    await this.#restarts.look();
    // The agent was started again beside a primary that ran on: its files may be of another configuration.
    if (this.#isConfigurationDue && isPrimary(this.#state.role) && !this.#turns.isBusy) {
      this.#isConfigurationDue = false;
      void this.#turns.take(async () => this.#applyLate(this.#state.role));
    }
    const { state, ageMs, role } = this.#state;
    const pendingRestart = this.#restarts.reason;
    this.observer.last = { ...facts, state, stateSinceMs: ageMs, role, pendingRestart };
    return this.observer.last;
  }

  /** Somebody else started it: we, before we were started again, or a person. */
  #adopted(): void {
    this.#log.info('Found a PostgreSQL that runs already', { pid: this.#server.process?.pid });
    this.#monitor.reset();
    this.#restarts.unsettle();
    this.#isConfigurationDue = true;
    if (!this.#turns.isBusy) this.#state.state = 'starting';
  }

  #started(isInRecovery: boolean): void {
    this.#state.state = 'running';
    // What we do not know otherwise, the server tells.
    const { role } = this.#state;
    if (!isInRecovery && (role === 'replica' || role === 'uninitialized')) {
      this.#state.role = 'primary';
    }
    if (this.#lateCallback !== null) this.callbacks(this.#lateCallback, this.#state.role);
    this.#lateCallback = null;
  }

  /** Runs a short statement as the superuser, within the heartbeat's limits. */
  readonly query = async (text: string, values?: readonly unknown[]): Promise<readonly Row[]> =>
    this.#monitor.query(text, values);

  /** Connections made so far are of no use: passwords, rules or addresses have changed. */
  dropConnections(): void {
    this.#monitor.reset();
  }

  setProgress(progress: Progress | null): void {
    this.#state.progress = progress;
    this.observer.last = { ...this.observer.last, progress };
  }

  setRole(role: Role): void {
    this.#state.role = role;
    this.observer.last = { ...this.observer.last, role };
  }

  setState(state: PostgresState): void {
    this.#state.state = state;
    this.observer.last = { ...this.observer.last, state };
  }

  /** What the next starts make of a restored cluster's recovery; null once the bootstrap is over. */
  setBootstrapRecovery(recovery: BootstrapRecovery | null): void {
    this.#bootstrapRecovery = recovery;
  }

  async #request(role: Role = this.#state.role): Promise<WriteRequest> {
    const isRaised = !isPrimary(role) || this.#bootstrapRecovery !== null;
    if (this.observer.serverVersion === 0) await this.observer.dataDirectory();
    return {
      config: this.#config,
      role,
      upstream: this.#upstream ?? null,
      serverVersion: this.observer.serverVersion,
      controlSettings: isRaised ? ((await this.observer.control())?.settings ?? null) : null,
      bootstrapRecovery: this.#bootstrapRecovery,
      hasSyncedSlots: hasSyncedSlots(this.lastFacts()),
    };
  }

  async start(options: StartOptions, signal?: AbortSignal): Promise<StartOutcome> {
    return this.#turns.take(async () => this.#start(options, 'starting', signal));
  }

  async #start(
    options: StartOptions,
    kind: 'starting' | 'restarting',
    signal?: AbortSignal,
  ): Promise<StartOutcome> {
    await this.#server.adopt();
    if (this.#server.process !== null) {
      return this.#launched(await this.#server.waitReady(options.timeoutMs, signal), options, kind);
    }
    const directory = await this.observer.dataDirectory();
    if (directory.kind !== 'cluster') {
      return this.#state.startFailed(kind, directory.problem || 'the data directory is empty');
    }
    const isCustom = options.customBootstrap === true;
    if (!isCustom) this.#bootstrapRecovery = null;
    else this.#bootstrapRecovery ??= { kind: 'keep' };
    this.#upstream = options.upstream === 'none' ? null : options.upstream;
    this.#state.role = options.role;
    this.#state.state = isCustom ? 'starting after custom bootstrap' : kind;
    this.#monitor.reset();
    if (!isCustom) await this.files.setUp(options.role === 'primary' ? 'primary' : 'standby');
    const launched = await launchMember(
      { place: this.place, server: this.#server, writer: this.writer, log: this.#log },
      await this.#request(options.role),
      options.timeoutMs,
      signal,
    );
    this.#restarts.unsettle();
    return this.#launched(launched, options, kind);
  }

  #launched(
    launched: LaunchOutcome,
    options: StartOptions,
    kind: 'starting' | 'restarting',
  ): StartOutcome {
    if (typeof launched !== 'string') return this.#state.startFailed(kind, launched.why);
    if (launched === 'ended') return this.#state.startFailed(kind, 'it ended again');
    if (launched === 'waiting') {
      this.#lateCallback = options.callback;
      return { kind: 'starting' };
    }
    this.#state.state = 'running';
    if (options.callback !== null) this.callbacks(options.callback, options.role);
    return { kind: 'running' };
  }

  async stop(options: StopOptions, signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => {
      const wasRunning = this.#server.process !== null;
      const isStopped = await this.#stop(options, signal);
      this.#state.state = isStopped ? 'stopped' : 'stop failed';
      if (isStopped && wasRunning && options.callback !== null) {
        this.callbacks(options.callback, this.#state.role);
      }
      return isStopped;
    });
  }

  /** Waits for nobody's turn: what runs is a server that must not accept another write. */
  async fence(withinMs: number): Promise<boolean> {
    this.#monitor.reset();
    const isStopped = await this.#server.stop({
      mode: 'immediate',
      timeoutMs: withinMs,
      onProblem: () => undefined,
    });
    this.#state.state = isStopped ? 'stopped' : 'stop failed';
    return isStopped;
  }

  async #stop(options: StopOptions, signal?: AbortSignal): Promise<boolean> {
    const onStopping = (): void => {
      this.#state.state = 'stopping';
      // A smart shutdown would wait for this one too.
      this.#monitor.reset();
    };
    const { place } = this;
    const parts = { config: this.#config, place, server: this.#server, log: this.#log, onStopping };
    return stopMember(parts, options, signal);
  }

  async restart(
    options: StartOptions & { readonly stopTimeoutMs: number | null },
    signal?: AbortSignal,
  ): Promise<StartOutcome> {
    return this.#turns.take(async () => {
      const { stopTimeoutMs: timeoutMs } = options;
      const stop = { mode: 'fast', checkpointFirst: true, timeoutMs, callback: null } as const;
      const isStopped = await this.#stop(stop, signal);
      if (!isStopped) return this.#state.startFailed('restarting', 'it could not be stopped');
      return this.#start(options, 'restarting', signal);
    });
  }

  async reload(isQuiet = false): Promise<void> {
    return this.#turns.take(async () => this.#reload(isQuiet));
  }

  async #reload(isQuiet = false): Promise<void> {
    await this.#server.adopt();
    if (!this.#server.reload()) return;
    this.#restarts.unsettle();
    if (!isQuiet) this.callbacks('on_reload', this.#state.role);
  }

  async promote(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => {
      const { process } = this.#server;
      if (process === null || signal?.aborted === true) return false;
      await sendPromotion(this.place, process);
      const isPromoted = await waitForPromotion(this.query, process, timeoutMs, signal);
      // The settings of a standby go; those of a primary come. Nothing waits for it.
      if (isPromoted) {
        this.#upstream = null;
        void this.#turns.take(async () => this.#applyLate('primary'));
      }
      return isPromoted;
    });
  }

  async configureUpstream(
    role: Role,
    upstream: Upstream | null,
  ): Promise<'nothing' | 'reload' | 'restart'> {
    return this.#turns.take(async () => {
      this.#upstream = upstream;
      this.#isConfigurationDue = false;
      const { settings, hasChanged } = await this.writer.write(await this.#request(role));
      if (this.#server.process === null) return 'nothing';
      const files = hasChanged ? 'reload' : 'nothing';
      if (isPrimary(role)) return files;
      const { parameters } = settings.recovery;
      const needed = (await neededForRecovery(this.query, this.files, parameters)) ?? 'nothing';
      return needed === 'nothing' ? files : needed;
    });
  }

  async checkpoint(signal?: AbortSignal): Promise<boolean> {
    return requestCheckpoint(this.#config, this.#log, signal);
  }

  async setSynchronousStandbyNames(value: string | null): Promise<void> {
    return this.#turns.take(async () => {
      this.writer.own(value);
      await this.#applyConfiguration();
    });
  }

  /** Whether hot_standby_feedback is on whatever is configured. */
  async forceHotStandbyFeedback(isForced: boolean): Promise<void> {
    if (this.writer.isHotStandbyFeedbackForced === isForced) return;
    return this.#turns.take(async () => {
      this.writer.isHotStandbyFeedbackForced = isForced;
      await this.#applyConfiguration();
    });
  }

  async writeDummyTransaction(): Promise<void> {
    await writeDummyTransaction(this.query.bind(this), this.#log);
  }

  async resumeReplay(): Promise<void> {
    await this.query(
      'SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery() AND pg_is_wal_replay_paused()',
    );
  }

  async recoverInSingleUserMode(signal?: AbortSignal): Promise<boolean> {
    return this.#turns.take(async () => this.#rewinder.recover(signal));
  }

  async readRewindFacts(leader: Upstream): Promise<RewindFacts> {
    return this.#rewinder.readFacts(leader);
  }

  async rewind(leader: Upstream, signal?: AbortSignal): Promise<RewindOutcome> {
    return this.#turns.take(async () => this.#rewinder.rewind(leader, signal));
  }

  async canRewind(): Promise<boolean> {
    return this.#rewinder.canRewind();
  }

  async readTimelineHistory(timeline: number): Promise<readonly HistoryLine[]> {
    return readHistoryFile(this.place.dataDirectory, timeline);
  }

  async reconfigure(config: AgentConfig): Promise<void> {
    return this.#turns.take(async () => {
      this.#config = config;
      if (this.#bootstrapRecovery !== null) {
        this.#log.info('Skipping PostgreSQL configuration update while in custom bootstrap.');
        return;
      }
      await this.#applyConfiguration();
    });
  }

  async #applyLate(role: Role): Promise<void> {
    try {
      await this.#applyConfiguration(role);
    } catch (error) {
      this.#log.error(`Cannot write the configuration of PostgreSQL: ${reasonOf(error)}`);
    }
  }

  /** Writes the files and has the server read them, now or as soon as it is known what is to be in them. */
  async #applyConfiguration(role: Role = this.#state.role): Promise<void> {
    if ((await this.observer.dataDirectory()).kind !== 'cluster') return;
    this.#isConfigurationDue = this.#upstream === undefined && !isPrimary(role);
    if (this.#isConfigurationDue) return;
    const { hasChanged } = await this.writer.write(await this.#request(role));
    if (hasChanged) await this.#reload();
  }

  callbacks(event: CallbackEvent, role: Role): void {
    this.#callbacks.run(event, role, this.#config.postgresql.callbacks[event]);
  }

  async runPrePromote(signal?: AbortSignal): Promise<boolean> {
    return runPrePromote(this.#config, this.place.identity, this.#log, signal);
  }
}
