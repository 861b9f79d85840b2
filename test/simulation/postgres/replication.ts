// Streaming replication between two servers: a walreceiver that connects again and again, and the walsender it got.

import type { Scheduled } from '../engine/engine.ts';
import type { PostgresServer } from './server.ts';
import type { Slot } from './slot-table.ts';
import { judgeStream } from './wal.ts';
import type { WalRecord } from './wal.ts';

/** wal_retrieve_retry_interval, in milliseconds. */
const retryMs = 5000;
/** wal_sender_timeout and wal_receiver_timeout, in milliseconds. */
const silenceMs = 10_000;
const lookMs = 2000;
const mostRecords = 500;

/** The walsender's side of a connection. */
export class Sender {
  readonly upstream: PostgresServer;
  readonly receiver: Receiver;
  readonly applicationName: string;
  readonly pid: number;
  /** Null: it streams without one. */
  readonly #slot: Slot | null;
  flushedEnd: number;
  isStreaming = false;
  isBroken = false;
  #sentEnd: number;
  #isInFlight = false;
  #heardMs: number;
  #looks = 0;

  constructor(upstream: PostgresServer, receiver: Receiver, pid: number, slot: Slot | null) {
    this.upstream = upstream;
    this.receiver = receiver;
    this.applicationName = receiver.server.name;
    this.pid = pid;
    this.#slot = slot;
    if (slot !== null) slot.user = this;
    const { wal } = receiver.server.data;
    this.flushedEnd = wal.flushedEnd;
    this.#sentEnd = wal.end;
    this.#heardMs = upstream.world.engine.nowMs;
    this.#look();
  }

