// Carries out the steps towards the slots that should be. Each stands for itself: what goes wrong with one
// slot is told and stops no other.

import { formatLsn } from '#core/postgres/lsn.ts';
import type { SlotStep } from '#core/slots/slot-step.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Row } from './connection.ts';
import { reasonOf } from './connection.ts';

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

// Looking and dropping are one statement, so that no slot is dropped that was taken up in between.
const dropStatement = `
  WITH slots AS (
    SELECT slot_name, active FROM pg_replication_slots WHERE slot_name = $1
  ), dropped AS (
    SELECT pg_drop_replication_slot(slot_name), true AS dropped FROM slots WHERE NOT active
  )
  SELECT active, coalesce(dropped, false) AS dropped FROM slots FULL OUTER JOIN dropped ON true`;

// Reserved at once: WAL is kept from here on, not from the first connection of the standby on.
const createStatement = `
  SELECT pg_create_physical_replication_slot($1, true)
   WHERE NOT EXISTS (
     SELECT 1 FROM pg_replication_slots WHERE slot_type = 'physical' AND slot_name = $1)`;

const advanceStatement = 'SELECT pg_replication_slot_advance($1, $2::pg_lsn)';

async function drop(query: Query, name: string, log: LogPort): Promise<void> {
  const [row] = await query(dropStatement, [name]);
  if (row?.['dropped'] === true) log.info(`Dropped replication slot '${name}'`);
  else if (row?.['active'] === true) {
    log.warning(`Unable to drop replication slot '${name}', slot is active`);
  } else if (row !== undefined) log.error(`Failed to drop replication slot '${name}'`);
}

async function carryOut(query: Query, step: SlotStep, log: LogPort): Promise<void> {
  switch (step.kind) {
    case 'create-physical':
      await query(createStatement, [step.name]);
      return;
    case 'drop':
      log.info(`Trying to drop replication slot '${step.name}': ${step.why}`);
      await drop(query, step.name, log);
      return;
    case 'advance-physical':
      await query(advanceStatement, [step.name, formatLsn(step.to)]);
      return;
    default:
      step satisfies never;
  }
}

const tried: Readonly<Record<SlotStep['kind'], string>> = {
  'create-physical': 'Failed to create physical replication slot',
  drop: 'Failed to drop replication slot',
  'advance-physical': 'Error while advancing replication slot',
};

/** Never throws. */
export async function applySlotSteps(
  query: Query,
  steps: readonly SlotStep[],
  log: LogPort,
): Promise<void> {
  for (const step of steps) {
    try {
      await carryOut(query, step, log);
    } catch (error) {
      log.error(`${tried[step.kind]} '${step.name}': ${reasonOf(error)}`);
    }
  }
}
