// Ends a test's PostgreSQL as a power cut ends it, as far as processes go, and starts it again.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { until } from '../ingest/with-ingestion.ts';

async function parentOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name of a program may contain anything, so what follows the last parenthesis counts.
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(Number);
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => parents[index] === parent);
}

async function isAlive(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text !== null && !/\) Z /u.test(text);
}

/** SIGKILL for every process of the server. */
export async function crashServer(server: TestServer): Promise<void> {
  const file = await readFile(join(server.dataDirectory, 'postmaster.pid'), 'utf8');
  const postmaster = Number(file.split('\n')[0]);
  // Stopped it starts no other process while we look for those it has.
  process.kill(postmaster, 'SIGSTOP');
  const children = await childrenOf(postmaster);
  const all = [postmaster, ...children];
  for (const pid of all) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  await until(
    'the end of the server',
    async () => Promise.all(all.map(isAlive)),
    (alive) => alive.every((each) => !each),
  );
}

export async function startCrashedServer(server: TestServer): Promise<void> {
  const { binDirectory, dataDirectory, socketDirectory, identity } = server;
  // Where nobody buries dead processes their lock files look as if they lived.
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
  await rm(join(socketDirectory, `.s.PGSQL.${server.port}.lock`), { force: true });
  const result = await runProgram({
    file: join(binDirectory, 'pg_ctl'),
    args: ['-D', dataDirectory, '-w', '-t', '60', '-l', join(socketDirectory, 'log'), 'start'],
    as: identity,
    timeoutMs: 70_000,
  });
  if (result.exitCode !== 0) {
    const log = await readFile(join(socketDirectory, 'log'), 'utf8').catch(() => '');
    throw new Error(`pg_ctl: ${result.stderr || result.failure}: ${log.slice(-1000)}`);
  }
}
