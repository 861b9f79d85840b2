// Stores the lines of an export, as many at a time as a transaction takes well. A line that can't be stored
// is told and the others go on. What is there already stays as it is, so an import may be interrupted
// anywhere and begun again.

import type { Database } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { Copies } from './copies.ts';
import type { LineKind } from './exported-lines.ts';
import { parseLine } from './exported-lines.ts';
import type { Batch, BatchRow } from './import-batch.ts';
import { storeBatch } from './import-batch.ts';

const mostRows = 5000;
const mostCharacters = 8_000_000;

export interface ImportCounts {
  /** Lines that were read, empty ones too. */
  readonly lines: number;
  readonly stored: Readonly<Record<LineKind, number>>;
  /** Rows that were there before, or twice in the file. */
  readonly there: number;
  readonly bad: number;
}

export interface ImportOptions {
  readonly isDryRun: boolean;
  /** @param problem begins with the field where it is one field's */
  readonly onBadLine: (line: number, problem: string) => void;
  /** After each batch. */
  readonly onProgress: (counts: ImportCounts) => void;
}

interface PendingRow extends BatchRow {
  readonly kind: LineKind;
}

/** Data exceptions, constraints, program limits: another row may well be stored. */
function isOfOneRow(error: unknown): error is JobCacheError {
  return error instanceof JobCacheError && /^(?:22|23|54)/u.test(error.sqlstate ?? '');
}

function batchOf(rows: readonly PendingRow[]): Batch {
  const of = (kind: LineKind): readonly BatchRow[] => rows.filter((row) => row.kind === kind);
  return { job: of('job'), return: of('return'), event: of('event') };
}

export class Importer {
  readonly #database: Database;
  readonly #options: ImportOptions;
  readonly #copies: Copies = new Copies();
  #pending: PendingRow[] = [];
  #characters = 0;
  #lines = 0;
  #there = 0;
  #bad = 0;
  readonly #stored: Record<LineKind, number> = { job: 0, return: 0, event: 0 };

  constructor(database: Database, options: ImportOptions) {
    this.#database = database;
    this.#options = options;
  }

  get counts(): ImportCounts {
    return {
      lines: this.#lines,
      stored: { ...this.#stored },
      there: this.#there,
      bad: this.#bad,
    };
  }

  /** @throws JobCacheError where the database is away; the batch at work is not stored then */
  async add(line: string): Promise<void> {
    this.#lines += 1;
    if (line.trim() === '') return;
    try {
      const parsed = parseLine(line);
      const copy = this.#copies.next(parsed);
      if (copy === null) {
        this.#there += 1;
        return;
      }
      const { kind, values } = parsed;
      this.#pending.push({ line: this.#lines, kind, values, copy });
    } catch (error) {
      if (!(error instanceof JobCacheError)) throw error;
      this.#tellBad(this.#lines, error.message);
      return;
    }
    this.#characters += line.length;
    if (this.#pending.length >= mostRows || this.#characters >= mostCharacters) await this.flush();
  }

  /** A line that is no text. */
  addUnreadable(problem: string): void {
    this.#lines += 1;
    this.#tellBad(this.#lines, problem);
  }

  /** Stores what is left. @throws JobCacheError */
  async flush(): Promise<void> {
    const rows = this.#pending;
    this.#pending = [];
    this.#characters = 0;
    await this.#store(rows);
    this.#copies.forget();
    this.#options.onProgress(this.counts);
  }

  /** Halves a batch that is refused until the row is found. */
  async #store(rows: readonly PendingRow[]): Promise<void> {
    if (rows.length === 0) return;
    try {
      const { isDryRun } = this.#options;
      const stored = await this.#database.transaction(async (session) =>
        storeBatch(session, batchOf(rows), isDryRun),
      );
      const total = stored.job + stored.return + stored.event;
      this.#stored.job += stored.job;
      this.#stored.return += stored.return;
      this.#stored.event += stored.event;
      this.#there += rows.length - total;
    } catch (error) {
      if (!isOfOneRow(error)) throw error;
      const [first] = rows;
      if (first === undefined) return;
      if (rows.length === 1) {
        this.#tellBad(first.line, `${first.kind}: ${error.message}`);
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await this.#store(rows.slice(0, half));
      await this.#store(rows.slice(half));
    }
  }

  #tellBad(line: number, problem: string): void {
    this.#bad += 1;
    this.#options.onBadLine(line, problem);
  }
}
