// What the ingestion service takes: returns come over an event bus for a minute, at an even pace or as fast as they
// are stored; then it is looked whether everything that came is in the tables, once.

import { execa } from 'execa';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type IngestStatus,
  parseServiceStatus,
} from '#salt-job-cache/src/service/service-status.ts';
import { summarise } from '../measure/statistics.ts';
import type { SourceAnswer, SourceRequest } from './event-source.ts';
import type { JobCacheServer } from './job-cache-server.ts';

export interface Ingestion {
  /** Returns a second. */
  readonly publishedPerSecond: number;
  readonly storedPerSecond: number;
  /** Returns that were published and that the spool, being full, did not take. */
  readonly lost: number;
  /** Age of the oldest return that was not stored yet when the time was up, s. */
  readonly lagSeconds: number;
  /** Of the service, MB: median of the first and of the last quarter of the time. */
  readonly rssMbEarly: number;
  readonly rssMbLate: number;
  /** Of the service, percent of one processor. */
  readonly cpuPercent: number;
  /** Load of the machine over the last minute, when it began and when it ended. */
  readonly load: readonly [number, number];
}

const program = fileURLToPath(new URL('../../bin/salt-job-cache.ts', import.meta.url));
const sourceProgram = fileURLToPath(new URL('event-source.ts', import.meta.url));
/** By then the runtime has the memory it works with. */
const warmUpMs = 20_000;
const sampleMs = 1000;
/** What an unpaced minute leaves on the spool takes its time. */
const drainMs = 180_000;
/** So many returns are on their way where there is no pace: more than are stored between two looks at the status. */
const ahead = 400_000;
const lookMs = 250;

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1]) / 1024;
}

/** User and system time of the process so far, in seconds. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function loadNow(): Promise<number> {
  return Number((await readFile('/proc/loadavg', 'utf8')).split(' ')[0]);
}

interface Parts {
  readonly cache: JobCacheServer;
  readonly pid: number;
  readonly ask: (request: SourceRequest) => Promise<SourceAnswer>;
  /** The service's own account, and when it gave it in ms. */
  readonly status: () => Promise<{ readonly ingest: IngestStatus; readonly atMs: number }>;
}

