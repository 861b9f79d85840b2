// The heartbeat: one connection that is kept open and one statement per turn. A server that hangs costs a
// bounded time and leaves the connection dropped, so that the next turn begins anew.

import type { MonitorRow } from '#core/postgres/monitor-row.ts';
import { readMonitorRow } from '#core/postgres/monitor-row.ts';
import type { Connection, Row } from './connection.ts';
import { reasonOf } from './connection.ts';
import { monitorStatement } from './monitor-statement.ts';

export type Observation =
  | { readonly kind: 'answered'; readonly row: MonitorRow }
  | { readonly kind: 'silent'; readonly why: string };

export interface Monitor {
  observe(): Promise<Observation>;
  /** Runs a short statement over the same connection; throws what the server or the connection says. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Drops the connection: the server stops, was restarted, or is to be reached otherwise. */
  reset(): void;
}

export const heartbeatTimeoutMs = 2000;

/** `open` connects to our own server as its superuser, with the heartbeat's limits. */
export function createMonitor(open: () => Promise<Connection>): Monitor {
  let current: Connection | null = null;
  let opening: Promise<Connection> | null = null;
  let generation = 0;

  const openOnce = async (): Promise<Connection> => {
    const mine = generation;
    const connection = await open();
    if (mine !== generation) {
      connection.destroy();
      throw new Error('the server was stopped or restarted meanwhile');
    }
    current = connection;
    return connection;
  };
  const connection = async (): Promise<Connection> => {
    if (current?.isUsable === true) return current;
    // Two callers at the same time share one connection; the second one would have nobody to close it.
    opening ??= openOnce().finally(() => {
      opening = null;
    });
    return opening;
  };
  const query = async (text: string, values?: readonly unknown[]): Promise<readonly Row[]> =>
    (await connection()).query(text, values);

  // The statement differs by version, which the server tells with the first answer.
  let version = 0;
  const observe = async (): Promise<Observation> => {
    try {
      if (version === 0) {
        const [row] = await query("SELECT current_setting('server_version_num')::int4 AS version");
        version = Number(row?.['version'] ?? 0);
      }
      const [row] = await query(monitorStatement(version));
      if (row === undefined) return { kind: 'silent', why: 'the monitoring statement gave no row' };
      return { kind: 'answered', row: readMonitorRow(row) };
    } catch (error) {
      return { kind: 'silent', why: reasonOf(error) };
    }
  };
  return {
    observe,
    query,
    reset() {
      generation += 1;
      current?.destroy();
      current = null;
      opening = null;
      version = 0;
    },
  };
}
