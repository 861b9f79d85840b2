// Stores a batch of imported rows in one transaction: by COPY into temporary tables, and from there only
// what is not in the job cache yet. Returns and events have no key. A return is taken for another one's
// copy where all but the time it was recorded is the same; where a file has several copies of one, as many
// are stored as the file has.

import type { Session } from '../database/database.ts';
import type { LineKind } from './exported-lines.ts';
import { lineColumns } from './exported-lines.ts';
import { keyOf } from './indexes.ts';

export interface BatchRow {
  readonly line: number;
  /** In the order of `lineColumns`, as COPY takes them. */
  readonly values: readonly (string | null)[];
  /** The how-many-th copy of its row in the file, from 1. */
  readonly copy: number;
}

export type Batch = Readonly<Record<LineKind, readonly BatchRow[]>>;

const sqlTypes = {
  text: 'text',
  time: 'timestamp with time zone',
  boolean: 'boolean',
  number: 'bigint',
} as const;

const pieceCharacters = 65_536;

const backslashed: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

function copyField(value: string | null): string {
  if (value === null) return String.raw`\N`;
  return value.replaceAll(/[\\\n\r\t]/gu, (character) => backslashed[character] ?? character);
}

/** Lines in few large pieces, as each piece is sent by itself. */
async function* copyLines(rows: readonly BatchRow[]): AsyncGenerator<string, void> {
  let piece = '';
  for (const { copy, values } of rows) {
    piece += `${[String(copy), ...values].map(copyField).join('\t')}\n`;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function temporaryTable(kind: LineKind): string {
  return `salt_import_${kind}`;
}

async function copyRows(
  session: Session,
  kind: LineKind,
  rows: readonly BatchRow[],
): Promise<void> {
  const columns = lineColumns[kind].map(({ name, type }) => `${name} ${sqlTypes[type]}`);
  const table = temporaryTable(kind);
  await session.run({
    text: `CREATE TEMPORARY TABLE ${table} (copy integer, ${columns.join(', ')}) ON COMMIT DROP`,
  });
  await session.copyIn(`COPY ${table} FROM STDIN`, copyLines(rows));
}

// Counted per row: a job may have many thousand returns, and none of them is to be read for each other.
const newRows: Readonly<Record<LineKind, string>> = {
  job: `FROM ${temporaryTable('job')} t WHERE NOT EXISTS (SELECT FROM jids j WHERE j.jid = t.jid)`,
  return: `FROM ${temporaryTable('return')} t
    WHERE t.copy > (SELECT count(*) FROM salt_returns r
                     WHERE r.jid = t.jid AND ${keyOf('r.id')} = ${keyOf('t.id')} AND r.id = t.id
                       AND r.fun = t.fun AND r.return = t.return
                       AND r.success IS NOT DISTINCT FROM t.success)`,
  event: `FROM ${temporaryTable('event')} t
    WHERE t.copy > CASE WHEN t.alter_time IS NULL
      THEN (SELECT count(*) FROM salt_events e
             WHERE e.alter_time IS NULL AND e.tag = t.tag AND e.data = t.data
               AND e.master_id = t.master_id)
      ELSE (SELECT count(*) FROM salt_events e
             WHERE e.alter_time = t.alter_time AND e.tag = t.tag AND e.data = t.data
               AND e.master_id = t.master_id) END`,
};

const tableOf: Readonly<Record<LineKind, string>> = {
  job: 'jids',
  return: 'salt_returns',
  event: 'salt_events',
};

/** In the order of the file, which is what ids of events follow. */
async function storeRows(session: Session, kind: LineKind): Promise<number> {
  const names = lineColumns[kind].map(({ name }) => name);
  const columns = names.join(', ');
  const rows = newRows[kind];
  const { rowCount } = await session.run({
    text: `INSERT INTO ${tableOf[kind]} (${columns}) SELECT ${columns} ${rows} ON CONFLICT DO NOTHING`,
  });
  return rowCount;
}

/**
 * Ids of events stay what they were where they are free. The sequence is set behind them first: what
 * another writer takes from then on is none of them.
 */
async function storeEvents(session: Session): Promise<number> {
  const found = await session.run({
    text: "SELECT pg_get_serial_sequence('salt_events', 'id') AS sequence",
  });
  const sequence = found.rows[0]?.['sequence'];
  if (typeof sequence !== 'string') return storeRows(session, 'event');
  const table = temporaryTable('event');
  // First those that are there: they need no number.
  await session.run({
    text: `DELETE FROM ${table} d WHERE d.ctid NOT IN (SELECT t.ctid ${newRows.event})`,
  });
  await session.run(
    {
      text: `SELECT setval($1::regclass, ids.most)
               FROM (SELECT max(id) AS most FROM ${table}) ids
              WHERE ids.most > (SELECT last_value FROM ${sequence})`,
    },
    [sequence],
  );
  await session.run(
    {
      text: `UPDATE ${table} t SET id = nextval($1::regclass)
              WHERE t.id IS NULL OR EXISTS (SELECT FROM salt_events e WHERE e.id = t.id)`,
    },
    [sequence],
  );
  return storeRows(session, 'event');
}

async function countRows(session: Session, kind: LineKind): Promise<number> {
  const { rows } = await session.run({ text: `SELECT count(*) AS rows ${newRows[kind]}` });
  return Number(rows[0]?.['rows']);
}

/** Any number; it keeps two imports from storing the same row at the same time. */
const importLock = 7_103_552_001;

const kinds = ['job', 'return', 'event'] as const;

/**
 * Within a transaction, which the caller ends.
 *
 * @param isDryRun stores nothing, and tells what would be
 * @returns how many rows of each kind were not there
 * @throws JobCacheError where PostgreSQL refuses a row; it does not say which
 */
export async function storeBatch(
  session: Session,
  batch: Batch,
  isDryRun: boolean,
): Promise<Readonly<Record<LineKind, number>>> {
  const stored = { job: 0, return: 0, event: 0 };
  await session.run({ text: 'SELECT pg_advisory_xact_lock($1)' }, [importLock]);
  await session.run({ text: 'SET LOCAL jit = off' });
  for (const kind of kinds) {
    if (batch[kind].length === 0) continue;
    await copyRows(session, kind, batch[kind]);
    if (isDryRun) stored[kind] = await countRows(session, kind);
    else if (kind === 'event') stored[kind] = await storeEvents(session);
    else stored[kind] = await storeRows(session, kind);
  }
  return stored;
}
