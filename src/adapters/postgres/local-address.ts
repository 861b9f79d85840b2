// Where this member's own server is reached from here: over its socket where the configuration says so, else
// over TCP on an address it listens on.

import type { PostgresqlConfig } from '#core/config/patroni/agent-config.ts';
import type { ConnectionTarget } from './connection.ts';

const anyAddress: readonly string[] = ['*', '0.0.0.0', '127.0.0.1', 'localhost'];

function tcpHost(listen: string): string {
  const addresses = listen.split(',').map((address) => address.trim());
  if (addresses.some((address) => anyAddress.includes(address.toLowerCase()))) return 'localhost';
  return addresses[0] ?? 'localhost';
}

/** The directory of its socket; null where it has none we could use. */
function socketDirectory(parameters: Readonly<Record<string, unknown>>): string | null {
  const configured = parameters['unix_socket_directories'];
  if (typeof configured !== 'string') return '/var/run/postgresql';
  const directories = configured.split(',').map((directory) => directory.trim());
  return directories.find((directory) => directory.startsWith('/')) ?? null;
}

/** `isReplication`: where pg_hba.conf is to have a line for the user of replication. */
export function localTarget(config: PostgresqlConfig, isReplication = false): ConnectionTarget {
  const isSocket = isReplication ? config.isUsingUnixSocketRepl : config.isUsingUnixSocket;
  const directory = isSocket ? socketDirectory(config.parameters) : null;
  return {
    host: directory ?? tcpHost(config.listen.host),
    port: String(config.listen.port),
    database: config.database,
  };
}
