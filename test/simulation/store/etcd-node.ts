// The etcd of a run: the store's pure machine behind the network. It can be down, slow, hung or restarted; what it
// acknowledged it keeps.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { EtcdAnswer } from '#core/store/etcd-machine.ts';
import { handleRequest, passTime } from '#core/store/etcd-machine.ts';
import type { EtcdState, StoreEvent } from '#core/store/etcd-state.ts';
import { emptyStore } from '#core/store/etcd-state.ts';
import { nextExpiryMs } from '#core/store/leases.ts';
import type { Watch } from '#core/store/watch.ts';
import { createWatch, eventsSince } from '#core/store/watch.ts';
import type { Engine, Scheduled } from '../engine/engine.ts';

/** `refusing`: its machine is there and says so. `silent`: nothing is heard of it. */
export type EtcdHealth = 'up' | 'refusing' | 'silent';

/** A change, and whether a lease that ran out made it. */
export interface Change extends StoreEvent {
  readonly isExpiry: boolean;
}

export interface WatchStream {
  /** Nobody reads it any more. */
  readonly isGone: () => boolean;
  readonly send: (message: unknown) => void;
  readonly end: () => void;
}

export class EtcdNode {
  readonly #engine: Engine;
  readonly #rate: number;
  readonly #streams = new Map<WatchStream, Watch>();
  #state: EtcdState;
  #timer: Scheduled | null = null;
  #health: EtcdHealth = 'up';
  /** How long it takes to answer, in milliseconds. */
  slownessMs = 0.3;
  onChange: (change: Change) => void = () => undefined;

  constructor(engine: Engine, rate: number) {
    this.#engine = engine;
    this.#rate = rate;
    this.#state = emptyStore({
      clusterId: '1',
      memberId: '2',
      memberName: 'etcd',
      clientUrls: ['http://etcd:2379'],
      peerUrls: ['http://etcd:2380'],
      raftTerm: 2,
      version: '3.5.9',
      minLeaseTtlSeconds: 2,
      historyLimit: 200,
    });
  }

  get health(): EtcdHealth {
    return this.#health;
  }

  get state(): EtcdState {
    return this.#state;
  }

  /** The value of a key as text; null where it is absent. */
  valueOf(key: string): string | null {
    return this.#state.entries.get(key)?.value ?? null;
  }

  get #nowMs(): number {
    return this.#engine.nowMs * this.#rate;
  }

  setHealth(health: EtcdHealth): void {
    const wasUp = this.#health === 'up';
    this.#health = health;
    if (health !== 'up') {
      this.#timer?.cancel();
      if (health === 'refusing') this.#endStreams();
      return;
    }
    if (wasUp) return;
    // A new leader of etcd gives every lease its whole time again.
    const leases = [...this.#state.leases].map(
      ([id, lease]) =>
        [id, { ...lease, deadlineMs: this.#nowMs + lease.ttlSeconds * 1000 }] as const,
    );
    this.#state = { ...this.#state, leases: new Map(leases) };
    this.#endStreams();
    this.#arm();
  }

  #endStreams(): void {
    const ended = [...this.#streams.keys()];
    this.#streams.clear();
    for (const { end } of ended) end();
  }

  /** Answers later; null where the connection is refused. A silent one never answers. */
  receive(path: string, body: JsonObject, answer: (answer: EtcdAnswer | null) => void): void {
    if (this.#health === 'silent') return;
    if (this.#health === 'refusing') {
      answer(null);
      return;
    }
    this.#engine.after(this.slownessMs, () => {
      if (this.#health === 'silent') return;
      answer(this.#health === 'up' ? this.#handle(path, body) : null);
    });
  }

  #handle(path: string, body: JsonObject): EtcdAnswer {
    this.#passTime();
    const outcome = handleRequest(this.#state, { path, body }, this.#nowMs);
    this.#state = outcome.state;
    this.#tell(outcome.events, false);
    this.#arm();
    return outcome.answer;
  }

  watch(request: JsonObject, stream: WatchStream): void {
    if (this.#health === 'silent') return;
    if (this.#health === 'refusing') {
      stream.end();
      return;
    }
    const { watch, answers } = createWatch(this.#state, request);
    for (const answer of answers) stream.send(answer);
    if (watch === null) stream.end();
    else {
      this.#streams.set(stream, watch);
      this.#feed(stream, watch);
    }
  }

  #feed(stream: WatchStream, watch: Watch): void {
    const { watch: next, answers } = eventsSince(this.#state, watch);
    for (const answer of answers) stream.send(answer);
    if (next === null) {
      this.#streams.delete(stream);
      stream.end();
    } else {
      this.#streams.set(stream, next);
    }
  }

  #passTime(): void {
    const { state, events } = passTime(this.#state, this.#nowMs);
    this.#state = state;
    this.#tell(events, true);
  }

  #tell(events: readonly StoreEvent[], isExpiry: boolean): void {
    if (events.length === 0) return;
    for (const event of events) this.onChange({ ...event, isExpiry });
    for (const [stream, watch] of this.#streams) {
      if (stream.isGone()) this.#streams.delete(stream);
      else this.#feed(stream, watch);
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    const nextMs = nextExpiryMs(this.#state);
    if (nextMs === null) return;
    this.#timer = this.#engine.after((nextMs - this.#nowMs) / this.#rate + 0.001, () => {
      if (this.#health !== 'up') return;
      this.#passTime();
      this.#arm();
    });
  }
}
