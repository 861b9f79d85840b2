// The service as a process of its own, as systemd runs it, and ways to end it.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceConfig } from '#salt-job-cache/src/service/service-config.ts';
import type { ServiceStatus } from '#salt-job-cache/src/service/service-status.ts';
import { parseServiceStatus } from '#salt-job-cache/src/service/service-status.ts';
import { until } from '../ingest/with-ingestion.ts';

const program = fileURLToPath(new URL('../../../bin/salt-job-cache.ts', import.meta.url));

export interface TestService extends AsyncDisposable {
  readonly config: ServiceConfig;
  readonly configFile: string;
  /** What the running process has written to its log. */
  log(): string;
  /** Starts it; resolves once its status file is its own. */
  start(): Promise<void>;
  status(): Promise<ServiceStatus | null>;
  /** Sends a signal, and waits for the end unless it is SIGHUP. */
  signal(name: NodeJS.Signals): Promise<number | null>;
}

export function serviceConfig(
  directory: string,
  connection: string,
  change: Partial<ServiceConfig> = {},
): ServiceConfig {
  return {
    connection,
    masterId: 'host_master',
    keepJobsSeconds: 0,
    keepJobs: 0,
    keepEventsSeconds: 0,
    partitions: false,
    mode: 'default',
    ingest: {
      socket: join(directory, 'pub.ipc'),
      spool: join(directory, 'spool'),
      spoolLimitBytes: 256 * 1024 * 1024,
      events: null,
    },
    statusFile: join(directory, 'status.json'),
    logLevel: 'info',
    ...change,
  };
}

export function withService(directory: string, config: ServiceConfig): TestService {
  const configFile = join(directory, 'service.json');
  let child: ChildProcess | null = null;
  let log = '';
  const status = async (): Promise<ServiceStatus | null> => {
    const text = await readFile(config.statusFile, 'utf8').catch(() => '');
    return parseServiceStatus(text);
  };
  const ended = async (running: ChildProcess): Promise<number | null> => {
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
    return running.exitCode;
  };
  return {
    config,
    configFile,
    log: () => log,
    status,
    async start() {
      await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
      log = '';
      const running = spawn(process.execPath, [program, 'serve', '--config', configFile], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = running;
      running.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
      await until(
        'the status of the service',
        async () => (running.exitCode === null ? status() : `it ended: ${log}`),
        (seen) => typeof seen === 'string' || seen?.pid === running.pid,
      );
      if (running.exitCode !== null) throw new Error(`The service ended: ${log}`);
    },
    async signal(name) {
      const running = child;
      if (running === null) return null;
      running.kill(name);
      return name === 'SIGHUP' ? null : ended(running);
    },
    async [Symbol.asyncDispose]() {
      if (child === null) return;
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