  /** Sends what is on disk and was not sent yet, one batch at a time. */
  pump(): void {
    if (this.isBroken || this.#isInFlight) return;
    const { upstream, receiver } = this;
    const { wal } = upstream.data;
    if (this.#sentEnd >= wal.flushedEnd) {
      this.isStreaming = true;
      return;
    }
    const records = wal.between(this.#sentEnd, wal.flushedEnd).slice(0, mostRecords);
    const last = records.at(-1);
    if (last === undefined) {
      this.end();
      return;
    }
    this.#sentEnd = last.end;
    this.#isInFlight = true;
    upstream.world.network.send(upstream.name, receiver.server.name, () => {
      receiver.server.process?.after(0, () => receiver.take(this, records));
    });
  }

  acknowledged(end: number): void {
    if (this.isBroken) return;
    this.flushedEnd = end;
    if (this.#slot !== null) this.upstream.data.slots.movePhysical(this.#slot, end);
    this.#isInFlight = false;
    this.#heardMs = this.upstream.world.engine.nowMs;
    this.pump();
    this.upstream.standbyAnswered();
  }

  /** hot_standby_feedback. */
  takeFeedback(catalogXmin: number | null): void {
    if (this.isBroken || this.#slot === null) return;
    this.upstream.data.slots.takeFeedback(this.#slot, catalogXmin);
  }

  /** The connection ends; the other side hears of it when it can. */
  end(): void {
    if (this.isBroken) return;
    this.isBroken = true;
    if (this.#slot?.user === this) this.#slot.user = null;
    const { upstream, receiver } = this;
    upstream.senders.delete(this);
    upstream.world.network.send(upstream.name, receiver.server.name, () => receiver.lost(this));
    upstream.standbyLeft();
  }

  #look(): void {
    this.upstream.process?.after(lookMs, () => {
      if (this.isBroken) return;
      this.#looks += 1;
      const { upstream, receiver } = this;
      const { engine, network } = upstream.world;
      const { process } = receiver.server;
      const isHeard =
        receiver.sender === this &&
        process?.isFrozen === false &&
        !network.isCut(receiver.server.name, upstream.name);
      if (isHeard && !this.#isInFlight) {
        this.#heardMs = engine.nowMs;
        // wal_receiver_status_interval
        if (this.#looks % 5 === 0) upstream.standbyAnswered();
      }
      if (engine.nowMs - this.#heardMs > silenceMs) this.end();
      else this.#look();
    });
  }
}

/** The walreceiver of a standby, as long as it has one upstream. */
export class Receiver {
  readonly server: PostgresServer;
  readonly #upstream: string;
  sender: Sender | null = null;
  #isStopped = false;
  #attempt = 0;
  #attemptMs = Number.NEGATIVE_INFINITY;
  #retry: Scheduled | null = null;
  #heardMs = 0;
  lastProblem = '';
  #looks = 0;

  constructor(server: PostgresServer, upstream: string) {
    this.server = server;
    this.#upstream = upstream;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
    const { sender, server } = this;
    this.sender = null;
    if (sender === null) return;
    server.world.network.send(server.name, this.#upstream, () => sender.end());
  }

  #connect(): void {
    if (this.#isStopped) return;
    const { server } = this;
    const { engine, network } = server.world;
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#attemptMs = engine.nowMs;
    this.#again(retryMs);
    network.send(server.name, this.#upstream, () => {
      const upstream = server.world.serverOn(this.#upstream);
      upstream?.hear(() => {
        if (this.#isStopped || attempt !== this.#attempt || server.process === null) return;
        const answer = upstream === server ? 'it is itself' : upstream.startSender(this);
        network.send(this.#upstream, server.name, () => {
          server.process?.after(0, () => this.#answered(attempt, answer));
        });
      });
    });
  }

  #answered(attempt: number, answer: Sender | string): void {
    if (typeof answer === 'string') {
      this.lastProblem = answer;
      return;
    }
    if (this.#isStopped || attempt !== this.#attempt || answer.isBroken) {
      answer.end();
      return;
    }
    this.#retry?.cancel();
    this.sender = answer;
    this.lastProblem = '';
    this.#heardMs = this.server.world.engine.nowMs;
    this.server.streamed(answer.upstream);
    answer.pump();
    this.tellFeedback();
    this.#look();
  }

  /** wal_receiver_status_interval, and whenever the settings are read again. */
  tellFeedback(): void {
    const { sender, server } = this;
    if (sender === null || this.#isStopped) return;
    const catalogXmin = server.isFeedbackOn ? server.data.slots.oldestCatalogXmin : null;
    server.world.network.send(server.name, sender.upstream.name, () => {
      sender.upstream.process?.after(0, () => sender.takeFeedback(catalogXmin));
    });
  }

  take(sender: Sender, records: readonly WalRecord[]): void {
    if (this.sender !== sender || this.#isStopped) return;
    this.#heardMs = this.server.world.engine.nowMs;
    const { server } = this;
    server.received(records, sender.upstream, (end) => {
      if (this.sender !== sender) return;
      server.world.network.send(server.name, sender.upstream.name, () => {
        sender.upstream.process?.after(0, () => sender.acknowledged(end));
      });
    });
  }

  /** The other side ended the connection, or nothing was heard of it for too long. */
  lost(sender: Sender): void {
    if (this.sender !== sender) return;
    this.sender = null;
    if (this.#isStopped) return;
    const sinceMs = this.server.world.engine.nowMs - this.#attemptMs;
    this.#again(Math.max(10, retryMs - sinceMs));
  }

  #again(inMs: number): void {
    this.#retry?.cancel();
    this.#retry = this.server.process?.after(inMs, () => this.#connect()) ?? null;
  }

  #look(): void {
    this.server.process?.after(lookMs, () => {
      const { sender, server } = this;
      if (sender === null || this.#isStopped) return;
      const { engine, network } = server.world;
      const isHeard =
        !sender.isBroken &&
        sender.upstream.process?.isFrozen === false &&
        !network.isCut(sender.upstream.name, server.name);
      if (isHeard) this.#heardMs = engine.nowMs;
      this.#looks += 1;
      if (this.#looks % 5 === 0) this.tellFeedback();
      if (engine.nowMs - this.#heardMs > silenceMs) this.lost(sender);
      this.#look();
    });
  }
}

/** A sender for this receiver, or why there is none. */
export function openSender(upstream: PostgresServer, receiver: Receiver): Sender | string {
  const standby = receiver.server;
  const { data } = upstream;
  if (data.systemId !== standby.data.systemId) return 'it has another system identifier';
  const verdict = judgeStream(standby.data.wal, data.wal);
  if (verdict.kind === 'refused') return verdict.why;
  // PostgreSQL does not notice: it goes on with the other's records behind its own.
  if (verdict.kind === 'mixed' && !standby.data.wal.adoptTail(data.wal)) {
    standby.world.events.onBreach(
      standby,
      `streams from ${upstream.name} on top of other writes: ${verdict.why}`,
    );
  }
  const name = standby.data.upstream?.slotName ?? null;
  const slot = name === null ? null : data.slots.get(name);
  if (name !== null && slot === null) return `replication slot "${name}" does not exist`;
  if (slot?.type === 'logical' || slot?.isLost === true) return `slot "${name}" can't be used`;
  // A walsender that is cut off keeps its slot until it notices.
  if (slot !== null && slot.user !== null) return `replication slot "${name}" is active`;
  return new Sender(upstream, receiver, standby.world.nextId(), slot);
}
