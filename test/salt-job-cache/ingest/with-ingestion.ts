// An ingestion on a real database, fed by a bus stand-in; all of it gone with the test.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#adapters/system/clock.ts';
import { systemClock, delay } from '#adapters/system/clock.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import { Ingestion } from '#salt-job-cache/src/ingest/ingestion.ts';
import { Problems } from '#salt-job-cache/src/service/problems.ts';
import type { IngestConfig, RowMode } from '#salt-job-cache/src/service/service-config.ts';
import { BusStandIn } from './bus-stand-in.ts';

export interface Directory extends AsyncDisposable {
  readonly path: string;
}

export async function withDirectory(): Promise<Directory> {
  const path = await mkdtemp(join(tmpdir(), 'ingest-'));
  return {
    path,
    [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Waits for a condition, and tells what was seen last where it never comes. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (seen: T) => boolean,
  withinMs = 30_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) {
      throw new Error(
        `${what} did not come within ${withinMs} ms; seen last: ${JSON.stringify(seen)}`,
      );
    }
    await delay(20);
  }
}

export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly message: string;
}

export interface Running extends AsyncDisposable {
  readonly bus: BusStandIn;
  readonly ingestion: Ingestion;
  readonly problems: Problems;
  readonly lines: readonly Line[];
  readonly config: IngestConfig;
  stop(graceMs?: number): Promise<void>;
}

export interface IngestionSetting {
  readonly directory: string;
  readonly conninfo: string;
  readonly mode?: RowMode;
  readonly config?: Partial<IngestConfig>;
  /** The machine's own where none is given. */
  readonly clock?: Clock;
  /** False where a real Salt master publishes. */
  readonly hasBus?: boolean;
}

export async function startIngestion(setting: IngestionSetting): Promise<Running> {
  const { directory, conninfo, mode = 'default', clock = systemClock } = setting;
  const config: IngestConfig = {
    socket: join(directory, 'pub.ipc'),
    spool: join(directory, 'spool'),
    spoolLimitBytes: 256 * 1024 * 1024,
    events: null,
    ...setting.config,
  };
  const bus = new BusStandIn(config.socket);
  if (setting.hasBus !== false) await bus.start();
  const lines: Line[] = [];
  const note = (level: Line['level']) => (facts: object, message: string) => {
    lines.push({ level, facts, message });
  };
  const problems = new Problems(Date.now, { began: () => undefined, ended: () => undefined });
  const database: Database = await openDatabase(targetOf(conninfo), {
    whenAway: 'later',
    connections: 2,
  });
  const log = { info: note('info'), warn: note('warn'), error: note('error') };
  const options = { config, mode, masterId: 'host_master', clock, problems, log };
  const ingestion = await Ingestion.start(options, database);
  ingestion.failed.catch((error: unknown) => note('error')({ error }, `failed: ${String(error)}`));
  let isStopped = false;
  const stop = async (graceMs = 10_000): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await ingestion.stop(graceMs, async () => database[Symbol.asyncDispose]());
    await database[Symbol.asyncDispose]();
    await bus.stop();
  };
  return {
    bus,
    ingestion,
    problems,
    lines,
    config,
    stop,
    [Symbol.asyncDispose]: async () => stop(0),
  };
}
