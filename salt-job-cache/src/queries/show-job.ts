// One job with everything stored of it.

import type { Database, Session } from '../database/database.ts';
import type { PythonValue } from '../value/python-value.ts';
import { expectedMinions, missingMinions } from './expected-minions.ts';
import type { Glob } from '../glob.ts';
import { globCondition, Placeholders } from './job-filter.ts';
import { textAt } from './job-rows.ts';
import { publishedMinions } from './published-minions.ts';
import { readOnly } from './read-only.ts';
import type { ReadOptions } from './read-only.ts';
import { parsedOrNull, readStoredReturn } from './stored-return.ts';
import type { StoredReturn } from './stored-return.ts';

/** Columns of `jids` that are text, in the order they are shown. */
const loadColumns = ['fun', 'tgt_type', 'tgt', 'cmd', 'kwargs', 'ret', 'username'] as const;

export interface ShownReturn extends StoredReturn {
  readonly minion: string;
  readonly added: string | null;
  readonly fun: string;
  readonly success: boolean | null;
}

export interface ShownJob {
  readonly jid: string;
  /** Null where returns are stored without their job. */
  readonly load: {
    readonly started: string | null;
    readonly texts: readonly (readonly [column: string, text: string])[];
    readonly arg: PythonValue;
  } | null;
  /** In the order they were stored. */
  readonly returns: readonly ShownReturn[];
  /** Null where it is not known who should return. */
  readonly missing: readonly string[] | null;
}

async function loadOf(session: Session, jid: string): Promise<ShownJob['load']> {
  const { rows } = await session.run(
    {
      text: `SELECT started::text AS started, arg, ${loadColumns.join(', ')} FROM jids WHERE jid = $1`,
    },
    [jid],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const arg = textAt(row, 'arg');
  const parsed = parsedOrNull(arg);
  return {
    started: row['started'] === null ? null : textAt(row, 'started'),
    texts: loadColumns.map((column) => [column, textAt(row, column)]),
    arg: parsed === null ? arg : parsed.value,
  };
}

async function returnsOf(
  session: Session,
  jid: string,
  minion: Glob | null,
): Promise<readonly ShownReturn[]> {
  const placeholders = new Placeholders();
  const job = placeholders.add(jid);
  const condition = minion === null ? 'true' : globCondition('id', minion, placeholders);
  const { rows } = await session.run(
    {
      text: `SELECT id, fun, success, return, added::text AS added FROM salt_returns
              WHERE jid = ${job} AND ${condition} ORDER BY added, id`,
    },
    placeholders.values,
  );
  return rows.map((row) => ({
    minion: textAt(row, 'id'),
    added: row['added'] === null ? null : textAt(row, 'added'),
    fun: textAt(row, 'fun'),
    success: typeof row['success'] === 'boolean' ? row['success'] : null,
    ...readStoredReturn(textAt(row, 'return')),
  }));
}

async function minionsOf(session: Session, jid: string): Promise<ReadonlySet<string>> {
  const { rows } = await session.run(
    { text: 'SELECT DISTINCT id FROM salt_returns WHERE jid = $1' },
    [jid],
  );
  return new Set(rows.map((row) => textAt(row, 'id')));
}

function textOf(load: NonNullable<ShownJob['load']>, column: string): string {
  return load.texts.find(([name]) => name === column)?.[1] ?? '';
}

/** Null where neither the job nor an event of it says who should return. */
async function expectedOf(
  session: Session,
  jid: string,
  load: NonNullable<ShownJob['load']>,
): Promise<readonly string[] | null> {
  const named = expectedMinions(textOf(load, 'tgt_type'), textOf(load, 'tgt'));
  return named ?? publishedMinions(session, jid);
}

/**
 * @param minion only returns of these; who is missing is told of all
 * @returns null where neither the job nor a return of it is stored
 * @throws JobCacheError
 */
export async function showJob(
  database: Database,
  jid: string,
  minion: Glob | null,
  options: ReadOptions = {},
): Promise<ShownJob | null> {
  return readOnly(
    database,
    async (session) => {
      const load = await loadOf(session, jid);
      const minions = await minionsOf(session, jid);
      if (load === null && minions.size === 0) return null;
      const returns = await returnsOf(session, jid, minion);
      const expected = load === null ? null : await expectedOf(session, jid, load);
      const missing = expected === null ? null : missingMinions(expected, minions);
      return { jid, load, returns, missing };
    },
    { ...options, isRepeatable: true },
  );
}
