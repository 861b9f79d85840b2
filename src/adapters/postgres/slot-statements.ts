// Every statement about replication slots, a function each. They are run over connections made for this work and
// never over the turn's: each of them may have to wait for somebody else who holds the slot.

import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn, parseLsn } from '#core/postgres/lsn.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { readSlotRow } from '#core/postgres/slot-row.ts';
import type { Row } from './connection.ts';

export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

export interface DropOutcome {
  readonly isFound: boolean;
  readonly isActive: boolean;
  readonly isDropped: boolean;
}

// Looking and dropping are one statement, so that no slot is dropped that was taken up in between.
const dropStatement = `
  WITH slots AS (
    SELECT slot_name, active FROM pg_replication_slots WHERE slot_name = $1
  ), dropped AS (
    SELECT pg_drop_replication_slot(slot_name), true AS dropped FROM slots WHERE NOT active
  )
  SELECT active, coalesce(dropped, false) AS dropped FROM slots FULL OUTER JOIN dropped ON true`;

/** Drops a slot that nobody uses, physical or of any database. One in use stays. */
export async function dropSlot(query: Query, name: string): Promise<DropOutcome> {
  const [row] = await query(dropStatement, [name]);
  return {
    isFound: row !== undefined,
    isActive: row?.['active'] === true,
    isDropped: row?.['dropped'] === true,
  };
}

// Reserved at once: WAL is kept from here on, not from the first connection of the standby on.
const createPhysicalStatement = `
  SELECT pg_create_physical_replication_slot($1, true)
   WHERE NOT EXISTS (
     SELECT 1 FROM pg_replication_slots WHERE slot_type = 'physical' AND slot_name = $1)`;

/** Makes the slot unless it is there already. */
export async function createPhysicalSlot(query: Query, name: string): Promise<void> {
  await query(createPhysicalStatement, [name]);
}

function createLogicalStatement(isFailover: boolean): string {
  return `
    SELECT pg_create_logical_replication_slot($1, $2${isFailover ? ', failover => true' : ''})
     WHERE NOT EXISTS (
       SELECT 1 FROM pg_replication_slots WHERE slot_type = 'logical' AND slot_name = $1)`;
}

/**
 * Makes the slot in the session's database unless it is there already. Waits for all transactions that run, so the
 * session is to have a limit that fits. Given up, it leaves nothing behind. `isFailover` needs PostgreSQL 17.
 */
export async function createLogicalSlot(
  query: Query,
  slot: {
    readonly name: string;
    readonly plugin: string;
    readonly isFailover: boolean;
  },
): Promise<void> {
  await query(createLogicalStatement(slot.isFailover), [slot.name, slot.plugin]);
}

const advanceStatement =
  'SELECT end_lsn::text AS end_lsn FROM pg_replication_slot_advance($1, $2::pg_lsn)';

/**
 * Moves a slot up to a position, or as far as this server has come; answers where it is then. Throws where it is
 * beyond it already. A logical slot can only be moved from a session in its own database.
 */
export async function advanceSlot(query: Query, name: string, to: Lsn): Promise<Lsn | null> {
  const [row] = await query(advanceStatement, [name, formatLsn(to)]);
  return parseLsn(String(row?.['end_lsn']));
}

// A slot as an object: columns that only later versions have are then absent instead of a mistake in the statement.
// Xids, oids and positions become text in it.
const asObject = "to_jsonb(slot) || jsonb_build_object('name', slot_name, 'type', slot_type)";

const healthStatement = `
  SELECT ${asObject} AS slot FROM pg_replication_slots AS slot WHERE slot_name = $1`;

/** What the catalog says of the slot now; null where there is none. */
export async function readSlot(query: Query, name: string): Promise<SlotInfo | null> {
  const [row] = await query(healthStatement, [name]);
  return row === undefined ? null : slotIn(row);
}

// The function, not the view: everybody may call it. A server in recovery is no leader, whatever we were told.
const leaderStatement = `
  SELECT ${asObject} AS slot FROM pg_get_replication_slots() AS slot
   WHERE NOT pg_is_in_recovery() AND slot_name = ANY($1)`;

/** Those of these slots that the leader has, without the names of their databases. */
export async function readLeaderSlots(
  query: Query,
  names: readonly string[],
): Promise<readonly SlotInfo[]> {
  return (await query(leaderStatement, [names])).map(slotIn);
}

/** More than any version writes: whatever is larger is no state of a slot. */
const largestStateFile = 65_536;

// A slot that is dropped meanwhile has no file any more: that is no fault, and it is left out. Those that the server
// itself keeps on standbys are none of ours.
const fetchStatement = `
  SELECT ${asObject} || jsonb_build_object('database', datname) AS slot,
         pg_read_binary_file('pg_replslot/' || slot_name || '/state', 0, ${largestStateFile}, true) AS state
    FROM pg_get_replication_slots() AS slot
    JOIN pg_database ON datoid = pg_database.oid
   WHERE NOT pg_is_in_recovery()
     AND slot_type = 'logical'
     AND NOT coalesce((to_jsonb(slot)->>'failover')::bool, false)
     AND slot_name = ANY($1)`;

/** The files of those of these logical slots that the leader has, as they are there. */
export async function fetchLeaderSlots(
  query: Query,
  names: readonly string[],
): Promise<readonly FetchedSlot[]> {
  const rows = await query(fetchStatement, [names]);
  return rows.flatMap((row) => {
    const { state } = row;
    return state instanceof Uint8Array ? [{ slot: slotIn(row), state }] : [];
  });
}

/** As the server has it, whatever the files say. */
export async function isFeedbackOn(query: Query): Promise<boolean> {
  const [row] = await query("SELECT current_setting('hot_standby_feedback')::bool AS is_on");
  return row?.['is_on'] === true;
}

function slotIn(row: Row): SlotInfo {
  return slotInfoOf(readSlotRow(row['slot'] as Row));
}
