// The machine's clock and a log that is kept, for tests of what talks to an etcd.

import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';

import { createEtcdDcs } from '#adapters/etcd/create-etcd-dcs.ts';
import type { EtcdDcsOptions } from '#adapters/etcd/create-etcd-dcs.ts';
import type { EtcdDcs } from '#adapters/etcd/etcd-dcs.ts';
import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { DcsError } from '#adapters/ports/dcs.ts';
import { delay, systemClock } from '#adapters/system/clock.ts';
import type { EtcdConfig, HostPort } from '#core/config/patroni/agent-config.ts';

export const testClock: ClockPort = {
  now: () => systemClock.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, task) => systemClock.after(delayMs, task),
  delay,
};

export class KeptLog implements LogPort {
  readonly lines: string[] = [];
  debug(message: string): void {
    this.lines.push(message);
  }
  info(message: string): void {
    this.lines.push(message);
  }
  warning(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
  critical(message: string): void {
    this.lines.push(message);
  }
}

export function configOf(hosts: readonly HostPort[], more: Partial<EtcdConfig> = {}): EtcdConfig {
  return {
    hosts,
    protocol: 'http',
    isUsingProxies: false,
    srv: null,
    srvSuffix: null,
    username: null,
    password: null,
    cacert: null,
    cert: null,
    key: null,
    ...more,
  };
}

/** The store as the member sees it, with short times. */
export function dcsOf(
  hosts: readonly HostPort[],
  name: string,
  more: Partial<EtcdDcsOptions> = {},
): EtcdDcs {
  return createEtcdDcs({
    config: configOf(hosts),
    namespace: 'service',
    scope: 'batman',
    name,
    ttlSeconds: 20,
    retryTimeoutSeconds: 3,
    clock: testClock,
    log: new KeptLog(),
    ...more,
  });
}

/** Waits for a condition; fails with what was seen last. */
export async function until<Seen>(
  look: () => Seen | Promise<Seen>,
  isRight: (seen: Seen) => boolean,
  timeoutMs = 15_000,
): Promise<Seen> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (isRight(seen)) return seen;
    assert.ok(performance.now() < deadline, `not within ${timeoutMs} ms; seen last: ${show(seen)}`);
    await delay(20);
  }
}

function show(seen: unknown): string {
  return JSON.stringify(seen, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** The `DcsError` a call ends with, and how long it took. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ readonly error: DcsError; readonly tookMs: number }> {
  const begin = performance.now();
  const error = await call.then(
    () => assert.fail('the call went well'),
    (reason: unknown) => reason as Error,
  );
  assert.equal(error.name, 'DcsError', error.stack);
  return { error: error as DcsError, tookMs: performance.now() - begin };
}
