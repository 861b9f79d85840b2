// The options of a cluster.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frozenClusterProblems } from '#hooks/cluster-settings.ts';
import { type ConfigValues, readSettings } from '#hooks/settings.ts';

const usable: ConfigValues = {
  version: '',
  port: 5432,
  locale: 'C.UTF-8',
  'max-connections': 100,
  'relation-database-privileges': 'ALL',
};

test('without endpoints there is no cluster, and its other options are looked at all the same', () => {
  assert.equal(Object.hasOwn(readSettings(usable).settings, 'cluster'), false);
  const { problems } = readSettings({ ...usable, ttl: 1 });
  assert.match(problems[0] ?? '', /Cannot use ttl 1: set it to a whole number from 5 to 3600/);
});

test('endpoints are read with and without protocol, port and brackets', () => {
  const read = (text: string) => readSettings({ ...usable, 'etcd-endpoints': text });

  assert.deepEqual(read('10.0.0.5, etcd-1.example:2380\n[::1]:4').settings.cluster?.etcd, {
    protocol: 'http',
    endpoints: [
      { host: '10.0.0.5', port: 2379 },
      { host: 'etcd-1.example', port: 2380 },
      { host: '::1', port: 4 },
    ],
  });
  assert.equal(read('https://a,https://b/').settings.cluster?.etcd.protocol, 'https');
  for (const wrong of ['a:b', 'http://', 'ftp://a', 'a:70000', 'a b:c', 'a/b']) {
    assert.match(read(wrong).problems[0] ?? '', /^Cannot use etcd-endpoints/, wrong);
  }
  assert.match(read('https://a,b').problems[0] ?? '', /some are http and some https/);
});

test('each option that can not be used is named with what would be right', () => {
  const cases: readonly (readonly [string, string | number, RegExp])[] = [
    ['loop-wait', 0, /loop-wait 0: set it to a whole number from 1 to 600/],
    ['retry-timeout', 1, /retry-timeout 1: set it to a whole number from 2 to 600/],
    ['synchronous-mode', 'strict', /"strict": choose from off, on, quorum/],
    ['maximum-lag-on-failover', -1, /maximum-lag-on-failover -1/],
    ['cluster-name', 'a/b', /cluster-name "a\/b": give up to 63 letters/],
    ['api-port', 0, /api-port 0/],
    ['ttl', 29, /ttl 29: loop-wait and twice retry-timeout are 30 together/],
  ];
  for (const [key, value, expected] of cases) {
    const { problems } = readSettings({ ...usable, [key]: value });
    assert.equal(problems.length, 1, `${key}=${value}`);
    assert.match(problems[0] ?? '', expected);
  }
});

test('no value whatever makes reading the options throw, and what is read keeps the rule of the three', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(value, value, value, value, (endpoints, ttl, loop, retry) => {
      const { settings, problems } = readSettings({
        ...usable,
        'etcd-endpoints': endpoints,
        ttl,
        'loop-wait': loop,
        'retry-timeout': retry,
      });
      if (problems.length > 0 || settings.cluster === undefined) return;
      const { ttlSeconds, loopWaitSeconds, retryTimeoutSeconds } = settings.cluster;
      assert.ok(ttlSeconds >= loopWaitSeconds + 2 * retryTimeoutSeconds);
    }),
  );
});

test('a cluster stays one, and keeps its name', () => {
  const { cluster } = readSettings({ ...usable, 'etcd-endpoints': 'a' }).settings;
  assert.ok(cluster);

  assert.deepEqual(frozenClusterProblems(cluster, undefined), []);
  assert.match(
    frozenClusterProblems(undefined, cluster)[0] ?? '',
    /Cannot take etcd-endpoints away/,
  );
  assert.match(
    frozenClusterProblems({ ...cluster, name: 'b' }, cluster)[0] ?? '',
    /Cannot change cluster-name/,
  );
  const moved = { ...cluster, etcd: { ...cluster.etcd, endpoints: [{ host: 'b', port: 1 }] } };
  assert.deepEqual(frozenClusterProblems(moved, cluster), [], 'etcd may move');
});
