// What `tail` shows, and the statements that read it: the last rows of each table, and the rows that came
// since the last look.

import type { Row, Session } from '../database/database.ts';
import { textAt } from './job-rows.ts';
import type { Look, TailPosition } from './tail-position.ts';
import { jidAt, microsOfJid } from './when.ts';

export type TailKind = 'job' | 'return' | 'event';

export interface TailRow {
  readonly kind: TailKind;
  /** As PostgreSQL writes a timestamp, in UTC. */
  readonly at: string;
  /** Columns of the row, by name. */
  readonly columns: Readonly<Record<string, string | boolean | null>>;
  /** Tells this row from every other one. */
  readonly identity: string;
  readonly xid: bigint;
}

/** Clocks of masters may differ by this much from the server's. */
const skewMicros = 600_000_000n;

interface Source {
  readonly kind: TailKind;
  readonly table: string;
  readonly columns: readonly string[];
  readonly time: string;
  /** By which the last rows are found. */
  readonly order: string;
}

export const sources: Readonly<Record<TailKind, Source>> = {
  job: {
    kind: 'job',
    table: 'jids',
    columns: ['jid', 'fun', 'tgt_type', 'tgt', 'username', 'arg'],
    time: 'started',
    order: 'jid',
  },
  return: {
    kind: 'return',
    table: 'salt_returns',
    columns: ['jid', 'id', 'fun', 'success', 'return'],
    time: 'added',
    order: 'added',
  },
  event: {
    kind: 'event',
    table: 'salt_events',
    columns: ['id', 'tag', 'data', 'master_id'],
    time: 'alter_time',
    order: 'id',
  },
};

/** @returns the database's time and transactions, as the session's snapshot has them */
export async function lookAt(session: Session): Promise<Look> {
  const { rows } = await session.run({
    text: `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros,
                  txid_snapshot_xmin(s) AS xmin, txid_snapshot_xmax(s) AS xmax
             FROM txid_current_snapshot() AS s`,
  });
  const [row = {}] = rows;
  return {
    micros: BigInt(textAt(row, 'micros')),
    xmin: BigInt(textAt(row, 'xmin')),
    xmax: BigInt(textAt(row, 'xmax')),
  };
}

const epochSize = 4_294_967_296n;

/** A row has the lower half of its transaction's number; the upper half is that of now, or one less. */
export function wholeXid(lower: bigint, xmax: bigint): bigint {
  const whole = xmax - (xmax % epochSize) + lower;
  return whole > xmax ? whole - epochSize : whole;
}

/** The same in SQL, with the next transaction's number as $2. */
const wholeXidOfRow = `(t.xmin::text::bigint + ($2::bigint - $2::bigint % ${epochSize})
  - CASE WHEN t.xmin::text::bigint > $2::bigint % ${epochSize} THEN ${epochSize} ELSE 0 END)`;

function rowOf(source: Source, row: Row, xmax: bigint): TailRow {
  const columns = source.columns.map((column): [string, string | boolean | null] => {
    const value = row[column];
    return [column, typeof value === 'boolean' || value === null ? value : textAt(row, column)];
  });
  return {
    kind: source.kind,
    at: textAt(row, 'tail_at'),
    columns: Object.fromEntries(columns),
    identity: `${source.kind} ${textAt(row, 'tail_place')} ${textAt(row, 'tail_xid')}`,
    xid: wholeXid(BigInt(textAt(row, 'tail_xid')), xmax),
  };
}

function selectOf(source: Source): string {
  const columns = source.columns.map((column) => `t.${column}`).join(', ');
  return `SELECT ${columns}, t.${source.time}::text AS tail_at, t.xmin::text AS tail_xid,
                 t.tableoid::text || t.ctid::text AS tail_place
            FROM ${source.table} t`;
}

/** Partitions of returns have no index in the order of time: those of the newest jobs stand for the newest. */
async function isPartitioned(session: Session): Promise<boolean> {
  const { rows } = await session.run({
    text: `SELECT relkind = 'p' AS "isPartitioned" FROM pg_class WHERE oid = to_regclass('salt_returns')`,
  });
  return rows[0]?.['isPartitioned'] === true;
}

/** The newest rows, oldest of them first. */
export async function lastRows(
  session: Session,
  kind: TailKind,
  count: number,
  look: Look,
): Promise<readonly TailRow[]> {
  const source = sources[kind];
  const order = kind === 'return' && (await isPartitioned(session)) ? 'jid' : source.order;
  const { rows } = await session.run(
    {
      text: `${selectOf(source)} WHERE t.${order} IS NOT NULL ORDER BY t.${order} DESC LIMIT $1::int`,
    },
    [count],
  );
  return rows.map((row) => rowOf(source, row, look.xmax)).reverse();
}

async function newestJid(session: Session): Promise<string | null> {
  const { rows } = await session.run({ text: 'SELECT max(jid) AS jid FROM jids' });
  const value = rows[0]?.['jid'];
  return typeof value === 'string' ? value : null;
}

/** Masters' clocks may be behind the server's: then the newest job says how far. */
async function jidFloor(session: Session, floorMicros: bigint): Promise<string> {
  const newest = await newestJid(session);
  const newestMicros = newest === null ? null : microsOfJid(newest);
  const base = newestMicros === null || floorMicros < newestMicros ? floorMicros : newestMicros;
  return jidAt(base > skewMicros ? base - skewMicros : 0n);
}

/** All rows at or above the horizon; those shown before are among them. */
export async function rowsSince(
  session: Session,
  kind: TailKind,
  position: TailPosition,
  look: Look,
): Promise<readonly TailRow[]> {
  const source = sources[kind];
  const isJob = kind === 'job';
  const floor = isJob
    ? await jidFloor(session, position.floorMicros)
    : String(position.floorMicros);
  const from = isJob
    ? 't.jid >= $1'
    : `t.${source.time} >= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'`;
  const { rows } = await session.run(
    {
      text: `${selectOf(source)} WHERE ${from} AND ${wholeXidOfRow} >= $3::bigint ORDER BY t.${source.time}`,
    },
    [floor, String(look.xmax), String(position.horizon)],
  );
  return rows.map((row) => rowOf(source, row, look.xmax));
}
