// The unit's own facts: a key-value store in one SQLite file, in the layout charm-helpers gave it, so
// that a unit refreshed from a Python charm keeps what it knew. What a hook writes is kept if the hook
// succeeds, and forgotten if it fails.

import type { JsonValue } from './json-text.ts';
import { decodeJson, encodeJson } from './json-text.ts';
import type { KvTable } from './kv-table.ts';
import { createKvTable, schema, tables } from './kv-table.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { UnitDataError } from './unit-data-error.ts';

export interface Delta {
  /** Null where there was none. */
  readonly old: JsonValue;
  /** Null where there is none any more. */
  readonly new: JsonValue;
}

export interface Revision {
  readonly revision: number;
  readonly key: string;
  /** The text `DELETED` where the key was taken away. */
  readonly value: JsonValue;
  readonly hook: string;
  /** As in ISO 8601, UTC, for example `2026-01-05T15:29:12.123`. */
  readonly date: string;
}

export interface UnitData {
  /** The value of a key; undefined only where there is none, as null is a value. */
  get(key: string): JsonValue | undefined;
  has(key: string): boolean;
  /** Keeps a JSON value; equal values write nothing. @throws TypeError for any other value (T46) */
  set(key: string, value: unknown): void;
  /** Sets `prefix + key` for each entry. All values are checked before the first is written. */
  update(values: Readonly<Record<string, unknown>>, prefix?: string): void;
  unset(key: string): void;
  /** Unsets `prefix + key` for the keys, or everything under the prefix; "" is the whole store. */
  unsetRange(keys: readonly string[] | null, prefix?: string): void;
  /** Values under a prefix taken literally (T44), by key, or with `strip` by what follows the prefix. */
  getRange(prefix: string, options?: { readonly strip?: boolean }): ReadonlyMap<string, JsonValue>;
  /** The same as pairs, in the order of the keys' UTF-8 bytes. */
  entries(prefix: string): readonly (readonly [string, JsonValue])[];
  /** How `values` differ from what is kept under the prefix, by key without prefix. Keeps nothing. */
  delta(values: Readonly<Record<string, unknown>>, prefix: string): ReadonlyMap<string, Delta>;
  /** Runs `work` as a numbered hook whose writes are recorded: kept if it returns, undone if it throws. */
  hookScope<Result>(name: string, work: () => Result | Promise<Result>): Promise<Result>;
  /** What hook scopes recorded for a key, oldest first. */
  history(key: string): readonly Revision[];
  /** Keeps the changes so far, or with `false` undoes them. */
  flush(save?: boolean): void;
  /** Undoes what was not flushed and lets go of the file. */
  close(): void;
}

export interface UnitDataOptions {
  /** Milliseconds since the epoch, for the dates of hook scopes. */
  now(): number;
  /** How long to wait for another process, default 5000. */
  readonly busyTimeoutMs?: number;
  /** How large the file may grow, default 64 MiB: it must stay quick to read and to copy. */
  readonly bytesMax?: number;
}

/**
 * Opens the store. Nothing is created before the first write, and a hook that writes nothing leaves
 * the file as it is. `:memory:` makes one that ends with `close`.
 * @throws UnitDataError when the file is damaged, foreign, locked or can't be read (T45)
 */
export function openUnitData(path: string, options: UnitDataOptions): UnitData {
  const file = openSqliteFile(path, {
    schema,
    tables,
    busyTimeoutMs: options.busyTimeoutMs ?? 5_000,
    bytesMax: options.bytesMax ?? 64 * 1024 * 1024,
  });
  const table = createKvTable(file);
  const decode = (key: string, text: string): JsonValue => readValue(path, key, text);
  return {
    ...createReading(table, decode),
    ...createWriting(table),
    async hookScope(name, work) {
      if (table.isRecording()) {
        throw new Error(`Cannot begin hook scope '${name}': another is under way in this store`);
      }
      // Python reads this date back in exactly this form, without the Z.
      const date = new Date(options.now()).toISOString().slice(0, -1);
      table.record({ hook: name, date });
      try {
        const result = await work();
        file.commit();
        return result;
      } catch (error) {
        file.rollback();
        throw error;
      } finally {
        table.record(null);
      }
    },
    flush: (save = true) => (save ? file.commit() : file.rollback()),
    close: () => file.close(),
  };
}

type Reading = Pick<UnitData, 'get' | 'has' | 'entries' | 'getRange' | 'delta' | 'history'>;

function createReading(table: KvTable, decode: (key: string, text: string) => JsonValue): Reading {
  const entries: UnitData['entries'] = (prefix) =>
    table.under(prefix).map(([key, text]) => [key, decode(key, text)]);
  const getRange: UnitData['getRange'] = (prefix, options = {}) => {
    const start = options.strip === true ? prefix.length : 0;
    return new Map(entries(prefix).map(([key, value]) => [key.slice(start), value]));
  };
  return {
    get(key) {
      const text = table.read(key);
      return text === undefined ? undefined : decode(key, text);
    },
    has: (key) => table.read(key) !== undefined,
    entries,
    getRange,
    delta: (values, prefix) => compare(getRange(prefix, { strip: true }), values),
    history: (key) =>
      table.revisions(key).map(({ revision, text, hook, date }) => ({
        revision,
        key,
        value: decode(key, text),
        hook,
        date,
      })),
  };
}

type Writing = Pick<UnitData, 'set' | 'update' | 'unset' | 'unsetRange'>;

function createWriting(table: KvTable): Writing {
  const write = (key: string, text: string): void => {
    if (!isSame(table.read(key), text)) table.write(key, text);
  };
  const unset = (key: string): void => {
    if (table.read(key) !== undefined) table.remove(key);
  };
  return {
    set: (key, value) => write(key, encodeJson(value)),
    update(values, prefix = '') {
      const texts = Object.entries(values).map(([key, value]) => [key, encodeJson(value)] as const);
      for (const [key, text] of texts) write(prefix + key, text);
    },
    unset,
    unsetRange(keys, prefix = '') {
      const named = keys?.map((key) => prefix + key) ?? table.under(prefix).map(([key]) => key);
      for (const key of named) unset(key);
    },
  };
}

/** Another program spaces and orders the same value differently: that is no change. */
function isSame(stored: string | undefined, text: string): boolean {
  if (stored === undefined) return false;
  if (stored === text) return true;
  try {
    return encodeJson(decodeJson(stored)) === text;
  } catch (error) {
    // What is no JSON is never the same: writing puts it right.
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

function readValue(path: string, key: string, text: string): JsonValue {
  try {
    return decodeJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Neither the text nor the parser's message is shown, as the value may be a password.
    throw new UnitDataError(
      'invalid',
      path,
      `the value of '${key}' is not JSON (NaN and Infinity are not either); unset the key or write it again`,
    );
  }
}

function compare(
  stored: ReadonlyMap<string, JsonValue>,
  values: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, Delta> {
  const deltas = new Map<string, Delta>();
  const present = new Map(Object.entries(values).map(([key, value]) => [key, encodeJson(value)]));
  for (const [key, text] of present) {
    const old = stored.get(key);
    if (old !== undefined && encodeJson(old) === text) continue;
    deltas.set(key, { old: old ?? null, new: decodeJson(text) });
  }
  for (const [key, old] of stored) {
    if (!present.has(key)) deltas.set(key, { old, new: null });
  }
  return deltas;
}
