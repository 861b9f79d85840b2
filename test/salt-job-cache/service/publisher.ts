// Publishes returns of numbered minions without end, never far ahead of what the service accepted, and tells
// exactly when so many have been published.

import type { BusStandIn } from '../ingest/bus-stand-in.ts';
import { newJobFrame, returnFrame } from '../ingest/bus-stand-in.ts';
import { until } from '../ingest/with-ingestion.ts';

const perPublication = 40;
/** Far enough that the service is at work, and near enough that a test's database keeps up. */
const mostAhead = 8000;

export interface PublisherOptions {
  readonly bus: BusStandIn;
  readonly jid: string;
  /** Returns the service has accepted over the life of its spool. */
  readonly accepted: () => Promise<number>;
}

interface Life {
  /** The numbers that were published to it, in order. */
  readonly numbers: number[];
  /** What had been accepted before; null while that is not known, and nothing is published. */
  before: number | null;
}

export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #lives: Life[] = [];
  #next = 0;
  #heard = 0;
  #goal: { readonly count: number; readonly reached: () => void } | null = null;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** For each life of the service the numbers that were published to it. */
  get lives(): readonly (readonly number[])[] {
    return this.#lives.map(({ numbers }) => numbers);
  }

  start(): void {
    this.#running = this.#run();
    // Told by `stop` as well; a test that waits for something else meanwhile is not ended by it.
    this.#running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#running.catch(() => undefined);
  }

  /** Whoever listens from now on is another service; nothing is published to it before `begin`. */
  newLife(): void {
    this.#lives.push({ numbers: [], before: null });
  }

  /** @param before what the service had accepted when it started */
  begin(before: number): void {
    const life = this.#lives.at(-1);
    if (life !== undefined) life.before = before;
  }

  /** Resolves as soon as so many more were published. */
  async published(more: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goal = { count: this.#heard + more, reached: resolve };
    // A publisher that failed reaches nothing.
    await Promise.race([promise, this.#running]);
  }

  async #run(): Promise<void> {
    const { bus, jid } = this.#options;
    while (!this.#isStopped) {
      const life = await this.#room();
      if (life === null) continue;
      const numbers = Array.from({ length: perPublication }, (_, index) => this.#next + index);
      this.#next += perPublication;
      life.numbers.push(...numbers);
      const frames = numbers.map((number) => returnFrame(jid, `minion${number}`));
      await bus.publish(Buffer.concat([newJobFrame(jid), ...frames]));
      this.#heard += perPublication;
      if (this.#goal !== null && this.#heard >= this.#goal.count) this.#goal.reached();
    }
  }

  /** @returns the life to publish to; null where it has to be asked again */
  async #room(): Promise<Life | null> {
    const { bus, accepted } = this.#options;
    const current = (): Life | null => {
      const life = this.#lives.at(-1) ?? null;
      return life?.before === null || bus.subscribers === 0 ? null : life;
    };
    const look = async (): Promise<Life | null> => {
      const life = current();
      if (life === null) return null;
      const ahead = life.numbers.length - ((await accepted()) - (life.before ?? 0));
      return ahead < mostAhead ? life : null;
    };
    const life = await until('room', look, (seen) => seen !== null || this.#isStopped, 120_000);
    // It may have ended meanwhile.
    return life === current() && !this.#isStopped ? life : null;
  }
}
