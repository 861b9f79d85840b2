// The statements that write rows: one row by its values, which is the fastest way of one, many by an array
// for each column, so that one prepared statement serves any number.

import type { Result, Session, Statement } from '../database/database.ts';
import type { EventRow, JobRow, ReturnRow } from '../rows/rows.ts';
import { fieldsOfLoad, missingText, writerSetting } from '../schema/keep-first-jid.ts';

/** A database, or a session that is in a transaction. */
export type Runner = Pick<Session, 'run'>;

interface Column<Row extends object> {
  readonly name: string;
  readonly key: keyof Row & string;
  /** The type of its array, where that is not text. */
  readonly type?: string;
}

interface Insert<Row extends object> {
  readonly columns: readonly Column<Row>[];
  readonly one: Statement;
  readonly many: Statement;
}

/** Leaves rows that are there already as they are. Names no column, as a partition's key has the time in it. */
const onConflict = ' ON CONFLICT DO NOTHING';
// The trigger that does the same for Salt's own module is dear, and not needed here. The setting is gone with
// the statement's transaction, and set before the first row comes out of the join with it.
const own = `(SELECT set_config('${writerSetting}', 'own', true)) AS own`;

/** @param isOnce whether a row whose key is there already is left out, instead of an error */
function insertInto<Row extends object>(
  table: string,
  columns: readonly Column<Row>[],
  isOnce = false,
): Insert<Row> {
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns
    .map(({ type = 'text' }, index) => `$${index + 1}${isOnce ? `::${type}` : ''}`)
    .join(', ');
  const arrays = columns.map(({ type = 'text' }, index) => {
    return `$${index + 1}::${type === 'boolean' ? 'boolean' : 'text'}[]`;
  });
  const selected = columns
    .map(({ name, type = 'text' }) => (type === 'text' ? `r.${name}` : `r.${name}::${type}`))
    .join(', ');
  const into = `INSERT INTO ${table} (${names})`;
  const unnested = `unnest(${arrays.join(', ')}) AS r (${names})`;
  return {
    columns,
    one: isOnce
      ? { name: `insert_${table}_once`, text: `${into} SELECT ${values} FROM ${own}${onConflict}` }
      : { name: `insert_${table}`, text: `${into} VALUES (${values})` },
    many: isOnce
      ? {
          name: `insert_many_${table}_once`,
          text: `${into} SELECT ${selected} FROM ${own}, ${unnested}${onConflict}`,
        }
      : {
          name: `insert_many_${table}`,
          text: `${into} SELECT ${selected} FROM ${unnested}`,
        },
  };
}

async function insert<Row extends object>(
  runner: Runner,
  { columns, one, many }: Insert<Row>,
  rows: readonly Row[],
): Promise<Result> {
  const [first] = rows;
  if (first !== undefined && rows.length === 1) {
    const values = columns.map(({ key }) => first[key]);
    return runner.run(one, values);
  }
  return runner.run(
    many,
    columns.map(({ key }) => rows.map((row) => row[key])),
  );
}

const jobColumns: readonly Column<JobRow>[] = [
  { name: 'jid', key: 'jid' },
  { name: 'started', key: 'started', type: 'timestamptz' },
  { name: 'tgt_type', key: 'tgtType' },
  { name: 'cmd', key: 'cmd' },
  { name: 'tgt', key: 'tgt' },
  { name: 'kwargs', key: 'kwargs' },
  { name: 'ret', key: 'ret' },
  { name: 'username', key: 'username' },
  { name: 'arg', key: 'arg' },
  { name: 'fun', key: 'fun' },
];
const insertJobsPlain = insertInto('jids', jobColumns);
const insertJobsOnce = insertInto('jids', jobColumns, true);
const insertReturnsPlain = insertInto<ReturnRow>('salt_returns', [
  { name: 'fun', key: 'fun' },
  { name: 'jid', key: 'jid' },
  { name: 'return', key: 'return' },
  { name: 'id', key: 'id' },
  { name: 'success', key: 'success', type: 'boolean' },
]);
const insertEventsPlain = insertInto<EventRow>('salt_events', [
  { name: 'tag', key: 'tag' },
  { name: 'data', key: 'data' },
  { name: 'master_id', key: 'masterId' },
]);

const fillJobs: Statement = {
  name: 'fill_jids',
  text: `UPDATE jids AS j SET ${fieldsOfLoad.map((name) => `${name} = r.${name}`).join(', ')}
    FROM unnest($1::text[], $2::text[], $3::text[]) AS r (jid, ${fieldsOfLoad.join(', ')})
    WHERE j.jid = r.jid AND ${fieldsOfLoad.map((name) => `j.${name} = '${missingText}'`).join(' AND ')}`,
};

/**
 * @param isOnce whether a jid that is there already is left as it is, instead of an error; what its row lacks, as
 *   it was made from the event of the publication, is filled in
 */
export async function insertJobs(
  runner: Runner,
  rows: readonly JobRow[],
  isOnce: boolean,
): Promise<Result> {
  const result = await insert(runner, isOnce ? insertJobsOnce : insertJobsPlain, rows);
  const loads = rows.filter(({ kwargs }) => kwargs !== missingText);
  if (!isOnce || result.rowCount === rows.length || loads.length === 0) return result;
  // Whatever kept a row out is committed by now, and seen by another statement only.
  await runner.run(fillJobs, [
    loads.map(({ jid }) => jid),
    loads.map(({ kwargs }) => kwargs),
    loads.map(({ ret }) => ret),
  ]);
  return result;
}

export async function insertReturns(runner: Runner, rows: readonly ReturnRow[]): Promise<Result> {
  return insert(runner, insertReturnsPlain, rows);
}

export async function insertEvents(runner: Runner, rows: readonly EventRow[]): Promise<Result> {
  return insert(runner, insertEventsPlain, rows);
}
