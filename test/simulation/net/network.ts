// The network between members, the store, clients and the operator. It delays, reorders and loses what is sent, and
// cuts links in one direction or both. What it carries are requests and answers over TCP: a message that is lost for
// a moment comes later, one that is lost for long never comes.

import type { Random } from '#core/random.ts';
import type { Engine } from '../engine/engine.ts';

export interface Weather {
  /** Usual delay of a message, in milliseconds. */
  readonly delayMs: number;
  /** Share of messages that take up to a hundred times as long. */
  readonly spikes: number;
  /** Share of messages whose packets are lost, so that they come late or never. */
  readonly loss: number;
}

export const fineWeather: Weather = { delayMs: 0.4, spikes: 0.01, loss: 0.0005 };

/** What waits for a cut link is sent again by TCP for so long after it was sent, in milliseconds. */
const patienceMs = 15_000;

interface Waiting {
  readonly sentMs: number;
  readonly deliver: () => void;
}

export class Network {
  readonly #engine: Engine;
  readonly #random: Random;
  /** By `from>to`: how many causes cut it, and what waits for it. */
  readonly #cuts = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting[]>();
  weather: Weather = fineWeather;

  constructor(engine: Engine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0;
  }

  /** Cuts one direction; the returned function ends this cause of it. */
  cut(from: string, to: string): () => void {
    const link = `${from}>${to}`;
    this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1);
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      const left = (this.#cuts.get(link) ?? 1) - 1;
      this.#cuts.set(link, left);
      if (left === 0) this.#release(link);
    };
  }

  send(from: string, to: string, deliver: () => void): void {
    const link = `${from}>${to}`;
    if (this.isCut(from, to)) {
      this.#hold(link, deliver);
      return;
    }
    const delayMs = this.#delayMs();
    if (delayMs === null) return;
    this.#engine.after(delayMs, () => {
      // A link that was cut meanwhile carries nothing.
      if (this.isCut(from, to)) this.#hold(link, deliver);
      else deliver();
    });
  }

  /** Null: it never comes. */
  #delayMs(): number | null {
    const { delayMs, spikes, loss } = this.weather;
    const random = this.#random;
    const usual = delayMs * (0.5 + random.next());
    if (random.chance(loss)) {
      return random.chance(0.3) ? null : usual + 200 + 1000 * random.next();
    }
    return random.chance(spikes) ? usual * (1 + 99 * random.next()) : usual;
  }

  #hold(link: string, deliver: () => void): void {
    if (this.#random.chance(0.5)) return;
    const waiting = this.#waiting.get(link) ?? [];
    waiting.push({ sentMs: this.#engine.nowMs, deliver });
    this.#waiting.set(link, waiting);
  }

  #release(link: string): void {
    const waiting = this.#waiting.get(link) ?? [];
    this.#waiting.delete(link);
    for (const { sentMs, deliver } of waiting) {
      if (this.#engine.nowMs - sentMs < patienceMs) {
        this.#engine.after(1000 * this.#random.next(), deliver);
      }
    }
  }
}

/** One direction of a connection: what goes through it arrives in order. */
export class Channel {
  readonly #network: Network;
  readonly #from: string;
  readonly #to: string;
  #queue: (() => void)[] = [];
  #next = 0;

  constructor(network: Network, from: string, to: string) {
    this.#network = network;
    this.#from = from;
    this.#to = to;
  }

  send(deliver: () => void): void {
    const place = this.#next;
    this.#next += 1;
    this.#queue.push(deliver);
    this.#network.send(this.#from, this.#to, () => this.#arrived(place));
  }

  /** Everything up to that message has arrived too: TCP would have sent it again. */
  #arrived(place: number): void {
    const sent = this.#next - this.#queue.length;
    const count = place - sent + 1;
    if (count <= 0) return;
    const ready = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    for (const deliver of ready) deliver();
  }
}
