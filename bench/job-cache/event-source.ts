// A Salt master's event bus that has returns without end: what `salt '*' test.ping` on a thousand minions makes,
// again and again under new job ids. A program of its own, so that it measures the reader and not itself. Its
// parent asks over IPC: `pace` publishes so many returns a second, evenly; `reach` publishes as fast as they are
// taken until there were so many; every request is answered with what was published, `end` once all was taken.
//
//   node event-source.ts SOCKET

import { createServer, type Socket } from 'node:net';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { newJobFrame, returnFrame } from '../../test/salt-job-cache/ingest/bus-stand-in.ts';

export type SourceRequest =
  /** Returns a second. */
  | { readonly ask: 'pace'; readonly rate: number }
  /** Returns since the beginning. */
  | { readonly ask: 'reach'; readonly returns: number }
  | { readonly ask: 'count' | 'end' };

export interface SourceAnswer {
  /** Returns that were written to the reader. */
  readonly published: number;
  /** Bytes of them that the reader has not taken yet. */
  readonly backlogBytes: number;
}

const minions = Array.from({ length: 1000 }, (_, number) => `minion${number}.example.org`);
const marker = '00000000000000000000';
const paceMs = 5;

interface Job {
  readonly bytes: Buffer;
  /** Where the job's id stands. */
  readonly places: readonly number[];
  /** Where each return ends. The first has the publication before it. */
  readonly ends: readonly number[];
}

/** The events of one job, as Salt frames them. */
function makeJob(): Job {
  const frames = [
    newJobFrame(marker, minions),
    ...minions.map((minion) => returnFrame(marker, minion)),
  ];
  const ends: number[] = [];
  let end = 0;
  for (const { length } of frames) ends.push((end += length));
  const bytes = Buffer.concat(frames);
  const places: number[] = [];
  for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + 1)) {
    places.push(at);
  }
  return { bytes, places, ends: ends.slice(1) };
}

const pattern = makeJob();

class Source {
  #socket: Socket | null = null;
  #micros = BigInt(Date.now()) * 1000n;
  #job: Buffer = Buffer.alloc(0);
  /** Returns of the job that were published. */
  #done: number = minions.length;
  #published = 0;
  #pacing: NodeJS.Timeout | null = null;
  #goal = 0;

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.#pour());
  }

  reach(returns: number): void {
    this.#goal = returns;
    this.#pour();
  }

  pace(rate: number): void {
    const began = performance.now();
    const before = this.#published;
    // A timer that comes late makes up for it, as a bus does that was held up.
    this.#pacing = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / 1000) * rate);
      this.#publish(due - (this.#published - before));
    }, paceMs);
  }

  answer(): SourceAnswer {
    return { published: this.#published, backlogBytes: this.#socket?.writableLength ?? 0 };
  }

  async end(): Promise<SourceAnswer> {
    this.#goal = 0;
    clearInterval(this.#pacing ?? undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket?.write('', () => resolve());
    await promise;
    return this.answer();
  }

  #pour(): void {
    while (this.#goal > this.#published) {
      if (!this.#publish(Math.min(minions.length, this.#goal - this.#published))) return;
    }
  }

  /** @returns whether the reader takes more at once */
  #publish(returns: number): boolean {
    let left = returns;
    let isTaken = true;
    while (left > 0) {
      if (this.#done === minions.length) this.#nextJob();
      const many = Math.min(left, minions.length - this.#done);
      const start = this.#done === 0 ? 0 : pattern.ends[this.#done - 1];
      const end = pattern.ends[this.#done + many - 1];
      isTaken = this.#socket?.write(this.#job.subarray(start, end)) ?? false;
      this.#done += many;
      this.#published += many;
      left -= many;
    }
    return isTaken;
  }

  #nextJob(): void {
    this.#micros += 1000n;
    const jid = jidOf(this.#micros);
    this.#job = Buffer.from(pattern.bytes);
    for (const place of pattern.places) this.#job.write(jid, place, 'latin1');
    this.#done = 0;
  }
}

const source = new Source();
const server = createServer((socket) => source.attach(socket));
server.listen(process.argv[2], () => process.send?.('ready'));
process.on('message', (request: SourceRequest) => {
  const work = async (): Promise<void> => {
    if (request.ask === 'pace') source.pace(request.rate);
    if (request.ask === 'reach') source.reach(request.returns);
    process.send?.(request.ask === 'end' ? await source.end() : source.answer());
  };
  void work();
});
process.on('disconnect', () => process.exit(0));
