// The directory everything of one cluster lives in, and the end of everything that lives in it. Whatever
// a member started is found by where it works and by a mark in its environment, so that a postmaster whose
// agent was killed is found too.

import { chown, chmod, mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findIdentity, type Identity } from '#adapters/postgres-server/identity.ts';
import {
  type ProcessEntry,
  readProcessTable,
  signalProcess,
} from '#adapters/system/process-table.ts';
import { within } from './within.ts';

/** Name of the variable that marks what belongs to a cluster; its value is the directory. */
const mark = 'CLUSTER_WORK_DIRECTORY';

export interface WorkDirectory extends AsyncDisposable {
  readonly path: string;
  /** As whom everything in it runs. */
  readonly identity: Identity;
  /** The environment of every process of the cluster; nothing of ours goes into it but PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** What still runs of it. */
  processes(): readonly ProcessEntry[];
}

function belongs(entry: ProcessEntry, path: string): boolean {
  const where = entry.workingDirectory;
  return (
    entry.state !== 'Z' &&
    entry.pid !== process.pid &&
    (where === path ||
      where?.startsWith(`${path}/`) === true ||
      entry.environment.includes(`${mark}=${path}`))
  );
}

function processesOf(path: string): readonly ProcessEntry[] {
  return readProcessTable().filter((entry) => belongs(entry, path));
}

function killAll(path: string): void {
  for (const entry of processesOf(path)) signalProcess(entry, 'SIGKILL');
}

/** Ends with the test's process, however that ends: an interrupted test leaves no cluster behind. */
function endWithProcess(path: string): Disposable {
  const clear = (): void => {
    killAll(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  const leave = (): void => process.exit(130);
  process.on('exit', clear);
  process.on('SIGTERM', leave);
  process.on('SIGHUP', leave);
  return {
    [Symbol.dispose]() {
      process.off('exit', clear);
      process.off('SIGTERM', leave);
      process.off('SIGHUP', leave);
    },
  };
}

async function identityOfServers(): Promise<Identity> {
  const found = await findIdentity(null);
  if (found.kind === 'impossible') {
    throw new Error(`${found.problem.message}. ${found.problem.hint}`);
  }
  return found.identity;
}

/** Makes the directory; disposing of it kills what runs there, proves that nothing does, and removes it. */
export async function workDirectory(): Promise<WorkDirectory> {
  const identity = await identityOfServers();
  const path = await mkdtemp(join(tmpdir(), 'pg-cluster-'));
  await chmod(path, 0o755);
  await chown(path, identity.uid, identity.gid);
  const guard = endWithProcess(path);
  return {
    path,
    identity,
    environment: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: path,
      [mark]: path,
    },
    processes: () => processesOf(path),
    async [Symbol.asyncDispose]() {
      try {
        await within(20, `nothing of the cluster in ${path} runs any more`, () => {
          const left = processesOf(path);
          killAll(path);
          if (left.length === 0) return;
          const names = left.map(({ pid, executable }) => `${pid} (${executable})`);
          throw new Error(`still running: ${names.join(', ')}`);
        });
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
      } finally {
        guard[Symbol.dispose]();
      }
    },
  };
}
