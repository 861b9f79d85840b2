// Before a rewind or a recovery in single-user mode: archives what the crashed server had ready, and sees to it
// that the server keeps the WAL a rewind needs.

import { readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSegmentName } from '#core/postgres/wal-segment.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { MemberPlace } from './member-place.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { childEnvironment } from './child-environment.ts';
import { failureOf } from './command-failure.ts';

function statusDirectory(place: MemberPlace): string {
  return join(place.dataDirectory, 'pg_wal', 'archive_status');
}

async function statusFiles(place: MemberPlace, suffix: string): Promise<readonly string[]> {
  const names = await readdir(statusDirectory(place)).catch(() => []);
  return names.filter((name) => name.endsWith(suffix)).sort();
}

/** The value a server of this data directory would start with; empty where the program can't tell. */
export async function configuredValue(place: MemberPlace, parameter: string): Promise<string> {
  const end = await runProgram({
    file: place.program('postgres'),
    args: [
      '-D',
      place.dataDirectory,
      `--config_file=${join(place.configDirectory, 'postgresql.conf')}`,
      '-C',
      parameter,
    ],
    as: place.identity,
    timeoutMs: 10_000,
  });
  return end.exitCode === 0 ? end.stdout.trimEnd() : '';
}

function expand(command: string, name: string): string {
  return command.replaceAll(/%(?<what>.)/gu, (whole, what: string) => {
    if (what === 'p') return `pg_wal/${name}`;
    if (what === 'f') return name;
    return what === '%' ? '%' : whole;
  });
}

/** Archives each segment that waits for it, as the server would have; stops at the first one that fails. */
export async function archiveReadyWal(
  place: MemberPlace,
  log: LogPort,
  signal?: AbortSignal,
): Promise<void> {
  const ready = await statusFiles(place, '.ready');
  if (ready.length === 0) return;
  if (!['on', 'always'].includes(await configuredValue(place, 'archive_mode'))) return;
  const command = await configuredValue(place, 'archive_command');
  if (command === '') return;
  for (const status of ready) {
    const name = status.slice(0, -'.ready'.length);
    if (!isSegmentName(name)) continue;
    // A command of PostgreSQL's configuration is written for a shell, and for this directory.
    const end = await runCommandGroup({
      file: '/bin/sh',
      args: ['-c', `cd "$0" || exit 1\n${expand(command, name)}`, place.dataDirectory],
      as: place.identity,
      environment: childEnvironment(),
      signal,
    });
    const failure = failureOf(end);
    if (failure !== null) {
      log.warning(`Failed to archive WAL segment ${name}: archive_command ${failure}`);
      return;
    }
    const path = join(statusDirectory(place), name);
    await rename(`${path}.ready`, `${path}.done`);
  }
}

/** Forgets what was archived: only then the server keeps those segments instead of removing them. */
export async function forgetArchived(place: MemberPlace): Promise<void> {
  for (const name of await statusFiles(place, '.done')) {
    await unlink(join(statusDirectory(place), name)).catch(() => undefined);
  }
}
