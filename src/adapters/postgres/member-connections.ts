// Every connection the agent makes to its own server.

import type { AgentConfig, Credentials } from '#core/config/patroni/agent-config.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import type { Connection, ConnectionTarget } from './connection.ts';
import { connect } from './connection.ts';
import { localTarget } from './local-address.ts';
import { heartbeatTimeoutMs } from './monitor.ts';
import { roleSessionSettings } from './roles.ts';

/**
 * Where the server that runs is reached: what it listens on may differ from what it is to listen on after its
 * next start.
 */
export async function runningTarget({ postgresql }: AgentConfig): Promise<ConnectionTarget> {
  const target = localTarget(postgresql);
  const running = await findPostmaster(postgresql.dataDir);
  if (running === null) return target;
  const isSocket = target.host.startsWith('/') && running.socketDirectory !== '';
  return {
    ...target,
    port: String(running.port),
    ...(isSocket ? { host: running.socketDirectory } : {}),
  };
}

export const commonSettings: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  'pg_stat_statements.track': 'none',
};

/**
 * For the turn's query and other short statements. It tells what `synchronous_commit` is for clients, so it sets none
 * itself; what writes through it sees to not waiting for a standby.
 */
export async function openHeartbeat(config: AgentConfig): Promise<Connection> {
  return connect({
    target: await runningTarget(config),
    credentials: config.postgresql.superuser,
    applicationName: 'Patroni heartbeat',
    settings: { ...commonSettings, client_min_messages: 'warning' },
    statementTimeoutMs: heartbeatTimeoutMs,
  });
}

/** For statements that take as long as they take. */
export async function openUnlimited(config: AgentConfig, purpose: string): Promise<Connection> {
  return connect({
    target: await runningTarget(config),
    credentials: config.postgresql.superuser,
    applicationName: `Patroni ${purpose}`,
    // Nothing we write may wait for a standby that is not there.
    settings: { ...commonSettings, synchronous_commit: 'local' },
    statementTimeoutMs: 0,
  });
}

/** Of its statements the server keeps no text. A new cluster's superuser may have no password yet. */
export async function openRoleSession(
  config: AgentConfig,
  credentials: Credentials,
): Promise<Connection> {
  return connect({
    target: await runningTarget(config),
    credentials,
    applicationName: 'Patroni roles',
    settings: roleSessionSettings,
    statementTimeoutMs: 60_000,
  });
}

/** How libpq reaches our own server as the superuser; with the password where there is one. */
export function localParameters(config: AgentConfig): ConnectionParameters {
  const { superuser } = config.postgresql;
  const { host, port, database } = localTarget(config.postgresql);
  return {
    host,
    port,
    dbname: database,
    ...superuser.connection,
    ...(superuser.username === null ? {} : { user: superuser.username }),
    ...(superuser.password === null ? {} : { password: superuser.password }),
  };
}
