// The statements that delete expired rows, one batch each. Each names its rows by table and place, as a place
// alone is not unique where the table is partitioned.

import { reservationsTable } from '../schema/own-tables.ts';

/**
 * A job id that is a time in UTC. Ids that begin with digits of a time sort like times in every collation;
 * this tells the others apart.
 */
const isTime = (column: string): string => `${column} ~ '^[12][0-9]{19}$'`;

/**
 * For the rest of the transaction. A batch is small and every table has the index for it; a planner whose
 * statistics are old or missing would read the whole table for each batch.
 */
export const onlyByIndex: string = `SELECT ${['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((way) => `set_config('enable_${way}', 'off', true)`)
  .join(', ')}`;

/** Rows of `table` that a query lists as (tableoid, ctid). */
function deleteListed(table: string, list: string): string {
  return `DELETE FROM ${table} d USING (${list}) x WHERE d.ctid = x.ctid AND d.tableoid = x.tableoid`;
}

// In ORDER BY the column is named with its table: by itself it would be the text of the same name.

/** $1: time, $2: rows, $3 and $4: where the last batch ended. Oldest first, none that another cleaner has. */
export const expiredByAge: string = `
  SELECT jid, started::text AS "started" FROM jids
   WHERE started < $1::timestamptz AND started >= $3::timestamptz
     AND (started, jid) > ($3::timestamptz, $4::varchar)
   ORDER BY jids.started, jids.jid LIMIT $2 FOR UPDATE SKIP LOCKED`;

/** Up to and with the boundary. $1: its time, $5: its jid. */
export const expiredByNumber: string = `
  SELECT jid, started::text AS "started" FROM jids
   WHERE started <= $1::timestamptz AND (started, jid) <= ($1::timestamptz, $5::varchar)
     AND started >= $3::timestamptz AND (started, jid) > ($3::timestamptz, $4::varchar)
   ORDER BY jids.started, jids.jid LIMIT $2 FOR UPDATE SKIP LOCKED`;

/** Jobs that were stored without a time. $1: time as digits, $2: rows. */
export const expiredWithoutTime: string = `
  SELECT jid, NULL AS "started" FROM jids
   WHERE started IS NULL AND jid < $1::varchar AND ${isTime('jid')} LIMIT $2 FOR UPDATE SKIP LOCKED`;

/** $1: how many of the newest are kept. */
export const boundary: string = `
  SELECT jid, started::text AS "started" FROM jids WHERE started IS NOT NULL
   ORDER BY jids.started DESC, jids.jid DESC OFFSET $1 LIMIT 1`;

/** $1: jids, $2: rows. */
export const deleteReturns: string = deleteListed(
  'salt_returns',
  'SELECT tableoid, ctid FROM salt_returns WHERE jid = ANY($1::varchar[]) LIMIT $2',
);

/** $1: jids. */
export const deleteReservationsOf: string = `DELETE FROM ${reservationsTable} WHERE jid = ANY($1::varchar[])`;

/** $1: jids. */
export const deleteJobs: string = 'DELETE FROM jids WHERE jid = ANY($1::varchar[])';

/**
 * Returns whose job is not there, by the time their id tells. $1: time as digits, $2: rows.
 */
export const deleteOrphansByJid: string = deleteListed(
  'salt_returns',
  `SELECT r.tableoid, r.ctid FROM salt_returns r
    WHERE r.jid < $1::varchar AND ${isTime('r.jid')}
      AND NOT EXISTS (SELECT FROM jids j WHERE j.jid = r.jid) LIMIT $2`,
);

/** Those whose id is no time, by the time they were added. $1: time, $2: rows. */
export const deleteOrphansByAdded: string = deleteListed(
  'salt_returns',
  `SELECT r.tableoid, r.ctid FROM salt_returns r
    WHERE r.added < $1::timestamptz AND NOT (${isTime('r.jid')})
      AND NOT EXISTS (SELECT FROM jids j WHERE j.jid = r.jid) LIMIT $2`,
);

/** $1: time, $2: rows. */
export const deleteEvents: string = deleteListed(
  'salt_events',
  'SELECT tableoid, ctid FROM salt_events WHERE alter_time < $1::timestamptz ORDER BY alter_time LIMIT $2',
);

/** $1: time, $2: rows. */
export const deleteReservations: string = deleteListed(
  reservationsTable,
  `SELECT tableoid, ctid FROM ${reservationsTable} WHERE reserved < $1::timestamptz LIMIT $2`,
);
