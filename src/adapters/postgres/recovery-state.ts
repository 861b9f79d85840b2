// What the running server has of recovery settings, to find out whether it follows whom it is to follow.

import type { RunningParameter, RunningRecovery } from '#core/config/patroni/compare-recovery.ts';
import { recoveryParameterNames } from '#core/config/patroni/recovery-parameters.ts';
import { optionalTextColumn, textColumn } from '#adapters/pg/columns.ts';
import type { Row } from './connection.ts';

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** Throws what the query throws. A server in recovery counts as set up as a standby, whatever files say by now. */
export async function readRunningRecovery(query: Query): Promise<RunningRecovery> {
  const parameters: Record<string, RunningParameter> = {};
  const rows = await query(
    'SELECT name, current_setting(name) AS value, context, sourcefile FROM pg_settings WHERE name = ANY ($1)',
    [[...recoveryParameterNames]],
  );
  for (const row of rows) {
    parameters[textColumn(row, 'name')] = {
      value: textColumn(row, 'value'),
      context: textColumn(row, 'context'),
      sourceFile: optionalTextColumn(row, 'sourcefile'),
    };
  }
  const [state] = await query('SELECT pg_is_in_recovery() AS in_recovery');
  const [receiver] = await query('SELECT conninfo, slot_name FROM pg_stat_wal_receiver');
  const conninfo = receiver === undefined ? null : optionalTextColumn(receiver, 'conninfo');
  return {
    isSetUpAsStandby: state?.['in_recovery'] === true,
    parameters,
    receiver:
      receiver === undefined || conninfo === null
        ? null
        : { conninfo, slotName: optionalTextColumn(receiver, 'slot_name') ?? '' },
  };
}
