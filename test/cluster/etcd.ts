// The etcd of a cluster: the tests' own server, looked into with Debian's etcdctl, so that no code of ours is
// between a scenario and the keys.

import assert from 'node:assert/strict';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import type { TestEtcd } from '../with-etcd.ts';

export interface ClusterEtcd extends TestEtcd {
  /** Runs etcdctl and gives what it printed. @throws where it fails */
  ctl(...args: readonly string[]): Promise<string>;
  /** The value of a key; null where it is not there. */
  get(key: string): Promise<string | null>;
}

export function withEtcdctl(server: TestEtcd): ClusterEtcd {
  const { endpoint } = server;
  const ctl = async (...args: readonly string[]): Promise<string> => {
    const result = await runProgram({
      file: 'etcdctl',
      args: [`--endpoints=${endpoint}`, ...args],
      timeoutMs: 10_000,
      environment: { ETCDCTL_API: '3' },
    });
    const failure = `${result.stderr}${result.failure}`;
    assert.equal(result.exitCode, 0, `etcdctl ${args.join(' ')}: ${failure}`);
    return result.stdout;
  };
  return {
    host: server.host,
    port: server.port,
    endpoint,
    url: server.url,
    stop: async () => server.stop(),
    start: async () => server.start(),
    wipe: () => server.wipe(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    ctl,
    get: async (key) => {
      const value = await ctl('get', key, '--print-value-only');
      return value === '' ? null : value;
    },
  };
}