async function until(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${withinMs} ms`);
    await delay(200);
  }
}

/** Everything that came over the bus has to be in the tables, once, but what was counted as lost. */
async function checkAll({ cache, ask, status }: Parts): Promise<{ readonly lost: number }> {
  const { published } = await ask({ ask: 'end' });
  let ingest = (await status()).ingest;
  const isAtRest = async (): Promise<boolean> => {
    const before = ingest.received;
    ({ ingest } = await status());
    const taken = ingest.accepted.returns + ingest.lost;
    return ingest.received === before && taken >= published && ingest.waiting === 0;
  };
  await until('the last return', isAtRest, drainMs);
  const [row] = await cache.sql('SELECT count(*) AS rows FROM public.salt_returns');
  const rows = Number(row?.['rows']);
  // What is lost counts messages, and those of jobs among them.
  const lost = published - rows;
  const isWhole = rows === ingest.accepted.returns && rows === ingest.stored.returns;
  if (!isWhole || lost < 0 || lost > ingest.lost) {
    throw new Error(
      `Of ${published} returns ${rows} are in the table: ${JSON.stringify(ingest)}. Some are lost, or there twice`,
    );
  }
  return { lost };
}

/** Keeps returns coming for as long as it is not disposed of. */
async function publish({ ask, status }: Parts, rate: number | null): Promise<AsyncDisposable> {
  const over = new AbortController();
  if (rate !== null) await ask({ ask: 'pace', rate });
  const work = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await ask({ ask: 'reach', returns: (await status()).ingest.stored.returns + ahead });
      await delay(lookMs);
    }
  };
  const working = rate === null ? work() : Promise.resolve();
  // Told when it is disposed of.
  working.catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await working;
    },
  };
}

async function sample(parts: Parts, rate: number | null, seconds: number): Promise<Ingestion> {
  const { pid, ask, status } = parts;
  await using publishing = await publish(parts, rate);
  await delay(warmUpMs);
  const sizes: number[] = [];
  const loadBefore = await loadNow();
  const before = await status();
  const [sent, cpu, begin] = [
    await ask({ ask: 'count' }),
    await cpuSeconds(pid),
    performance.now(),
  ];
  while (performance.now() - begin < seconds * 1000) {
    await delay(sampleMs);
    sizes.push(await rssMb(pid));
  }
  await publishing[Symbol.asyncDispose]();
  const sentAfter = await ask({ ask: 'count' });
  const [cpuAfter, after, took] = [
    await cpuSeconds(pid),
    await status(),
    (performance.now() - begin) / 1000,
  ];
  const load = [loadBefore, await loadNow()] as const;
  const { lost } = await checkAll(parts);
  const stored = after.ingest.stored.returns - before.ingest.stored.returns;
  const quarter = Math.max(1, Math.floor(sizes.length / 4));
  return {
    publishedPerSecond: (sentAfter.published - sent.published) / took,
    storedPerSecond: (stored / (after.atMs - before.atMs)) * 1000,
    lost,
    lagSeconds: after.ingest.lagSeconds,
    rssMbEarly: summarise(sizes.slice(0, quarter)).p50,
    rssMbLate: summarise(sizes.slice(-quarter)).p50,
    cpuPercent: ((cpuAfter - cpu) / took) * 100,
    load,
  };
}

interface Source extends AsyncDisposable {
  readonly ask: (request: SourceRequest) => Promise<SourceAnswer>;
}

async function startSource(socket: string): Promise<Source> {
  const child = fork(sourceProgram, [socket], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  await once(child, 'message');
  let asking: Promise<unknown> = Promise.resolve();
  return {
    async ask(request) {
      // One after the other, as answers do not say what they answer.
      const answer = asking.then(async () => {
        const heard = once(child, 'message');
        child.send(request);
        return ((await heard) as [SourceAnswer])[0];
      });
      asking = answer.catch(() => null);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * @param rate returns a second that are published; null for as many as are stored
 * @throws Error where what was published is not in the table once
 */
export async function measureIngestion(
  cache: JobCacheServer,
  rate: number | null,
  seconds: number,
): Promise<Ingestion> {
  const directory = await mkdtemp(join(tmpdir(), 'job-cache-bench-'));
  const socket = join(directory, 'master_event_pub.ipc');
  const config = join(directory, 'service.json');
  const statusFile = join(directory, 'status.json');
  const content = {
    connection: cache.conninfo,
    masterId: 'bench_master',
    keepJobsSeconds: 0,
    keepJobs: 0,
    keepEventsSeconds: 0,
    partitions: false,
    ingest: { socket, spool: join(directory, 'spool'), spoolLimitBytes: 1_000_000_000 },
    statusFile,
  };
  const status: Parts['status'] = async () => {
    const found = parseServiceStatus(await readFile(statusFile, 'utf8').catch(() => ''));
    if (found?.ingest == null) throw new Error(`${statusFile} tells nothing of ingestion`);
    return { ingest: found.ingest, atMs: Date.parse(found.written) };
  };
  try {
    await writeFile(config, JSON.stringify(content), { mode: 0o600 });
    await using source = await startSource(socket);
    const service = execa(process.execPath, [program, 'serve', '--config', config], {
      stdout: 'ignore',
      stderr: 'inherit',
      reject: false,
      forceKillAfterDelay: 20_000,
    });
    try {
      const { pid } = service;
      if (pid === undefined) throw new Error(`Cannot start ${program}`);
      const isConnected = async (): Promise<boolean> =>
        status().then(
          ({ ingest }) => ingest.connected,
          () => false,
        );
      await until('a connection to the bus', isConnected, 30_000);
      return await sample({ cache, pid, ask: source.ask, status }, rate, seconds);
    } finally {
      service.kill('SIGTERM');
      await service;
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
