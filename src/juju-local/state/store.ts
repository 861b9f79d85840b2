// Keeps a model on disk: one row per application, unit, relation and so on, written when it changed.
//
// The pure functions never mutate, so an entity changed exactly when its reference did. A step's changes
// go in one transaction: after a kill -9 the database holds the model as it was after some step.

import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import type { Model, UnitName } from '#core/juju/model.ts';

import { UserError } from '../user-error.ts';

/** Collections of a model that get a row per entry; what is left of it is one row, `header`. */
const collections = [
  'charms',
  'machines',
  'applications',
  'units',
  'relations',
  'storage',
  'secrets',
  'tasks',
] as const satisfies readonly (keyof Model)[];

/** Bump when an older controller could not read what this one writes. */
const formatVersion = 1;

export interface Settings {
  /** Loopback networks taken, in order. */
  readonly networks: readonly string[];
  readonly seed: number;
  /** `fault controller stop`: the controller plays dead. */
  readonly controllerStopped: boolean;
}

/** A process by its id and the time it started, which no other process shares. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

export class Store {
  readonly #database: DatabaseSync;
  #written: Model | null = null;

  /** Opens or makes the file, for this process alone. Throws `UserError` when another one has it. */
  constructor(path: string) {
    // The file exists with its mode before SQLite writes; its journal takes the mode over.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE');
      this.#database.exec('PRAGMA journal_mode = WAL');
      // What was handed to the kernel survives the death of this process, which is the one to fear here.
      this.#database.exec('PRAGMA synchronous = NORMAL');
      this.#database.exec('BEGIN IMMEDIATE');
      this.#migrate();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.close();
      if (error instanceof Error && /locked|busy/u.test(error.message)) {
        throw new UserError(
          `the model in "${path}" is served by another controller`,
          'use that one, or stop it first',
        );
      }
      throw error;
    }
  }

  #migrate(): void {
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS entity (
        kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL, level TEXT NOT NULL, logger TEXT NOT NULL, entity TEXT NOT NULL,
        message TEXT NOT NULL
      );
    `);
    const row = this.#database.prepare('PRAGMA user_version').get();
    const found = Number(row?.['user_version'] ?? 0);
    if (found > formatVersion) {
      throw new UserError(
        `the model was written by a newer juju-local (format ${found}, this one knows ${formatVersion})`,
        'use the newer program',
      );
    }
    this.#database.exec(`PRAGMA user_version = ${formatVersion}`);
  }

  /** For what else lives in the same file: the log. */
  get database(): DatabaseSync {
    return this.#database;
  }

  /** The model as it was last written, or null in a new file. */
  load(): Model | null {
    const rows = this.#database.prepare('SELECT kind, key, body FROM entity').all();
    const parts: Record<string, Record<string, unknown>> = {};
    let header: object | null = null;
    for (const row of rows) {
      const kind = String(row['kind']);
      const body: unknown = JSON.parse(String(row['body']));
      if (kind === 'header') header = body as object;
      else define((parts[kind] ??= {}), String(row['key']), body);
    }
    if (header === null) return null;
    const entries = collections.map((name) => [name, parts[name] ?? {}]);
    // The rows were written by save() from a Model, by a program of the same format version.
    this.#written = { ...header, ...Object.fromEntries(entries) } as Model;
    return this.#written;
  }

  /** Writes what differs from the model written last, all of it or nothing. */
  save(model: Model): void {
    const before = this.#written;
    if (before === model) return;
    this.#transaction(() => {
      if (before === null || headerChanged(before, model)) {
        this.#put('header', '', headerOf(model));
      }
      for (const name of collections) {
        const was: Readonly<Record<string, unknown>> = before?.[name] ?? {};
        if (model[name] !== was) this.#saveCollection(name, was, model[name]);
      }
    });
    this.#written = model;
  }

  #saveCollection(
    kind: string,
    was: Readonly<Record<string, unknown>>,
    is: Readonly<Record<string, unknown>>,
  ): void {
    for (const [key, body] of Object.entries(is)) {
      if (!Object.hasOwn(was, key) || was[key] !== body) this.#put(kind, key, body);
    }
    for (const key of Object.keys(was)) {
      if (Object.hasOwn(is, key)) continue;
      this.#database.prepare('DELETE FROM entity WHERE kind = ? AND key = ?').run(kind, key);
    }
  }

  #put(kind: string, key: string, body: unknown): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO entity (kind, key, body) VALUES (?, ?, ?)')
      .run(kind, key, JSON.stringify(body));
  }

  loadSettings(): Settings | null {
    const row = this.#database.prepare("SELECT body FROM entity WHERE kind = 'settings'").get();
    return row === undefined ? null : (JSON.parse(String(row['body'])) as Settings);
  }

  saveSettings(settings: Settings): void {
    this.#put('settings', '', settings);
  }

  /** Which process runs for a unit; null when none does any more. */
  recordProcess(unit: UnitName, identity: ProcessIdentity | null): void {
    if (identity !== null) this.#put('process', unit, identity);
    else {
      this.#database.prepare("DELETE FROM entity WHERE kind = 'process' AND key = ?").run(unit);
    }
  }

  /** Processes that ran when the controller was last alive. */
  loadProcesses(): readonly ProcessIdentity[] {
    return this.#database
      .prepare("SELECT body FROM entity WHERE kind = 'process'")
      .all()
      .map((row) => JSON.parse(String(row['body'])) as ProcessIdentity);
  }

  forgetProcesses(): void {
    this.#database.exec("DELETE FROM entity WHERE kind = 'process'");
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

function headerOf(model: Model): Readonly<Record<string, unknown>> {
  const names: readonly string[] = collections;
  return Object.fromEntries(Object.entries(model).filter(([name]) => !names.includes(name)));
}

function headerChanged(before: Model, after: Model): boolean {
  const was = headerOf(before);
  const is = headerOf(after);
  return Object.keys({ ...was, ...is }).some((name) => was[name] !== is[name]);
}

/** Sets a key that came from outside; `__proto__` too becomes plain data. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
