// A bracket for tests that need an etcd: a real server of its own on loopback, and afterwards no trace of it.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { delay } from '#adapters/system/clock.ts';
import { stopProcess } from './stopped-process.ts';

/** Longest wait for a server that starts, milliseconds. */
const startTimeoutMs = 30_000;

export interface TestEtcd {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as in a configuration file. */
  readonly endpoint: string;
  readonly url: string;
  /** Ends it as a crash would; its data stay. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with what data there are. */
  start(): Promise<void>;
  /** Takes its data away; it must be stopped. */
  wipe(): void;
  /** It answers nothing from now on, while connections to it still succeed. */
  freeze(): void;
  thaw(): void;
}

/** Runs `body` with a fresh etcd of a single member; `host` may be another address of loopback. */
export async function withEtcd(
  body: (etcd: TestEtcd) => Promise<void>,
  host = '127.0.0.1',
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'etcd-'));
  const server = new EtcdServer(directory, host);
  // Also when the run is cut off: a child must not outlive it.
  const end = (): void => server.kill();
  process.once('exit', end);
  try {
    await server.startOnFreePorts();
    await body(server);
  } finally {
    await server.stop();
    process.off('exit', end);
    rmSync(directory, { recursive: true, force: true });
  }
}

class EtcdServer implements TestEtcd {
  readonly host: string;
  readonly #directory: string;
  #ports: readonly [number, number] = [0, 0];
  #child: ChildProcess | null = null;

  constructor(directory: string, host: string) {
    this.#directory = directory;
    this.host = host;
  }

  get port(): number {
    return this.#ports[0];
  }

  get endpoint(): string {
    return `${this.host}:${this.port}`;
  }

  get url(): string {
    return `http://${this.endpoint}`;
  }

  /** Another program may take a port between its choice and the start; then others are chosen. */
  async startOnFreePorts(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#ports = await freePorts(this.host);
      try {
        await this.start();
        return;
      } catch (error) {
        if (attempt === 5 || !/address already in use/u.test(String(error))) throw error;
        await this.stop();
        this.wipe();
      }
    }
  }

  async start(): Promise<void> {
    assert.equal(this.#child, null, 'it is stopped');
    const peer = `http://${this.host}:${this.#ports[1]}`;
    const flags = {
      'data-dir': join(this.#directory, 'data'),
      'listen-client-urls': this.url,
      'advertise-client-urls': this.url,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      // Short, so that leases may be short too and a start does not take a second.
      'heartbeat-interval': '20',
      'election-timeout': '200',
      'log-level': 'error',
      logger: 'zap',
    };
    const log = openSync(this.#logFile, 'w');
    this.#child = spawn(
      'etcd',
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['ignore', log, log], cwd: this.#directory },
    );
    closeSync(log);
    await once(this.#child, 'spawn');
    await this.#untilHealthy(this.#child);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  wipe(): void {
    assert.equal(this.#child, null, 'it is stopped');
    rmSync(join(this.#directory, 'data'), { recursive: true, force: true });
  }

  freeze(): void {
    const pid = this.#child?.pid;
    assert.ok(pid !== undefined, 'it runs');
    stopProcess(pid);
  }

  thaw(): void {
    assert.equal(this.#child?.kill('SIGCONT'), true, 'it runs');
  }

  get #logFile(): string {
    return join(this.#directory, 'log');
  }

  async #untilHealthy(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while (!(await this.#isHealthy())) {
      const log = readFileSync(this.#logFile, 'utf8').slice(-2000);
      assert.ok(!hasEnded(child), `etcd ended while it started: ${log}`);
      assert.ok(Date.now() < deadline, `etcd was not healthy in ${startTimeoutMs} ms: ${log}`);
      await delay(20);
    }
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2000) });
      return ((await answer.json()) as { readonly health?: string }).health === 'true';
    } catch {
      return false;
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Two ports nobody listens on, held both at once so that they differ. */
async function freePorts(host: string): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, host);
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  const [client = 0, peer = 0] = ports;
  return [client, peer];
}
