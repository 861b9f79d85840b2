// Status codes of every check, by what the member is and what it knows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { lsnOf } from '#core/postgres/lsn.ts';
import type { ApiView } from '#core/rest/api-view.ts';
import { healthCode, livenessCode, readinessCode } from '#core/rest/health.ts';
import {
  anyView,
  clusterWith,
  configOf,
  primary,
  standby,
  standbyFacts,
  standbyLeader,
  standbySql,
  syncWith,
  tagsOf,
} from './views.ts';

function query(text = ''): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(text));
}

function code(path: string, view: ApiView): number {
  const [name = '', parameters = ''] = path.split('?');
  return healthCode(name, query(parameters), view);
}

const sync: ApiView = {
  ...standby,
  config: configOf({ synchronous_mode: true }),
  cluster: clusterWith({ sync: syncWith('postgres-0', 'Postgres-1') }),
};
const quorum: ApiView = { ...sync, config: configOf({ synchronous_mode: 'quorum' }) };
const silent: ApiView = { ...standby, facts: { ...standbyFacts, sql: null } };
const demoted: ApiView = { ...primary, isLeader: false };
/** The lock is ours, the promotion is not done. */
const promoting: ApiView = { ...standby, isLeader: true };
const stopped: ApiView = {
  ...standby,
  facts: { ...standbyFacts, sql: null, state: 'stopped', isRunning: false },
};
const blind: ApiView = { ...sync, cluster: null };

const columns = [
  primary,
  standby,
  standbyLeader,
  sync,
  quorum,
  silent,
  demoted,
  promoting,
  stopped,
  blind,
];

/** One letter for each of the columns: a plus for 200. */
const table: readonly (readonly [string, string])[] = [
  //                       p s S y q - d P 0 b
  ['/', '+ . . . . . . . . .'],
  ['/primary', '+ . . . . . . . . .'],
  ['/master', '+ . . . . . . . . .'],
  ['/read-write', '+ . . . . . . . . .'],
  ['/v1/master/check', '+ . . . . . . . . .'],
  ['/leader', '+ . + . . . . + . .'],
  ['/standby-leader', '. . + . . . . . . .'],
  ['/standby_leader', '. . + . . . . . . .'],
  ['/replica', '. + . + + . . + . +'],
  ['/read-only', '+ + + + + . . + . +'],
  ['/synchronous', '. . . + . . . . . .'],
  ['/sync', '. . . + . . . . . .'],
  ['/quorum', '. . . . + . . . . .'],
  ['/asynchronous', '. + . . . . . + . .'],
  ['/async', '. + . . . . . + . .'],
  ['/read-only-sync', '+ . + + . . . . . .'],
  ['/read-only-synchronous', '+ . + + . . . . . .'],
  ['/read-only-quorum', '+ . + . + . . . . .'],
  ['/health', '+ + + + + . + + . +'],
  ['/sync/', '. . . . . . . . . .'],
  ['/nothing', '. . . . . . . . . .'],
];

for (const [path, expected] of table) {
  test(`${path} answers each kind of member as it should`, () => {
    const found = columns.map((view) => (code(path, view) === 200 ? '+' : '.'));
    assert.equal(found.join(' '), expected);
  });
}

test('paused without a view of the cluster, what the server is decides', () => {
  const paused = { config: configOf({ pause: true }), cluster: null, isLeader: false };
  assert.equal(code('/primary', { ...primary, ...paused }), 200);
  assert.equal(code('/leader', { ...primary, ...paused }), 200);
  assert.equal(code('/replica', { ...standby, ...paused }), 200);
  assert.equal(code('/primary', { ...standby, ...paused }), 503);
  assert.equal(code('/primary', { ...primary, ...paused, cluster: clusterWith() }), 503);
});

test('a promotion counts as soon as the agent has seen its end, before the next look at the server', () => {
  const promoted = { ...promoting, facts: { ...standbyFacts, role: 'primary' as const } };
  assert.equal(code('/primary', promoted), 200);
  assert.equal(code('/replica', promoted), 503);
});

test('a standby that is too far behind is none; a unit counts, and nonsense is no limit', () => {
  const behind = clusterWith({
    status: { lastLsn: lsnOf(67_419_584 + 16_384), slots: {}, retainSlots: [] },
  });
  const view = { ...standby, cluster: behind };
  for (const [lag, expected] of [
    ['16384', 200],
    ['16383', 503],
    ['16kB', 200],
    ['15kB', 503],
    ['1MB', 200],
    ['0', 503],
    ['much', 200],
    ['', 200],
  ] as const) {
    assert.equal(code(`/replica?lag=${lag}`, view), expected, lag);
    assert.equal(code(`/read-only?lag=${lag}`, view), expected, lag);
    assert.equal(code(`/async?lag=${lag}`, view), expected, lag);
  }
  assert.equal(code('/replica', view), 200);
  assert.equal(code('/primary?lag=0', { ...primary, cluster: behind }), 200);
});

