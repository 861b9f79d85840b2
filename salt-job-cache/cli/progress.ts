// Says on standard error how far long work has come, not more often than a person wants to read.

import type { Cli } from './cli.ts';

const everyMicros = 2_000_000n;

export class Progress {
  readonly #cli: Pick<Cli, 'stderr' | 'clock'>;
  #last: bigint;

  constructor(cli: Pick<Cli, 'stderr' | 'clock'>) {
    this.#cli = cli;
    this.#last = cli.clock.nowMicros();
  }

  /** Tells it where the last was told some seconds ago. */
  report(sentence: () => string): void {
    const now = this.#cli.clock.nowMicros();
    // A clock set back starts anew.
    if (now - this.#last < everyMicros && now >= this.#last) return;
    this.#last = now;
    this.tell(sentence());
  }

  tell(sentence: string): void {
    this.#cli.stderr.write(`${sentence}\n`);
  }
}
