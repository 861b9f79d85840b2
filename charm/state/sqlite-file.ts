// The SQLite file under the unit data, and the only place that knows `node:sqlite`. It is opened when
// first needed, written in one transaction, and never made empty over something that was there.

import { chmodSync, closeSync, existsSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

import { UnitDataError, translateSqliteError } from './unit-data-error.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

export interface SqliteFile {
  /** Rows of a query; none while the file does not exist. */
  query(sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[];
  /** Like `query`, row by row, for a caller that may stop early. */
  each(sql: string, ...parameters: readonly SQLInputValue[]): Iterable<Row>;
  /** Makes a change, in the one transaction that begins with the first of them. */
  change(sql: string, ...parameters: readonly SQLInputValue[]): { readonly lastId: number };
  /** Ends the transaction, if there is one. After a failed change only `rollback` is possible. */
  commit(): void;
  rollback(): void;
  /** Rolls back what is not committed. */
  close(): void;
}

export interface SqliteFileOptions {
  /** Statements that make the tables of a new file. */
  readonly schema: string;
  /** Tables without which the file is not ours. */
  readonly tables: readonly string[];
  /** How long to wait for another process's lock, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** The file grows no further than this. */
  readonly bytesMax: number;
}

const memory = ':memory:';

/**
 * Opens nothing yet, but looks at the file, so that damage shows before the charm acts on missing facts.
 * @throws UnitDataError (also from every method)
 */
export function openSqliteFile(path: string, options: SqliteFileOptions): SqliteFile {
  let database: DatabaseSync | null = null;
  let statements = new Map<string, StatementSync>();
  let failure: Error | null = null;

  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(path, error);
    }
  };
  const prepare = (opened: DatabaseSync, sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = opened.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  /** A failed change may have undone the whole transaction: what is written later must not stand alone. */
  const changing = <Result>(work: (opened: DatabaseSync) => Result): Result => {
    if (failure !== null) throw failure;
    try {
      return guard(() => {
        database ??= connect(path, options, true);
        if (!database.isTransaction) database.exec('BEGIN IMMEDIATE');
        return work(database);
      });
    } catch (error) {
      failure = asError(error);
      throw failure;
    }
  };
  const file: SqliteFile = {
    query: (sql, ...parameters) => [...file.each(sql, ...parameters)],
    *each(sql, ...parameters) {
      database ??= guard(() => connect(path, options, false));
      if (database === null) return;
      const rows = guard(() => prepare(database as DatabaseSync, sql).iterate(...parameters));
      try {
        for (;;) {
          const next = guard(() => rows.next());
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // A caller that stops early must not leave the statement, and with it a read lock, open.
        rows.return?.();
      }
    },
    change: (sql, ...parameters) =>
      changing((opened) => {
        const result = prepare(opened, sql).run(...parameters);
        return { lastId: Number(result.lastInsertRowid) };
      }),
    commit() {
      if (failure !== null) throw failure;
      if (database?.isTransaction === true) changing((opened) => opened.exec('COMMIT'));
    },
    rollback() {
      failure = null;
      if (database?.isTransaction === true) guard(() => database?.exec('ROLLBACK'));
    },
    close() {
      // Closing rolls back by itself.
      database?.close();
      database = null;
      failure = null;
      statements = new Map();
    },
  };
  database = guard(() => connect(path, options, false));
  return file;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

function connect(path: string, options: SqliteFileOptions, create: true): DatabaseSync;
function connect(path: string, options: SqliteFileOptions, create: boolean): DatabaseSync | null;
function connect(path: string, options: SqliteFileOptions, create: boolean): DatabaseSync | null {
  if (path !== memory && !existsSync(path)) {
    // Reading a store nobody has written to must not leave a file behind.
    if (!create) return null;
    createFile(path, options.schema);
  }
  if (path !== memory) checkFile(path);
  const database = new DatabaseSync(path, { timeout: options.busyTimeoutMs });
  try {
    if (path === memory) database.exec(options.schema);
    configure(database, options);
    checkTables(database, path, options.tables);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * SQLite's rollback journal, and not its write-ahead log. A hook opens the file, commits once and
 * exits, so the log would be copied into the file at each exit: measured with that included, 25 hooks
 * of five writes took 0.8 ms each with the journal and 1.0 ms with the log at the same durability.
 * The journal also keeps the store a single file, which an operator can copy between any two hooks.
 * EXTRA costs one more sync (1.1 ms) and makes the journal's removal durable: without it a power
 * failure could take back a hook that Juju has already recorded as done.
 */
function configure(database: DatabaseSync, options: SqliteFileOptions): void {
  database.exec('PRAGMA synchronous = EXTRA');
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size'] ?? 4096);
  database.exec(`PRAGMA max_page_count = ${Math.floor(options.bytesMax / pageBytes)}`);
}

function checkTables(database: DatabaseSync, path: string, tables: readonly string[]): void {
  const found = new Set(
    database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map((row) => row['name']),
  );
  const missing = tables.filter((table) => !found.has(table));
  if (missing.length === 0) return;
  throw new UnitDataError(
    'foreign',
    path,
    `it is a database without the tables ${missing.join(', ')}; move the file away if it is not needed, or restore the right one`,
  );
}

/**
 * Makes a file that is complete from the moment it has its name: a process that dies on the way leaves
 * no empty file that a later hook could not tell from a damaged one.
 */
function createFile(path: string, schema: string): void {
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  try {
    const database = new DatabaseSync(draft);
    try {
      database.exec(`BEGIN; ${schema}; COMMIT`);
    } finally {
      database.close();
    }
    linkUnlessPresent(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** An action may run beside a hook: whichever links first wins, and neither overwrites the other. */
function linkUnlessPresent(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function checkFile(path: string): void {
  const { size, mode } = statSync(path);
  if (size === 0) {
    throw new UnitDataError(
      'corrupt',
      path,
      'the file is empty, and unit data never is; restore it from a copy, or delete it if this unit is new',
    );
  }
  // The store holds passwords; a copy that was put back may have come with any mode.
  if ((mode & 0o077) !== 0) chmodSync(path, 0o600);
}
