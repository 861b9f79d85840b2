// Reads what was published for a job.

import type { Database, Row, Statement } from '../database/database.ts';
import type { PythonValue } from '../value/python-value.ts';

export const jobFields = 'jid, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun';

const select: Statement = {
  name: 'get_load',
  text: `SELECT ${jobFields} FROM jids WHERE jid = $1`,
};

/** A column of text; null where it holds none. */
export function textIn(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

const loadKeys = jobFields
  .split(', ')
  .map((column) => ({ column, key: column === 'username' ? 'user' : column }));

/** Keys in Salt's order; all texts as they are stored: `arg` is JSON, `kwargs` Python. */
export function loadOf(row: Row): ReadonlyMap<string, string | null> {
  const load = new Map<string, string | null>();
  for (const { column, key } of loadKeys) load.set(key, textIn(row, column));
  return load;
}

/** @returns empty where there is no such job */
export async function getLoad(
  database: Database,
  jid: string,
): Promise<ReadonlyMap<string, PythonValue>> {
  const { rows } = await database.run(select, [jid]);
  return rows[0] === undefined ? new Map() : loadOf(rows[0]);
}
