// The model of one PostgreSQL server: a process over a data directory that recovers, accepts writes or replicates,
// waits for synchronous standbys, is promoted, stopped and killed.

import type { StandbyNames } from '#core/sync/standby-names.ts';
import { parseStandbyNames } from '#core/sync/standby-names.ts';
import type { StopMode } from '#core/ha/values.ts';
import { Actor } from '../engine/actor.ts';
import type { Scheduled } from '../engine/engine.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Sender } from './replication.ts';
import { openSender, Receiver } from './replication.ts';
import type { ServerWorld, WriteAnswer } from './server-world.ts';
import { acknowledgedUpTo } from './sync-rep.ts';
import type { WalRecord } from './wal.ts';

export type Phase = 'down' | 'starting' | 'standby' | 'promoting' | 'primary' | 'stopping';

interface Waiter {
  readonly record: WalRecord;
  readonly answer: (answer: WriteAnswer) => void;
}

/** How often a standby makes a restartpoint, in milliseconds. */
const restartpointMs = 20_000;
/** How often a primary vacuums its catalog, in milliseconds. */
const vacuumMs = 3000;

export class PostgresServer {
  readonly name: string;
  readonly world: ServerWorld;
  directory: DataDirectory | null = null;
  process: Actor | null = null;
  phase: Phase = 'down';
  /** Of the running process. */
  startedMs = 0;
  names: StandbyNames = { kind: 'off' };
  namesText = '';
  receiver: Receiver | null = null;
  hasStreamed = false;
  readonly senders: Set<Sender> = new Set();
  /** Faults: starts that fail, a disk that is full, or does not write. */
  failingStarts = 0;
  isDiskFull = false;
  isStalled = false;
  slowPromotionMs = 0;
  slowRecoveryMs = 0;
  /** hot_standby_feedback, as the running process has it. */
  isFeedbackOn = false;
  #upstream: string | null = null;
  #waiters: Waiter[] = [];
  #flushing: Scheduled | null = null;
  #isDraining = false;
  readonly #exitListeners: Set<() => void> = new Set();

  constructor(name: string, world: ServerWorld) {
    this.name = name;
    this.world = world;
  }

  /** Its data directory, where it surely has one. */
  get data(): DataDirectory {
    if (this.directory === null) throw new Error(`${this.name} has no data directory`);
    return this.directory;
  }

  get isAccepting(): boolean {
    return this.phase === 'primary' && this.process !== null;
  }

  get isReady(): boolean {
    return this.phase === 'standby' || this.phase === 'primary' || this.phase === 'promoting';
  }

  get isInRecovery(): boolean {
    return this.phase !== 'primary';
  }

  /** Called at each end of the process; the returned function takes the listener away. */
  onExit(listener: () => void): () => void {
    this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  /** Something reached its port: it acts on it when it can, and at once where it is not there. */
  hear(task: () => void): void {
    if (this.process === null) task();
    else this.process.after(0.05, task);
  }

  /** Starts the process; the reason where it can't be started. */
  launch(): string | null {
    if (this.process !== null) return null;
    const { directory, world } = this;
    if (directory === null || !directory.isCluster) return 'there is no cluster to start';
    if (this.isDiskFull) return 'no space left on device';
    if (this.failingStarts > 0) {
      this.failingStarts -= 1;
      return 'could not bind to its address';
    }
    if (directory.brokenSlots.size > 0) return 'PANIC: checksum mismatch for replication slot file';
    if (directory.condition === 'half-rewound') {
      world.events.onBreach(this, 'was started on data that pg_rewind left half way');
    }
    this.process = new Actor(world.engine, `postgres of ${this.name}`);
    this.phase = 'starting';
    this.startedMs = world.engine.nowMs;
    this.#applyNames();
    this.isFeedbackOn = directory.isFeedbackForced;
    const { state } = directory.control;
    const isClean = state === 'shut down' || state === 'shut down in recovery';
    const { random } = world;
    const recoveryMs = isClean ? 0 : random.between(50, 2500) + this.slowRecoveryMs;
    this.process.after(random.between(30, 250) + recoveryMs, () => this.#recovered(isClean));
    return null;
  }

  #recovered(isClean: boolean): void {
    if (this.phase !== 'starting') return;
    const { data, world } = this;
    const { wal } = data;
    wal.flush();
    if (data.hasStandbySignal) {
      data.setState('in archive recovery');
      this.phase = 'standby';
      this.#follow();
      this.#restartpoints();
      return;
    }
    if (!isClean) {
      const record = wal.append({ id: world.nextId(), kind: 'checkpoint' }, 120);
      wal.flush();
      data.checkpoint('online', record.start);
    }
    data.setState('in production');
    this.#becomePrimary();
  }

  #becomePrimary(): void {
    this.phase = 'primary';
    this.#vacuum();
    this.world.events.onAccepting(this);
  }

