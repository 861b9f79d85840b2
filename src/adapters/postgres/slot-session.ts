// A connection of its own for work on replication slots, apart from the turn's, so that neither a slot that hangs
// nor a connection it spoils is felt there. It always ends, also where the server says nothing more.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { connect } from './connection.ts';
import { commonSettings, runningTarget } from './member-connections.ts';

/** A server that answers at all answers a statement on a slot within that. */
export const slotStatementTimeoutMs = 2000;

/** A server that lives says goodbye within that; of another one the connection is dropped. */
const farewellMs = 1000;

async function closeWithin(connection: Connection, withinMs: number): Promise<void> {
  const timer = setTimeout(() => connection.destroy(), withinMs);
  try {
    await connection[Symbol.asyncDispose]();
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a connection whose end is bounded. Throws what keeps us out. */
export async function openBounded(options: ConnectionOptions): Promise<Connection> {
  const connection = await connect(options);
  return {
    query: async (text, values) => connection.query(text, values),
    get isUsable() {
      return connection.isUsable;
    },
    destroy: () => connection.destroy(),
    [Symbol.asyncDispose]: async () => closeWithin(connection, farewellMs),
  };
}

export interface OwnSessionOptions {
  /** Null: `postgresql.database`. */
  readonly database: string | null;
  readonly applicationName: string;
  /** The server gives up then, and the client a second later. */
  readonly statementTimeoutMs: number;
}

/** To our own server, as its superuser. */
export async function openOwnSession(
  config: AgentConfig,
  { database, applicationName, statementTimeoutMs }: OwnSessionOptions,
): Promise<Connection> {
  const target = await runningTarget(config);
  return openBounded({
    target: database === null ? target : { ...target, database },
    credentials: config.postgresql.superuser,
    applicationName,
    // Nothing about slots waits for a standby that is not there.
    settings: { ...commonSettings, synchronous_commit: 'local' },
    statementTimeoutMs,
  });
}

/** For what is quick: dropping, making and moving physical slots, and looking at any. */
export async function openSlotSession(config: AgentConfig): Promise<Connection> {
  return openOwnSession(config, {
    database: null,
    applicationName: 'Patroni slots',
    statementTimeoutMs: slotStatementTimeoutMs,
  });
}
