// The model's log: what `debug-log` shows. Bounded: the oldest lines go when there are too many.

import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { LogLevel } from '#core/juju/model.ts';

/** Lines kept, and how many more may pile up before the oldest are taken away in one go. */
const linesKept = 100_000;
const linesBetweenPruning = 10_000;

export interface LogLine {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: LogLevel;
  /** `unit.postgresql/0.install`, `juju.worker.uniter.operation`, ... */
  readonly logger: string;
  /** Who speaks, as Juju tags it: `unit-postgresql-0`, `machine-0`, `controller-0`. */
  readonly entity: string;
  readonly message: string;
}

export interface LogQuery {
  readonly afterId: number;
  /** Lowest level to show. */
  readonly level: LogLevel;
  /** Tags or unit names; empty shows everybody. A trailing `*` matches any ending. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Only the last so many of what matches; null for all. */
  readonly last: number | null;
}

const order: Readonly<Record<LogLevel, number>> = {
  TRACE: 0,
  DEBUG: 1,
  INFO: 2,
  WARNING: 3,
  ERROR: 4,
};

export function atLeast(level: LogLevel, lowest: LogLevel): boolean {
  return order[level] >= order[lowest];
}

/** Whether a line is one the query asks for, by level and by who speaks. */
export function matches(line: LogLine, query: Omit<LogQuery, 'afterId' | 'last'>): boolean {
  const named = (pattern: string): boolean => matchesEntity(line, pattern);
  if (!atLeast(line.level, query.level)) return false;
  if (query.include.length > 0 && !query.include.some(named)) return false;
  return !query.exclude.some(named);
}

function matchesEntity(line: LogLine, pattern: string): boolean {
  // A unit may be given as `app/0` or as its tag `unit-app-0`, an application as `app`'s pattern `app/*`.
  const tag = pattern.includes('/') ? `unit-${pattern.replaceAll('/', '-')}` : pattern;
  if (tag.endsWith('*')) return line.entity.startsWith(tag.slice(0, -1));
  return line.entity === tag;
}

export class ModelLog {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #listeners = new Set<(line: LogLine) => void>();
  #sincePruning = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      'INSERT INTO log (at, level, logger, entity, message) VALUES (?, ?, ?, ?, ?)',
    );
  }

  /** Number of the line written last, 0 in an empty log. */
  get newestId(): number {
    const row = this.#database.prepare('SELECT max(id) AS newest FROM log').get();
    return Number(row?.['newest'] ?? 0);
  }

  add(line: Omit<LogLine, 'id'>): void {
    const { lastInsertRowid } = this.#insert.run(
      line.at,
      line.level,
      line.logger,
      line.entity,
      line.message,
    );
    const stored: LogLine = { id: Number(lastInsertRowid), ...line };
    for (const listener of this.#listeners) listener(stored);
    this.#sincePruning += 1;
    if (this.#sincePruning >= linesBetweenPruning) this.#prune(stored.id);
  }

  #prune(newest: number): void {
    this.#sincePruning = 0;
    this.#database.prepare('DELETE FROM log WHERE id <= ?').run(newest - linesKept);
  }

  /** Lines that match, oldest first. */
  read(query: LogQuery): readonly LogLine[] {
    const found: LogLine[] = [];
    const rows = this.#database
      .prepare(
        'SELECT id, at, level, logger, entity, message FROM log WHERE id > ? ORDER BY id DESC',
      )
      .iterate(query.afterId);
    for (const row of rows) {
      if (query.last !== null && found.length >= query.last) break;
      const line = toLine(row);
      if (matches(line, query)) found.push(line);
    }
    return found.toReversed();
  }

  /** Calls `listener` for each line from now on, until the returned function is called. */
  follow(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

function toLine(row: Readonly<Record<string, unknown>>): LogLine {
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    // Only add() writes rows, and it takes nothing but levels.
    level: String(row['level']) as LogLevel,
    logger: String(row['logger']),
    entity: String(row['entity']),
    message: String(row['message']),
  };
}
