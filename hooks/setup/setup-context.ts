// What all steps of one run share: the notes of what was done and refused, and how progress is told.

import type { Problem } from '#core/access/problem.ts';

export class SetupNotes {
  readonly did: string[] = [];
  readonly refused: Problem[] = [];
  readonly #report: (sentence: string) => void;

  /** `report` gets one sentence before each step that may take long. */
  constructor(report: (sentence: string) => void) {
    this.#report = report;
  }

  progress(sentence: string): void {
    this.#report(sentence);
  }
}
