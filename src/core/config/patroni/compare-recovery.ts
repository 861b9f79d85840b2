// Finds out whether a running standby has the recovery settings it is to have, and what it takes to give it
// those.

import { parseDsn } from './dsn.ts';
import type { ConnectionParameters } from './dsn.ts';
import { readInteger } from './read-value.ts';

/** One row of pg_settings. */
export interface RunningParameter {
  readonly value: string;
  /** `postmaster` takes a restart. */
  readonly context: string;
  /** Null where it comes from no file. */
  readonly sourceFile: string | null;
}

export interface RunningRecovery {
  /** standby.signal is there. */
  readonly isSetUpAsStandby: boolean;
  /** By name in lower case. */
  readonly parameters: Readonly<Record<string, RunningParameter>>;
  /**
   * What the walreceiver is connected with; null where none runs. It counts more than the setting, which
   * may have been changed without effect; its password is masked.
   */
  readonly receiver: { readonly conninfo: string; readonly slotName: string } | null;
}

export type NeededAction = 'nothing' | 'reload' | 'restart';

/** Parameters an included file may set without us, as long as we are not asked to. */
const maybeIncluded: ReadonlySet<string> = new Set([
  'archive_cleanup_command',
  'promote_trigger_file',
  'recovery_end_command',
  'recovery_min_apply_delay',
  'restore_command',
]);

/** Parameters that mean nothing on a standby without a target. */
const uncompared: ReadonlySet<string> = new Set([
  'recovery_target_inclusive',
  'recovery_target_action',
]);

/** Values libpq takes where a string says none. */
const impliedConnection = {
  sslmode: 'prefer',
  gssencmode: 'prefer',
  channel_binding: 'prefer',
} as const;

/** Keywords by which the secret differs without a difference in where we stream from. */
const ignoredKeywords: ReadonlySet<string> = new Set(['password']);

/**
 * Whether the connection in force, the receiver's where one runs and else the `setting`, has everything `wanted` has.
 * No text stands for no connection at all.
 */
function isSameConnection(
  wanted: string | undefined,
  setting: string,
  receiver: string | undefined,
): boolean {
  const running = receiver ?? setting;
  if (wanted === undefined || wanted === '') return running === '';
  const wantedParts = parseDsn(wanted);
  const runningParts = parseDsn(running);
  if (wantedParts === null || runningParts === null || running === '') return false;
  // The receiver has `replication` for it; the one of the setting is for the worker that synchronizes slots.
  const { dbname } = parseDsn(setting) ?? {};
  const { dbname: _dbname, ...place } = runningParts;
  const complete: ConnectionParameters = {
    ...impliedConnection,
    ...place,
    ...(dbname === undefined ? {} : { dbname }),
  };
  return Object.entries(wantedParts).every(
    ([keyword, value]) => ignoredKeywords.has(keyword) || complete[keyword] === value,
  );
}

function isSame(name: string, wanted: string | undefined, running: string): boolean {
  if (name === 'recovery_min_apply_delay') {
    return readInteger(wanted ?? '0', 'ms') === readInteger(running, 'ms');
  }
  return (wanted ?? '') === running;
}

function isInForce(
  name: string,
  wanted: string | undefined,
  setting: string,
  receiver: RunningRecovery['receiver'],
): boolean {
  if (name === 'primary_conninfo') return isSameConnection(wanted, setting, receiver?.conninfo);
  return isSame(
    name,
    wanted,
    name === 'primary_slot_name' ? (receiver?.slotName ?? setting) : setting,
  );
}

/**
 * What has to be done for `wanted` (see `standbySettings`) to count on the running server. `ownFiles` are
 * the paths of postgresql.conf and postgresql.auto.conf.
 */
export function compareRecovery(
  wanted: Readonly<Record<string, string>>,
  running: RunningRecovery,
  ownFiles: readonly string[],
): NeededAction {
  if (!running.isSetUpAsStandby) return 'restart';
  let needed: NeededAction = 'nothing';
  for (const [name, { value, context, sourceFile }] of Object.entries(running.parameters)) {
    if (uncompared.has(name)) continue;
    const isElsewhere = sourceFile !== null && !ownFiles.includes(sourceFile);
    if (isElsewhere && maybeIncluded.has(name) && wanted[name] === undefined) continue;
    // Without a connection its slot does not matter.
    if (name === 'primary_slot_name' && wanted['primary_conninfo'] === undefined) continue;
    if (isInForce(name, wanted[name], value, running.receiver)) continue;
    if (context === 'postmaster') return 'restart';
    needed = 'reload';
  }
  return needed;
}
