// What a standby is to have in its configuration to follow its upstream, and nothing else: whatever could
// stop or promote it is blanked.

import type { Credentials } from './agent-config.ts';
import { printDsn } from './dsn.ts';
import type { ConnectionParameters } from './dsn.ts';
import { fitsPassfile, passfileText } from './pgpass.ts';
import { readRecoveryConf } from './recovery-parameters.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';

export interface StandbyRequest {
  /** Of this member: its application_name. */
  readonly memberName: string;
  /** For example 150018. */
  readonly serverVersion: number;
  /** Null: there is nobody to follow, it replays what it has and what its archive has. */
  readonly upstream: Upstream | null;
  readonly replication: Credentials;
  /** File the password will be in. */
  readonly passfile: string;
  /** Section `postgresql.recovery_conf`. */
  readonly recoveryConf: JsonObject;
  /** From version 17 on, slots of the upstream are synchronized through this database; null: they are not. */
  readonly slotSyncDatabase: string | null;
  readonly krbsrvname?: string;
}

export interface StandbySettings {
  /** Parameters by name, `primary_conninfo` among them. A file that holds them must be 0600. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the passfile must hold; null: it is not used. */
  readonly passfileText: string | null;
}

/**
 * The parameters to connect to the upstream with, user and password included. Remote upstreams with a slot
 * are asked for the one host that accepts writes, as only there the slot is.
 */
export function upstreamConnection(request: StandbyRequest): ConnectionParameters | null {
  const { upstream, replication, serverVersion } = request;
  if (upstream?.connection === null || upstream === null) return null;
  const { dbname: _dbname, ...place } = upstream.connection;
  const isRemote = upstream.name === '';
  return {
    sslmode: 'prefer',
    gssencmode: 'prefer',
    channel_binding: 'prefer',
    ...(isRemote && upstream.slotName !== null ? { target_session_attrs: 'read-write' } : {}),
    ...place,
    ...replication.connection,
    ...(replication.username === null ? {} : { user: replication.username }),
    ...(replication.password === null ? {} : { password: replication.password }),
    ...(request.krbsrvname === undefined ? {} : { krbsrvname: request.krbsrvname }),
    ...(serverVersion >= 170_000 && request.slotSyncDatabase !== null
      ? { dbname: request.slotSyncDatabase }
      : {}),
    application_name: request.memberName,
  };
}

/** Set to nothing, as one of them in an included file would end the standby's recovery. */
const blanked = {
  recovery_target: '',
  recovery_target_lsn: '',
  recovery_target_name: '',
  recovery_target_time: '',
  recovery_target_xid: '',
} as const;

/**
 * What of it a primary keeps: a promoted server that lost these lines would complain with each reload that they can't
 * be changed without a restart.
 */
export const primarySettings: StandbySettings = {
  parameters: { ...blanked, recovery_target_timeline: 'latest' },
  passfileText: null,
};

/** Everything of recovery a standby of this upstream is to have. */
export function standbySettings(request: StandbyRequest): StandbySettings {
  const { upstream, serverVersion } = request;
  const parameters = new Map<string, string>();
  const configured = readRecoveryConf(request.recoveryConf, serverVersion);
  for (const [name, value] of Object.entries(configured)) {
    // Targets are for a restore; a standby that reached one would stop following.
    if (name.startsWith('recovery_target') || name.startsWith('primary_')) continue;
    parameters.set(name, value);
  }
  for (const [name, value] of Object.entries(blanked)) parameters.set(name, value);
  parameters.set('recovery_target_timeline', 'latest');

  const connection = upstreamConnection(request);
  let passfile: string | null = null;
  if (connection !== null) {
    const { password, ...withoutPassword } = connection;
    passfile = passfileText(connection);
    // A line break fits no passfile, so such a password stands in the file itself, which is 0600 too.
    const isInline = password !== undefined && !fitsPassfile(password);
    const written =
      passfile === null
        ? { ...withoutPassword, ...(isInline ? { password } : {}) }
        : { ...withoutPassword, passfile: request.passfile };
    parameters.set('primary_conninfo', printDsn(written, serverVersion));
    if (upstream !== null && upstream.slotName !== null) {
      parameters.set('primary_slot_name', upstream.slotName);
    }
  }
  const overrides: readonly (readonly [string, string | undefined])[] = [
    ['restore_command', upstream?.restoreCommand],
    ['archive_cleanup_command', upstream?.archiveCleanupCommand],
    ['recovery_min_apply_delay', upstream?.recoveryMinApplyDelay],
  ];
  for (const [name, value] of overrides) if (value !== undefined) parameters.set(name, value);
  return { parameters: Object.fromEntries(parameters), passfileText: passfile };
}
