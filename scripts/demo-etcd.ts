// An etcd for `npm start -- --units N`: a real server of one member on loopback, with data that go with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installTools } from './install-tools.ts';

const host = '127.0.0.1';
const startTimeoutMs = 30_000;

export interface DemoEtcd {
  /** `host:port`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) });
    return ((await answer.json()) as { readonly health?: string }).health === 'true';
  } catch {
    return false;
  }
}

async function untilHealthy(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`etcd did not start on ${url}: run 'etcd' by hand to see why`);
    }
    await delay(50);
  }
}

/** Installs etcd where it is missing and may be, and starts one. @throws Error with one sentence */
export async function startEtcd(): Promise<DemoEtcd> {
  const missing = installTools(undefined, ['etcd']);
  if (missing !== null) throw new Error(missing);
  const directory = await mkdtemp(join(tmpdir(), 'etcd-'));
  const client = `http://${host}:${await freePort()}`;
  const peer = `http://${host}:${await freePort()}`;
  const child = spawn(
    'etcd',
    [
      `--data-dir=${directory}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--log-level=error',
    ],
    // A group of its own: Ctrl-C takes the cluster down first, and etcd after it.
    { stdio: 'ignore', detached: true },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      kill();
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await once(child, 'spawn');
    await untilHealthy(child, client);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: client.replace('http://', ''), stop };
}
