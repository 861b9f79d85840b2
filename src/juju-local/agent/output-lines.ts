// Cuts the output of a charm's program into log lines, and keeps a copy whole when it is a result.

/** A line longer than this is logged in pieces, so that a program that never ends one can't fill memory. */
const longestLineBytes = 64 * 1024;

/** What is kept of an action's output; the rest is dropped and the cut is said at its end. */
const longestResultBytes = 16 * 1024 * 1024;

const newline = 0x0a;

export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = rest.indexOf(newline);
      if (end < 0 && rest.length < longestLineBytes) break;
      const cut = end < 0 ? longestLineBytes : end;
      this.#onLine(rest.subarray(0, cut).toString('utf8'));
      rest = rest.subarray(end < 0 ? cut : cut + 1);
    }
    this.#rest = rest;
  }

  /** Hands over a last line that had no end. */
  finish(): void {
    if (this.#rest.length > 0) this.#onLine(this.#rest.toString('utf8'));
    this.#rest = Buffer.alloc(0);
  }
}

export class OutputCollector {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    const room = longestResultBytes - this.#length;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#length += Math.min(chunk.length, room);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
