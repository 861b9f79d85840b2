// What making and cloning a cluster needs of the one PostgreSQL of this member. The adapter satisfies it on a
// machine, a test by a list of what was called.

import type { StartOptions } from '#adapters/ports/agent-ports.ts';
import type { Connection } from '#adapters/postgres/connection.ts';
import type { MemberPlace } from '#adapters/postgres/member-place.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import type { JsonObject, PostgresState, Role } from '#core/dcs/cluster.ts';
import type { StartOutcome } from '#core/ha/values.ts';

export interface BootstrapPostgres {
  readonly place: Pick<MemberPlace, 'dataDirectory' | 'identity' | 'program'>;
  setState(state: PostgresState): void;
  setRole(role: Role): void;
  start(options: StartOptions, signal?: AbortSignal): Promise<StartOutcome>;
  restart(): Promise<StartOutcome>;
  reload(): Promise<void>;
  /** Whether parameters the server has differ from those it would have after a restart. */
  isRestartPending(): Promise<boolean>;
  /** Of the installed programs, for example 15. */
  programsMajorVersion(): Promise<number>;

  /** The version and the files of the data directory are new: what is known of them is read again. */
  readServerParameters(): Promise<void>;
  /** Adds lines to the pg_hba.conf initdb made. */
  appendHba(lines: readonly string[]): Promise<void>;
  /** Copies of the configuration files, for a clone whose base backup does not hold them. */
  saveConfigurationFiles(): Promise<void>;
  restoreConfigurationFiles(): Promise<void>;
  /** Recovery settings of a restored cluster, and the file that asks for recovery. */
  writeRecoveryConf(recoveryConf: JsonObject): Promise<void>;
  removeRecoveryConf(): Promise<void>;
  /** A trigger file that was part of the backup would promote the new server at once. */
  removePromoteTrigger(): Promise<void>;
  /** The configuration files as configured, in the place of those for the custom bootstrap. */
  writeServerConfiguration(): Promise<void>;
  /** pg_hba.conf as it was before a custom bootstrap put its own in its place. Throws where that is not known. */
  restoreHba(): Promise<void>;

  /** Where our own server is reached and as whom: host, port, dbname, user, and the password if there is one. */
  localConnection(): ConnectionParameters;
  /** Runs statements as the superuser over a session of which the server keeps no text, and ends it. */
  withRoleSession(work: (session: Connection) => Promise<void>): Promise<void>;
  /** Connections made so far are of no use: passwords and rules have changed. */
  closeSessions(): Promise<void>;
}
