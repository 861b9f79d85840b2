// Sees to it that no server is left behind, whatever became of the hook that was to stop it.

import { setTimeout as delay } from 'node:timers/promises';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';

/** How long a server that was told to end at once may take. */
const waitMs = 20_000;
const pauseMs = 50;

/** @throws Error where a server still runs in the data directory at the end */
export async function endServer(dataDirectory: string): Promise<void> {
  const deadline = performance.now() + waitMs;
  let told: number | null = null;
  for (;;) {
    // Found by its file and by the directory it works in, so that no other process can be meant.
    const found = await findPostmaster(dataDirectory);
    if (found === null) return;
    if (told !== found.pid) {
      process.kill(found.pid, 'SIGQUIT');
      told = found.pid;
    }
    if (performance.now() > deadline) {
      throw new Error(
        `Cannot end PostgreSQL of ${dataDirectory}: process ${found.pid} is still there ${waitMs / 1000} s after SIGQUIT. End it by hand and remove the directory`,
      );
    }
    await delay(pauseMs);
  }
}
