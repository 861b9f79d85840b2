// Decides where the connection to the job cache comes from: the command line, a file named on it, libpq's
// environment, or the Salt master's own configuration, in that order.

import type { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { parseConnection } from '../database/target.ts';
import { JobCacheError } from '../errors.ts';
import type { Environment } from './libpq-environment.ts';
import { namesDatabase } from './libpq-environment.ts';

export interface SourceOptions {
  /** `--connection`: a conninfo text or URI. */
  readonly connection?: string | undefined;
  /** `--config`: a file or directory. */
  readonly config?: string | undefined;
}

export type Source =
  | { readonly kind: 'connection'; readonly connection: ConnectionString }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment' }
  | { readonly kind: 'master'; readonly path: string };

/** Keywords of libpq whose value nobody else on the machine may read. */
const secrets: readonly string[] = ['password', 'sslpassword'];

function fromCommandLine(text: string): ConnectionString {
  const connection = parseConnection(text);
  if (secrets.some((keyword) => connection.get(keyword) !== null)) {
    throw new JobCacheError(
      'Cannot take a password from the command line, where everybody on this machine can read it. ' +
        'Set PGPASSWORD, write it into a password file (PGPASSFILE or ~/.pgpass, mode 0600), or name a ' +
        'configuration file with --config; and change the password',
      { kind: 'ConfigError' },
    );
  }
  return connection;
}

/** Where Salt looks for the configuration of its master. */
export function masterFileOf(environment: Environment): string {
  const named = environment['SALT_MASTER_CONFIG'] ?? '';
  if (named !== '') return named;
  return `${environment['SALT_CONFIG_DIR'] || '/etc/salt'}/master`;
}

/** @throws JobCacheError for a password on the command line, or a connection that can't be read */
export function chooseSource(options: SourceOptions, environment: Environment): Source {
  const { connection, config } = options;
  if (connection !== undefined) {
    return { kind: 'connection', connection: fromCommandLine(connection) };
  }
  if (config !== undefined) return { kind: 'file', path: config };
  if (namesDatabase(environment)) return { kind: 'environment' };
  return { kind: 'master', path: masterFileOf(environment) };
}
