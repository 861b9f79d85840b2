// Recovers a server that crashed, without letting anybody in: pg_rewind and a standby need a data directory
// that was shut down.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { archiveReadyWal, forgetArchived } from './archive-status.ts';
import { peekControl, readControlData } from './control-reader.ts';
import type { MemberPlace } from './member-place.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { childEnvironment } from './child-environment.ts';
import { failureOf } from './command-failure.ts';
import { clearRemains } from './start-server.ts';

/** Whether the data directory is in a state after a clean shutdown. */
async function isShutDown(place: MemberPlace): Promise<boolean> {
  const peek = await peekControl(place.dataDirectory);
  if (peek !== null) return peek.clusterState === 'shut down';
  const control = await readControlData(place);
  return typeof control !== 'string' && control.clusterState === 'shut down';
}

/** True when it is recovered and shut down. Nothing of it is changed that a start would not change too. */
export async function recoverInSingleUserMode(
  place: MemberPlace,
  log: LogPort,
  signal?: AbortSignal,
): Promise<boolean> {
  await clearRemains(place.dataDirectory);
  await archiveReadyWal(place, log, signal);
  await forgetArchived(place);
  // Single-user mode refuses to be a standby.
  for (const name of ['standby.signal', 'recovery.signal']) {
    await rm(join(place.dataDirectory, name), { force: true });
  }
  const end = await runCommandGroup({
    file: place.program('postgres'),
    args: [
      '--single',
      '-D',
      place.dataDirectory,
      '-c',
      `config_file=${join(place.configDirectory, 'postgresql.conf')}`,
      // Nothing may be recycled that a rewind will read.
      '-c',
      'archive_mode=on',
      '-c',
      'archive_command=false',
      'template1',
    ],
    as: place.identity,
    environment: childEnvironment({ LC_ALL: 'C' }),
    signal,
    onLine: (line) => log.info(`single-user mode: ${line}`),
  });
  if (await isShutDown(place)) return true;
  log.error(
    `Crash recovery in single-user mode failed: postgres ${failureOf(end) ?? 'left it unfinished'}`,
  );
  return false;
}
