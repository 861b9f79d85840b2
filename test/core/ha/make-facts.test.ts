// What an agent tells its machine: the cluster as it is, and each thing that is wrong in one sentence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactsInputs } from '#core/ha/make-facts.ts';
import { makeFacts } from '#core/ha/make-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Changes } from './worlds.ts';
import {
  cluster,
  leader,
  member,
  primaryMember,
  standby,
  stopped,
  sync,
  systemId,
} from './worlds.ts';

function facts(changes: Changes = {}, more: Partial<FactsInputs> = {}, of = standby) {
  const { me, postgres, config, dcs } = of(changes);
  return makeFacts({
    name: me.name,
    scope: 'main',
    config,
    cluster: dcs.kind === 'cluster' ? dcs.cluster : null,
    isStoreReachable: true,
    postgres,
    rule: 1099,
    message: 'no action',
    ...more,
  });
}

test('a healthy standby has no problem, and tells of everybody', () => {
  const found = facts({ cluster: { sync: sync('a', ['B']) } });
  assert.deepEqual(found.problems, []);
  assert.equal(found.leader, 'a');
  assert.equal(found.systemId, systemId);
  assert.equal(found.lagBytes, 0);
  assert.deepEqual(found.members[1], {
    name: 'b',
    role: 'replica',
    state: 'streaming',
    host: '10.0.0.2',
    port: 5432,
    timeline: 1,
    lagBytes: 0,
    isSynchronous: true,
  });
  assert.deepEqual([found.rule, found.why], ['1099', 'no action']);
});

test('a leader does not lag behind itself', () => {
  const found = facts(
    { cluster: { status: { lastLsn: lsnOf(9999), slots: {}, retainSlots: [] } } },
    {},
    leader,
  );
  assert.equal(found.lagBytes, 0);
  assert.equal(found.members[0]?.lagBytes, 0);
  assert.equal(found.members[1]?.lagBytes, 8999);
});

test('without the store nobody is called the leader', () => {
  const found = facts({}, { isStoreReachable: false });
  assert.equal(found.leader, null);
  assert.match(found.problems.join('\n'), /store does not answer: look at etcd/u);
});

test('nothing is known yet, and that is no error', () => {
  const found = facts({ postgres: stopped }, { cluster: null });
  assert.deepEqual(found.members, []);
  assert.equal(found.lagBytes, null);
});

const wrong: readonly (readonly [string, () => readonly string[], RegExp])[] = [
  [
    'nobody leads',
    () => facts({ cluster: { ...cluster(null) } }).problems,
    /^Nobody leads: writes wait until a member is elected$/mu,
  ],
  [
    'there is no cluster yet',
    () => facts({ cluster: { ...cluster(null), initialize: '' } }).problems,
    /^There is no cluster yet/mu,
  ],
  [
    'a member is down',
    () =>
      facts({
        cluster: cluster('a', {
          members: [member('a', primaryMember), member('b'), member('c', { state: 'stopped' })],
        }),
      }).problems,
    /^Member c is stopped: look at its agent's log$/mu,
  ],
  [
    'management is paused',
    () => facts({ config: { pause: true } }).problems,
    /^Management is paused/mu,
  ],
  [
    'a standby does not stream',
    () => facts({ sql: { receiverState: null } }).problems,
    /^Does not stream from a: no action$/mu,
  ],
  [
    'a standby lags too far',
    () =>
      facts({
        cluster: { status: { lastLsn: lsnOf(5_000_000), slots: {}, retainSlots: [] } },
      }).problems,
    /^4999000 bytes behind the leader, too far to take over/mu,
  ],
  [
    'a start failed',
    () => facts({ postgres: { ...stopped, state: 'start failed' } }).problems,
    /^PostgreSQL of b is start failed/mu,
  ],
  [
    'parameters wait for a restart',
    () =>
      facts({
        postgres: {
          pendingRestart: {
            wal_level: { old_value: 'a', new_value: 'b' },
            max_connections: { old_value: '1', new_value: '2' },
          },
        },
      }).problems,
    /^Parameters wait for a restart: max_connections, wal_level$/mu,
  ],
];

for (const [what, problems, words] of wrong) {
  test(`it is said when ${what}`, () => assert.match(problems().join('\n'), words));
}

test('a standby that reads an archive is not told to stream', () => {
  const archived = { receiverState: null, restoreCommand: 'cp' } as const;
  assert.deepEqual(facts({ sql: archived }).problems, []);
});