test('the position the walreceiver heard of counts where it is ahead of the published one', () => {
  const sql = { ...standbySql, latestEndLsn: lsnOf(70_000_000) };
  const view = { ...standby, facts: { ...standbyFacts, sql } };
  assert.equal(code('/replica?lag=1MB', view), 503);
  assert.equal(code('/replica?lag=1MB', { ...view, cluster: null }), 503);
});

test('replication_state and tags of the query filter replicas, and never the leader', () => {
  const tagged = { ...standby, tags: tagsOf({ zone: 'a', fast: true, weight: 3 }) };
  assert.equal(code('/replica?replication_state=streaming', tagged), 200);
  assert.equal(code('/replica?replication_state=in%20archive%20recovery', tagged), 503);
  assert.equal(code('/replica?tag_zone=a&tag_fast=true&tag_weight=3', tagged), 200);
  assert.equal(code('/replica?tag_zone=b', tagged), 503);
  assert.equal(code('/replica?tag_fast=True', tagged), 503);
  assert.equal(code('/replica?tag_none=a', tagged), 503);
  assert.equal(code('/replica?tag_constructor=a', tagged), 503);
  assert.equal(code('/health?tag_zone=b', tagged), 503);
  assert.equal(code('/read-only?tag_zone=a', primary), 503);
  assert.equal(code('/primary?tag_zone=a', primary), 200);
  assert.equal(code('/leader?tag_zone=a', primary), 200);
});

test('noloadbalance keeps replicas out of the balance', () => {
  const view = { ...standby, tags: tagsOf({ noloadbalance: true }) };
  assert.equal(code('/replica', view), 503);
  assert.equal(code('/read-only', view), 503);
  assert.equal(code('/health', view), 200);
  assert.equal(code('/leader', { ...primary, tags: view.tags }), 200);
});

test('a loop that is late is not alive: after ttl on a primary, after twice that elsewhere', () => {
  assert.equal(livenessCode(primary, 11_000 + 29_999), 200);
  assert.equal(livenessCode(primary, 11_000 + 30_000), 503);
  assert.equal(livenessCode(standby, 11_000 + 59_999), 200);
  assert.equal(livenessCode(standby, 11_000 + 60_000), 503);
  assert.equal(livenessCode({ ...primary, config: configOf({ pause: true }) }, 1e9), 200);
});

test('ready is the leader, and a standby that streams and is near enough', () => {
  const ready = (text: string, view: ApiView): number => readinessCode(view, query(text));
  assert.equal(ready('', primary), 200);
  assert.equal(ready('', standbyLeader), 200);
  assert.equal(ready('', demoted), 503);
  assert.equal(ready('', standby), 200);
  assert.equal(ready('', silent), 503);
  assert.equal(ready('', stopped), 503);
  const archive = { ...standbySql, receiverState: null, restoreCommand: 'cp' };
  assert.equal(ready('', { ...standby, facts: { ...standbyFacts, sql: archive } }), 503);

  const replayLsn = lsnOf(67_419_584 - 1_048_577);
  const slow = { ...standby, facts: { ...standbyFacts, sql: { ...standbySql, replayLsn } } };
  assert.equal(ready('', slow), 503);
  assert.equal(ready('mode=apply', slow), 503);
  assert.equal(ready('mode=write', slow), 200);
  assert.equal(ready('lag=2MB', slow), 200);
});

test('ready without any word of the leader only while failsafe is active', () => {
  const sql = { ...standbySql, latestEndLsn: null };
  const view = { ...standby, cluster: null, facts: { ...standbyFacts, sql } };
  assert.equal(readinessCode(view, query()), 503);
  assert.equal(readinessCode({ ...view, isFailsafeActive: true }, query()), 200);
  assert.equal(readinessCode({ ...standby, cluster: null }, query()), 200);
});

test('no member is a primary and a replica to load balancers at the same time', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const [asPrimary, asReplica] = [code('/primary', view), code('/replica', view)];
      assert.ok(asPrimary !== 200 || asReplica !== 200);
      if (asPrimary === 200) assert.equal(code('/leader', view), 200);
      if (asPrimary === 200 || asReplica === 200) assert.equal(code('/read-only', view), 200);
      assert.ok(code('/standby-leader', view) === 503 || asPrimary === 503);
    }),
  );
});

test('a replica is synchronous, of the quorum, or neither, whenever the cluster is known', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const kinds = ['/sync', '/quorum', '/async'].filter((path) => code(path, view) === 200);
      const isReplica = code('/replica', view) === 200 && view.cluster !== null;
      assert.equal(kinds.length, isReplica ? 1 : 0);
    }),
  );
});
