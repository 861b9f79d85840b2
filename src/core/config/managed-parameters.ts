// The parameters the charm decides by itself: where the server listens and where its files are.

import { memoryDefaults } from './memory-defaults.ts';

/** What the managed parameters are made from. */
export interface ManagedSettings {
  readonly listenAddress: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  readonly socketDirectory: string;
  readonly logDirectory: string;
  readonly clusterName: string;
  readonly memoryBytes: number;
}

/** Names a person can't set: the charm tells clients what is in them, or finds the server by them. */
export const managedNames: ReadonlySet<string> = new Set([
  'listen_addresses',
  'port',
  'unix_socket_directories',
  'cluster_name',
  'data_directory',
  'config_file',
  'hba_file',
  'ident_file',
  'external_pid_file',
]);

/** Parameters of the managed file: those a person can't set, and defaults that configuration overrides. */
export function managedParameters(settings: ManagedSettings): Readonly<Record<string, string>> {
  return {
    ...memoryDefaults(settings.memoryBytes),
    // What replication and logical decoding need is on from the start, as each takes a restart.
    wal_level: 'logical',
    hot_standby: 'on',
    password_encryption: 'scram-sha-256',
    // One file a weekday, emptied when its day comes again: a week of log that never fills the disk by itself.
    logging_collector: 'on',
    log_directory: settings.logDirectory,
    log_filename: 'postgresql-%a.log',
    log_file_mode: '0600',
    log_rotation_age: '1d',
    log_rotation_size: '0',
    log_truncate_on_rotation: 'on',
    log_line_prefix: '%m [%p]: [%l-1] db=%d,user=%u ',
    listen_addresses: settings.listenAddress,
    port: String(settings.port),
    unix_socket_directories: settings.socketDirectory,
    // PostgreSQL shows the name in the titles of its processes and takes plain ASCII for it.
    cluster_name: settings.clusterName.replaceAll(/[^\u0020-\u007e]/gu, '?').slice(0, 63),
  };
}
