// What a figure is: something that is measured, kept as JSON, and told as tables.

import type { Circumstances, Load } from './measure/circumstances.ts';
import type { Interruption } from './interruption.ts';

export interface BenchOptions {
  /** How often each thing is measured; null for the figure's own number. */
  readonly runs: number | null;
  /** Numbers of clients to tell of, ascending. */
  readonly sizes: readonly number[];
}

export interface Measured {
  /** Everything, for the JSON file. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Markdown for the document and the terminal. */
  readonly tables: string;
  /** False when it was cut short: it is then told and not written into the document. */
  readonly isComplete: boolean;
}

export interface Figure {
  /** Its name on the command line, in the document and of its JSON file. */
  readonly name: string;
  /** Measures; it looks at `interruption` between two hooks. */
  measure(options: BenchOptions, interruption: Interruption): Promise<Measured>;
}

/** What is written about a run of a figure. */
export interface Report extends Measured {
  readonly name: string;
  readonly circumstances: Circumstances;
  readonly load: Load;
}