  /** What no slot needs of the catalog goes now and then; standbys replay that. */
  #vacuum(): void {
    this.process?.after(vacuumMs, () => {
      if (this.phase !== 'primary') return;
      const id = this.world.nextId();
      const removedBefore = this.data.slots.oldestCatalogXmin ?? id;
      this.data.wal.append({ id, kind: 'checkpoint', removedBefore }, 60);
      this.#commitSoon();
      this.#vacuum();
    });
  }

  #restartpoints(): void {
    this.process?.after(restartpointMs, () => {
      if (this.phase !== 'standby') return;
      this.data.checkpoint('online', this.data.wal.flushedEnd);
      this.#restartpoints();
    });
  }

  /** Reads its configuration again. */
  reload(): void {
    const { process, world } = this;
    process?.after(world.random.between(1, 60), () => {
      this.#applyNames();
      this.isFeedbackOn = this.data.isFeedbackForced;
      this.receiver?.tellFeedback();
      // Other names count when a standby next answers; without any, everybody who waits is let go at once.
      if (this.names.kind === 'off') this.standbyAnswered();
      if (this.phase === 'standby') this.#follow();
    });
  }

  #applyNames(): void {
    this.namesText = this.data.standbyNames;
    this.names = parseStandbyNames(this.namesText) ?? { kind: 'off' };
  }

  #follow(): void {
    const wanted = this.data.upstream?.connection?.['host'] ?? null;
    if (wanted === this.#upstream && this.receiver !== null) return;
    this.receiver?.stop();
    this.#upstream = wanted;
    this.receiver = wanted === null ? null : new Receiver(this, wanted);
  }

  /** A standby asks for the log. */
  startSender(receiver: Receiver): Sender | string {
    if (this.process === null) return 'connection refused';
    if (!this.isReady) return 'the database system is starting up or shutting down';
    const sender = openSender(this, receiver);
    if (typeof sender !== 'string') this.senders.add(sender);
    return sender;
  }

  /** The walreceiver streams from there now. */
  streamed(upstream: PostgresServer): void {
    this.hasStreamed = true;
    if (upstream.directory !== null) this.#switchTimeline(upstream.data.wal.timeline, upstream);
  }

  /** A standby goes on along a newer timeline once it is where that one begins. */
  #switchTimeline(timeline: number, upstream: PostgresServer): void {
    const { wal } = this.data;
    const theirs = upstream.data.wal;
    if (timeline <= wal.timeline || timeline !== theirs.timeline) return;
    const left = theirs.ancestors.find((ancestor) => ancestor.timeline === wal.timeline);
    const last = wal.records.at(-1);
    if (left?.end === wal.end || last?.timeline === timeline) wal.follow(theirs);
  }

  received(
    records: readonly WalRecord[],
    upstream: PostgresServer,
    onFlushed: (end: number) => void,
  ): void {
    if (this.phase !== 'standby') return;
    const { wal } = this.data;
    const last = records.at(-1);
    wal.receive(records);
    if (last !== undefined) this.#switchTimeline(last.timeline, upstream);
    this.#flushSoon(() => onFlushed(wal.flushedEnd));
  }

  #flushSoon(then: () => void): void {
    const { process, world } = this;
    process?.after(0.2 + 2.5 * world.random.next(), () => {
      if (this.isStalled) {
        process.after(200, () => this.#flushSoon(then));
        return;
      }
      this.data.wal.flush();
      then();
      for (const sender of this.senders) sender.pump();
    });
  }

  /** A client's write of some bytes. */
  write(bytes: number, answer: (answer: WriteAnswer) => void): void {
    if (this.process === null) {
      answer({ kind: 'refused' });
      return;
    }
    this.process.after(0.1, () => {
      if (this.phase !== 'primary') {
        answer({ kind: 'refused' });
        return;
      }
      const record = this.data.wal.append({ id: this.world.nextId(), kind: 'write' }, bytes);
      this.#waiters.push({ record, answer });
      this.#commitSoon();
    });
  }

  #commitSoon(): void {
    const { process, world } = this;
    if (this.#flushing !== null || process === null) return;
    const delayMs = this.isStalled ? 200 : 0.2 + 3 * world.random.next();
    this.#flushing = process.after(delayMs, () => {
      this.#flushing = null;
      if (this.isStalled) {
        this.#commitSoon();
        return;
      }
      this.data.wal.flush();
      for (const sender of this.senders) sender.pump();
      if (this.names.kind === 'off') this.standbyAnswered();
    });
  }

  /** A connection to a standby ended. */
  standbyLeft(): void {
    if (this.#isDraining) this.#endDrained();
  }

  /** A standby said how far it is. */
  standbyAnswered(): void {
    if (this.#waiters.length > 0 && this.phase === 'primary') {
      const upTo = Math.min(
        this.data.wal.flushedEnd,
        acknowledgedUpTo(this.names, [...this.senders]),
      );
      const ready = this.#waiters.filter(({ record }) => record.end <= upTo);
      if (ready.length > 0) {
        this.#waiters = this.#waiters.filter(({ record }) => record.end > upTo);
        for (const { record, answer } of ready) answer({ kind: 'acknowledged', record });
      }
    }
    if (this.#isDraining) this.#endDrained();
  }

  /** A record that nobody waits for. */
  writeDummy(): void {
    if (this.phase !== 'primary') return;
    this.data.wal.append({ id: this.world.nextId(), kind: 'checkpoint' }, 40);
    this.#commitSoon();
  }

  #breakWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { answer } of waiters) answer({ kind: 'unknown' });
  }

  /** A checkpoint on request; resolves by the callback. */
  checkpoint(onDone: () => void): void {
    const { process, world } = this;
    process?.after(world.random.between(5, 250), () => {
      if (this.phase === 'primary') {
        const { wal } = this.data;
        const record = wal.append({ id: world.nextId(), kind: 'checkpoint' }, 120);
        wal.flush();
        this.data.checkpoint('online', record.start);
        for (const sender of this.senders) sender.pump();
      }
      onDone();
    });
  }

  promote(): void {
    const { process, world } = this;
    if (process === null) return;
    process.after(2, () => {
      if (this.phase !== 'standby') return;
      this.phase = 'promoting';
      this.receiver?.stop();
      this.receiver = null;
      this.#upstream = null;
      process.after(world.random.between(10, 200) + this.slowPromotionMs, () => this.#branch());
    });
  }

  /** The moment from which on there is a new timeline; dying right behind it leaves one nobody has written to. */
  #branch(): void {
    if (this.phase !== 'promoting') return;
    const { data, process, world } = this;
    const { wal } = data;
    wal.flush();
    wal.branch();
    wal.append({ id: world.nextId(), kind: 'end-of-recovery' }, 60);
    data.hasStandbySignal = false;
    data.setState('in production');
    process?.after(world.random.between(1, 40), () => {
      if (this.phase !== 'promoting') return;
      wal.flush();
      // Cascading standbys have to follow to the new timeline.
      for (const sender of this.senders) sender.end();
      world.events.onPromoted(this);
      this.#becomePrimary();
    });
  }

  /** A signal to stop. `onCheckpoint`: the shutdown checkpoint is on disk. */
  stop(mode: StopMode, onCheckpoint: (start: number) => void = () => undefined): void {
    const { process, world } = this;
    if (process === null) return;
    process.after(1, () => {
      // A recovery that is broken off leaves the data as it found it.
      if (mode === 'immediate' || this.phase === 'starting') {
        this.phase = 'stopping';
        process.after(world.random.between(3, 80), () => this.kill());
        return;
      }
      if (this.phase === 'stopping') return;
      const wasPrimary = this.phase === 'primary';
      this.phase = 'stopping';
      this.#breakWaiters();
      this.receiver?.stop();
      this.receiver = null;
      this.#upstream = null;
      process.after(world.random.between(5, 250), () => {
        this.#writeShutdown(wasPrimary, onCheckpoint);
      });
    });
  }

  #writeShutdown(wasPrimary: boolean, onCheckpoint: (start: number) => void): void {
    if (this.isStalled) {
      this.process?.after(200, () => this.#writeShutdown(wasPrimary, onCheckpoint));
      return;
    }
    const { data, world } = this;
    const { wal } = data;
    let start = wal.end;
    if (wasPrimary) ({ start } = wal.append({ id: world.nextId(), kind: 'shutdown' }, 120));
    wal.flush();
    data.checkpoint('shutdown', start);
    if (wasPrimary) data.setState('shut down');
    else if (data.hasStandbySignal) data.setState('shut down in recovery');
    if (wasPrimary) onCheckpoint(start);
    this.#isDraining = true;
    for (const sender of this.senders) sender.pump();
    this.#endDrained();
  }

  /** The postmaster stays until its walsenders have sent everything. */
  #endDrained(): void {
    const { wal } = this.data;
    const isLeft = [...this.senders].some(({ flushedEnd }) => flushedEnd < wal.flushedEnd);
    if (!isLeft) this.process?.after(1, () => this.#end());
  }

  /** SIGKILL, a crash, or the end of an immediate stop. */
  kill(): void {
    if (this.process === null) return;
    this.data.crash(this.world.random);
    this.#end();
  }

  #end(): void {
    const { process } = this;
    if (process === null) return;
    process.kill();
    this.process = null;
    this.phase = 'down';
    this.isFeedbackOn = false;
    this.directory?.slots.release();
    this.hasStreamed = false;
    this.#isDraining = false;
    this.#flushing = null;
    this.#upstream = null;
    this.#breakWaiters();
    this.receiver?.stop();
    this.receiver = null;
    for (const sender of this.senders) sender.end();
    for (const listener of this.#exitListeners) listener();
  }

  /** The machine lost power: nobody hears of it. */
  losePower(): void {
    this.#waiters = [];
    this.kill();
  }
}
