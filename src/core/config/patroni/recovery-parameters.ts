// The parameters of recovery, which the agent decides: what a person sets of them in `parameters` or by
// ALTER SYSTEM could pause, stop or promote a standby.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { withLowerCaseNames } from './command-line-parameters.ts';
import { parameterText } from './read-value.ts';

/** Name and the version of PostgreSQL from which on there is no such parameter; 0: still there. */
const known: ReadonlyMap<string, number> = new Map([
  ['archive_cleanup_command', 0],
  ['pause_at_recovery_target', 90_500],
  ['primary_conninfo', 0],
  ['primary_slot_name', 0],
  ['promote_trigger_file', 160_000],
  ['recovery_end_command', 0],
  ['recovery_min_apply_delay', 0],
  ['recovery_target', 0],
  ['recovery_target_action', 0],
  ['recovery_target_inclusive', 0],
  ['recovery_target_lsn', 0],
  ['recovery_target_name', 0],
  ['recovery_target_time', 0],
  ['recovery_target_timeline', 0],
  ['recovery_target_xid', 0],
  ['restore_command', 0],
  ['standby_mode', 120_000],
  ['trigger_file', 120_000],
]);

/** In lower case, also those only old versions had. */
export const recoveryParameterNames: ReadonlySet<string> = new Set(known.keys());

function isKnownTo(name: string, serverVersion: number): boolean {
  const goneFrom = known.get(name);
  return goneFrom === 0 || (goneFrom !== undefined && serverVersion < goneFrom);
}

/**
 * A `recovery_conf` section as parameters of PostgreSQL 12 and later: old names in their new form, names in
 * lower case, without what this version does not know.
 */
export function readRecoveryConf(
  section: JsonObject,
  serverVersion: number,
): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(withLowerCaseNames(section))) {
    const text = parameterText(value);
    if (text !== null) values.set(name, text);
  }
  const renamed = (before: string, after: string, value: string | undefined): void => {
    values.delete(before);
    if (value !== undefined && !values.has(after)) values.set(after, value);
  };
  renamed('trigger_file', 'promote_trigger_file', values.get('trigger_file'));
  const pause = values.get('pause_at_recovery_target')?.toLowerCase();
  const action = pause === undefined ? undefined : isOff(pause) ? 'promote' : 'pause';
  renamed('pause_at_recovery_target', 'recovery_target_action', action);
  return Object.fromEntries([...values].filter(([name]) => isKnownTo(name, serverVersion)));
}

function isOff(word: string): boolean {
  return ['off', 'false', 'no', '0'].includes(word);
}

/** The text of postgresql.auto.conf without recovery parameters; the same text where it holds none. */
export function withoutRecoveryParameters(autoConf: string): string {
  return autoConf
    .split('\n')
    .filter((line) => {
      const name = /^\s*(?<name>[A-Za-z_]+)\s*(?:=|\s)/u.exec(line)?.groups?.['name'];
      return name === undefined || !recoveryParameterNames.has(name.toLowerCase());
    })
    .join('\n');
}
