// Which physical slots a member keeps for others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, Role } from '#core/dcs/cluster.ts';
import { memberSlots } from '#core/slots/member-slots.ts';
import { clusterOf, memberOf } from './samples.ts';

const config = { isUsingSlots: true, memberSlotsTtlSeconds: 1800 };

function shown(
  name: string,
  role: Role,
  cluster: Cluster,
  { nofailover = false, ...more }: Partial<typeof config> & { nofailover?: boolean } = {},
): Readonly<Record<string, readonly [number | null, boolean | null]>> {
  const slots = memberSlots({ name, role, tags: { nofailover } }, cluster, { ...config, ...more });
  return Object.fromEntries(
    [...slots].map(([slot, { lsn, isExpectedActive }]) => [
      slot,
      [lsn === null ? null : Number(lsn), isExpectedActive],
    ]),
  );
}

const cascade = clusterOf(
  [
    memberOf('leader'),
    memberOf('test-2', { nostream: true }),
    memberOf('test-3', { replicatefrom: 'test-2' }, 98),
    memberOf('test-4'),
  ],
  'leader',
  { leader: 99, test_2: 98, test_3: 97, test_4: 98 },
);

test('S-18a: a leader and a standby that others stream from keep these', () => {
  assert.deepEqual(shown('leader', 'primary', cascade), {
    test_3: [98, false],
    test_4: [98, true],
  });
  assert.deepEqual(shown('test-2', 'replica', cascade), {
    leader: [99, false],
    test_3: [98, true],
    test_4: [98, false],
  });
});

test('AT-3: every member that may lead has a slot for every other, nofailover only for its own', () => {
  const cluster = clusterOf(
    [
      memberOf('postgres-0'),
      memberOf('postgres-1'),
      memberOf('postgres-2', { nofailover: true }),
      memberOf('postgres-3', { replicatefrom: 'postgres-2' }),
    ],
    'postgres-0',
  );
  const of = (name: string, nofailover = false): readonly string[] =>
    Object.keys(
      shown(name, name === 'postgres-0' ? 'primary' : 'replica', cluster, { nofailover }),
    );
  assert.deepEqual(of('postgres-1'), ['postgres_0', 'postgres_2', 'postgres_3']);
  assert.deepEqual(of('postgres-2', true), ['postgres_3']);
  assert.deepEqual(of('postgres-3'), ['postgres_0', 'postgres_1', 'postgres_2']);
  assert.deepEqual(of('postgres-0'), ['postgres_1', 'postgres_2', 'postgres_3']);
});

test('S-16: without retention only slots that are in use exist', () => {
  const without = { memberSlotsTtlSeconds: 0 };
  assert.deepEqual(Object.keys(shown('leader', 'primary', cascade, without)), ['test_4']);
  assert.deepEqual(Object.keys(shown('test-2', 'replica', cascade, without)), ['test_3']);
});

test('S-14: who follows somebody that does not exist streams from the leader', () => {
  const cluster = clusterOf([memberOf('l'), memberOf('a', { replicatefrom: 'gone' })], 'l');
  assert.deepEqual(shown('l', 'primary', cluster), { a: [null, true] });
});

test('S-17: positions of members are used where the leader is an agent before 4.0', () => {
  const old = { ...memberOf('l'), version: '3.0.2' };
  const cluster = clusterOf([old, memberOf('a', {}, 98)], 'l', { a: 7 });
  assert.deepEqual(shown('l', 'primary', cluster), { a: [98, true] });
});

test('S-18: slots of members that are away are retained, but not our own and not by nofailover', () => {
  const cluster = clusterOf([memberOf('l'), memberOf('a')], 'l', {}, ['a', 'gone', 'l']);
  assert.deepEqual(shown('l', 'primary', cluster), { a: [null, true], gone: [null, null] });
  assert.deepEqual(shown('a', 'replica', cluster, { nofailover: true }), {});
});

test('S-12: without slots there are none', () => {
  assert.deepEqual(shown('leader', 'primary', cascade, { isUsingSlots: false }), {});
});

test('INV-6: no member keeps a slot of its own name, even for another that shares it', () => {
  const cluster = clusterOf([memberOf('a-1'), memberOf('a.1')], 'a-1');
  assert.deepEqual(shown('a-1', 'primary', cluster), {});
});
