// Ends a standby's recovery. The request goes by a file and a signal, as it needs no connection then; the end of
// recovery is asked for over the connection that is open already.

import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from './connection.ts';
import type { MemberPlace } from './member-place.ts';
import type { ServerProcess } from './server-process.ts';
import { waitUntil } from './wait.ts';

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

const pollMs = 5;

export async function sendPromotion(place: MemberPlace, server: ServerProcess): Promise<void> {
  const path = join(place.dataDirectory, 'promote');
  await rm(path, { force: true });
  // It has to last until the signal only, and every millisecond counts: nothing is flushed to disk.
  const handle = await open(path, 'wx', 0o600);
  try {
    if (place.identity.isOther) await handle.chown(place.identity.uid, place.identity.gid);
  } finally {
    await handle.close();
  }
  server.signal('SIGUSR1');
}

/** True once the server accepts writes. */
export async function waitForPromotion(
  query: Query,
  server: ServerProcess,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  let isPrimary = false;
  await waitUntil(
    async () => {
      try {
        const [row] = await query('SELECT pg_is_in_recovery() AS in_recovery');
        isPrimary = row?.['in_recovery'] === false;
      } catch {
        // It may refuse a connection at this moment; the next one comes at once.
      }
      return isPrimary || !server.isRunning();
    },
    { everyMs: pollMs, timeoutMs, signal },
  );
  return isPrimary;
}
