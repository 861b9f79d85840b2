// Finds out which changed parameters wait for a restart. The server knows it of those in its files; of those on
// its command line it does not, so they are compared.

import { onCommandLine } from '#core/config/patroni/server-parameters.ts';
import { recoveryParameterNames } from '#core/config/patroni/recovery-parameters.ts';
import { readQuantity } from '#core/config/quantity.ts';
import type { PendingRestartReason } from '#core/dcs/cluster.ts';
import { booleanColumn, optionalTextColumn, textColumn } from '#adapters/pg/columns.ts';
import type { Row } from './connection.ts';

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

// Of a parameter that stands in several files the last one counts.
const statement = `
  SELECT s.name, s.setting, s.unit, s.vartype, s.pending_restart,
         current_setting(s.name) AS shown, f.setting AS written
    FROM pg_settings AS s
    LEFT JOIN LATERAL (
      SELECT setting FROM pg_file_settings WHERE pg_file_settings.name = s.name
       ORDER BY seqno DESC LIMIT 1
    ) AS f ON s.pending_restart
   WHERE s.context = 'postmaster' AND (s.pending_restart OR s.name = ANY ($1))`;

const truths: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['no', false],
  ['0', false],
]);

function isSame(row: Row, wanted: string): boolean {
  const setting = textColumn(row, 'setting');
  switch (textColumn(row, 'vartype')) {
    case 'bool':
      return truths.get(setting) === truths.get(wanted.toLowerCase());
    case 'integer':
    case 'real': {
      const quantity = readQuantity(wanted, optionalTextColumn(row, 'unit'));
      return quantity.kind === 'number' && Math.round(quantity.value) === Number(setting);
    }
    default:
      return setting.toLowerCase() === wanted.toLowerCase();
  }
}

export interface PendingRestart {
  readonly reason: PendingRestartReason;
  /** Names of those that our configuration does not know of. */
  readonly elsewhere: readonly string[];
}

/** `wanted` are the parameters as configured, before a standby's control file raised some. */
export async function findPendingRestart(
  query: Query,
  wanted: Readonly<Record<string, string>>,
): Promise<PendingRestart> {
  const onLine = new Map(onCommandLine(wanted));
  const reason: Record<string, { old_value: string; new_value: string }> = {};
  const elsewhere: string[] = [];
  for (const row of await query(statement, [[...onLine.keys()]])) {
    const name = textColumn(row, 'name');
    if (name === 'hot_standby' || recoveryParameterNames.has(name)) continue;
    const commandLine = onLine.get(name);
    const isPending = booleanColumn(row, 'pending_restart');
    if (commandLine === undefined ? !isPending : isSame(row, commandLine)) continue;
    reason[name] = {
      old_value: textColumn(row, 'shown'),
      new_value: commandLine ?? optionalTextColumn(row, 'written') ?? '',
    };
    if (commandLine === undefined && wanted[name] === undefined) elsewhere.push(name);
  }
  return { reason, elsewhere };
}
