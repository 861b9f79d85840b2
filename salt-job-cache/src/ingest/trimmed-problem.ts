// Tells that the master cuts returns off before it publishes them, for as long as that goes on: the problem says
// how many there were, and passes by itself once none came for a while.

import type { Clock, Scheduled } from '#adapters/system/clock.ts';
import type { Problems } from '../service/problems.ts';

/** Without another one for at least so long the problem has passed. */
export const trimmedPeriodMs: number = 10 * 60_000;

export class TrimmedProblem {
  readonly #clock: Clock;
  readonly #problems: Pick<Problems, 'set' | 'clear'>;
  /** Of all there were, those before the problem began. */
  #before = 0;
  #seen = 0;
  /** Those that have been told, or found to be no news. */
  #told = 0;
  #round: Scheduled | null = null;

  constructor(clock: Clock, problems: Pick<Problems, 'set' | 'clear'>) {
    this.#clock = clock;
    this.#problems = problems;
  }

  /**
   * The first is told at once, further ones together after a while.
   *
   * @param count trimmed returns since the start
   */
  seen(count: number): void {
    if (count === this.#seen) return;
    this.#seen = count;
    if (this.#round === null) this.#tell();
  }

  stop(): void {
    this.#round?.cancel();
  }

  #tell(): void {
    this.#told = this.#seen;
    const count = this.#told - this.#before;
    const returns = count === 1 ? 'a return' : `${count} returns`;
    this.#problems.set(
      'trimmed',
      `The Salt master replaced values of ${returns} by VALUE_TRIMMED before it published them, as they are larger than its max_event_size; raise that option in its configuration`,
    );
    this.#round = this.#clock.after(trimmedPeriodMs, () => this.#look());
  }

  #look(): void {
    this.#round = null;
    if (this.#seen > this.#told) {
      this.#tell();
      return;
    }
    this.#before = this.#seen;
    this.#problems.clear('trimmed');
  }
}
