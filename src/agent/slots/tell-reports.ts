// Tells people what there is to know about slots: each report once, and again when it says something else.

import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { SlotReport } from '#core/slots/slot-report.ts';

export class ReportTeller {
  readonly #log: LogPort;
  #told: ReadonlyMap<string, string> = new Map();
  /** Those of the last call, for who looks at them later. */
  reports: readonly SlotReport[] = [];

  constructor(log: LogPort) {
    this.#log = log;
  }

  /** All reports of one turn; one that is missing is over, and is told again should it come back. */
  tell(reports: readonly SlotReport[]): void {
    const told = new Map<string, string>();
    for (const { level, code, slot, message } of reports) {
      const key = `${code} ${slot}`;
      if (this.#told.get(key) !== message && told.get(key) !== message) {
        this.#log[level](message, { slot, report: code });
      }
      told.set(key, message);
    }
    this.#told = told;
    this.reports = reports;
  }
}
