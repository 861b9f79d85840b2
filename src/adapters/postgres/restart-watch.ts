// Keeps track of what waits for a restart. The server finds out a moment after it was told to read its files
// again, so it is asked with each look until that moment is over, and no more afterwards.

import type { PendingRestartReason } from '#core/dcs/cluster.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Row } from './connection.ts';
import { reasonOf } from './connection.ts';
import { findPendingRestart } from './pending-restart.ts';

const settlesMs = 1000;

export interface RestartWatchParts {
  readonly query: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  /** Parameters as configured. */
  readonly wanted: () => Promise<Readonly<Record<string, string>>>;
  readonly monotonicMs: () => number;
  readonly log: LogPort;
}

export class RestartWatch {
  readonly #parts: RestartWatchParts;
  #isSettled = false;
  #untilMs = 0;
  reason: PendingRestartReason = {};

  constructor(parts: RestartWatchParts) {
    this.#parts = parts;
  }

  /** The server was started or told to read its files. */
  unsettle(): void {
    this.#isSettled = false;
    this.#untilMs = this.#parts.monotonicMs() + settlesMs;
  }

  /** Asks the server where that is due; never throws. */
  async look(): Promise<void> {
    if (this.#isSettled) return;
    const { query, wanted, monotonicMs, log } = this.#parts;
    const isLast = monotonicMs() >= this.#untilMs;
    const untilMs = this.#untilMs;
    try {
      const found = await findPendingRestart(query, await wanted());
      this.reason = found.reason;
      // Another reload may have come meanwhile.
      if (!isLast || untilMs !== this.#untilMs) return;
      this.#isSettled = true;
      if (found.elsewhere.length === 0) return;
      log.info(
        `PostgreSQL configuration parameters requiring restart (${found.elsewhere.join(', ')}) seem to be changed bypassing Patroni config. Setting 'Pending restart' flag`,
      );
    } catch (error) {
      log.debug(`Cannot find out what waits for a restart: ${reasonOf(error)}`);
    }
  }
}
