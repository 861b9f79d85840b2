// The rows of the unit data as text: the current value of each key, and, while a hook scope is under
// way, what it changed.

import type { SqliteFile } from './sqlite-file.ts';

/** The layout charm-helpers gave the file; a store written in Python can be used as it is. */
export const schema = `
  CREATE TABLE IF NOT EXISTS kv (key text, data text, primary key (key));
  CREATE TABLE IF NOT EXISTS kv_revisions (
    key text, revision integer, data text, primary key (key, revision));
  CREATE TABLE IF NOT EXISTS hooks (
    version integer primary key autoincrement, hook text, date text)`;

export const tables: readonly string[] = ['kv', 'kv_revisions', 'hooks'];

export interface RevisionRow {
  readonly revision: number;
  readonly text: string;
  readonly hook: string;
  readonly date: string;
}

export interface KvTable {
  /** JSON text of a key, undefined where there is none. */
  read(key: string): string | undefined;
  write(key: string, text: string): void;
  remove(key: string): void;
  /** Keys that begin with the prefix, taken literally, and their texts; in the order of the keys. */
  under(prefix: string): readonly (readonly [string, string])[];
  /** From now on changes are recorded under a new revision; null stops it. */
  record(scope: { readonly hook: string; readonly date: string } | null): void;
  isRecording(): boolean;
  revisions(key: string): readonly RevisionRow[];
}

/** JSON text that stands in a key's history where it was taken away. */
const deleted = '"DELETED"';

/** @throws TypeError (from every method) for a key that SQLite could not tell from another */
export function createKvTable(file: SqliteFile): KvTable {
  let revision: number | null = null;

  const remember = (key: string, text: string): void => {
    if (revision === null) return;
    file.change(
      `INSERT INTO kv_revisions (key, revision, data) VALUES (?, ?, ?)
       ON CONFLICT (key, revision) DO UPDATE SET data = excluded.data`,
      key,
      revision,
      text,
    );
  };
  return {
    read(key) {
      const [row] = file.query('SELECT data FROM kv WHERE key = ?', checkKey(key));
      return row === undefined ? undefined : String(row['data']);
    },
    write(key, text) {
      file.change(
        `INSERT INTO kv (key, data) VALUES (?, ?)
         ON CONFLICT (key) DO UPDATE SET data = excluded.data`,
        checkKey(key),
        text,
      );
      remember(key, text);
    },
    remove(key) {
      file.change('DELETE FROM kv WHERE key = ?', checkKey(key));
      remember(key, deleted);
    },
    under(prefix) {
      const found: (readonly [string, string])[] = [];
      // Keys with the prefix stand together from the prefix on, whatever characters it is made of;
      // LIKE would take `_` and `%` for wildcards and not tell case (T44).
      const sql = 'SELECT key, data FROM kv WHERE key >= ? ORDER BY key';
      for (const row of file.each(sql, checkKey(prefix))) {
        const key = String(row['key']);
        if (!key.startsWith(prefix)) break;
        found.push([key, String(row['data'])]);
      }
      return found;
    },
    record(scope) {
      revision =
        scope === null
          ? null
          : file.change('INSERT INTO hooks (hook, date) VALUES (?, ?)', scope.hook, scope.date)
              .lastId;
    },
    isRecording: () => revision !== null,
    revisions: (key) =>
      file
        .query(
          `SELECT r.revision, r.data, h.hook, h.date
             FROM kv_revisions r JOIN hooks h ON h.version = r.revision
            WHERE r.key = ? ORDER BY r.revision`,
          checkKey(key),
        )
        .map((row) => ({
          revision: Number(row['revision']),
          text: String(row['data']),
          hook: String(row['hook']),
          date: String(row['date']),
        })),
  };
}

/** SQLite ends text at a NUL and has no half characters: two such keys would become one. */
function checkKey(key: string): string {
  if (!key.includes('\0') && key.isWellFormed()) return key;
  throw new TypeError('Cannot use a key of the unit data: it holds a NUL or half a surrogate pair');
}
