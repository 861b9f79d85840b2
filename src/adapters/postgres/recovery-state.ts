// What the running server has of recovery settings, to find out whether it follows whom it is to follow.

import type {
  NeededAction,
  RunningParameter,
  RunningRecovery,
} from '#core/config/patroni/compare-recovery.ts';
import { compareRecovery } from '#core/config/patroni/compare-recovery.ts';
import { recoveryParameterNames } from '#core/config/patroni/recovery-parameters.ts';
import { optionalTextColumn, textColumn } from '#adapters/pg/columns.ts';
import type { Row } from './connection.ts';
import type { MemberFiles } from './member-files.ts';

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
  const [state] = await query(
    'SELECT pg_is_in_recovery() AS in_recovery, conninfo, slot_name FROM (SELECT) AS this LEFT JOIN pg_stat_wal_receiver ON true',
  );
  const conninfo = state === undefined ? null : optionalTextColumn(state, 'conninfo');
  return {
    isSetUpAsStandby: state?.['in_recovery'] === true,
    parameters,
    receiver:
      state === undefined || conninfo === null
        ? null
        : { conninfo, slotName: optionalTextColumn(state, 'slot_name') ?? '' },
  };
}

/** What it takes for a running server to have these settings and no others; null where it does not answer. */
export async function neededForRecovery(
  query: Query,
  files: MemberFiles,
  wanted: Readonly<Record<string, string>>,
): Promise<NeededAction | null> {
  const running = await readRunningRecovery(query).catch(() => null);
  if (running === null) return null;
  if (running.isSetUpAsStandby) await files.setUp('standby');
  return compareRecovery(wanted, running, [files.confPath, files.autoConfPath]);
}
