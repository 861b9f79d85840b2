// What a leader publishes about slots, and how long members that are away keep theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { RetainTable } from '#core/slots/retain-slots.ts';
import { publishedSlots, retainSlots } from '#core/slots/retain-slots.ts';
import { clusterOf, memberOf, slotOf } from './samples.ts';

const config = { memberSlotsTtlSeconds: 1800, permanentSlots: {} };
const rows = [
  slotOf('postgres_1', 50),
  slotOf('gone', 40),
  slotOf('fresh', null),
  slotOf('logical', 30, { type: 'logical' }),
];

test('S-34: positions of slots are published, and our own under the name it has elsewhere', () => {
  assert.deepEqual(publishedSlots('postgres-0', rows, lsnOf(99), config), {
    postgres_1: 50n,
    gone: 40n,
    postgres_0: 99n,
  });
});

test('S-61: without retention only permanent slots are published', () => {
  const without = { memberSlotsTtlSeconds: 0, permanentSlots: { gone: {} } };
  assert.deepEqual(publishedSlots('postgres-0', rows, lsnOf(99), without), { gone: 40n });
});

const members = [
  memberOf('postgres-0'),
  memberOf('postgres-1'),
  memberOf('quiet', { nostream: true }),
];

function retained(
  table: RetainTable,
  nowMs: number,
  published: readonly string[],
  status: readonly string[] = [],
  present = members,
): ReturnType<typeof retainSlots> {
  return retainSlots(table, {
    me: 'postgres-0',
    cluster: clusterOf(present, 'postgres-0', {}, status),
    published: Object.fromEntries(published.map((name) => [name, lsnOf(1)])),
    config: { memberSlotsTtlSeconds: 1800, permanentSlots: { permanent: {} } },
    nowMs,
  });
}

test('S-63: slots of members are retained, sorted, but no permanent one and none of nostream', () => {
  const { retainSlots: names } = retained(null, 0, [
    'postgres_1',
    'postgres_0',
    'quiet',
    'permanent',
    'unknown',
  ]);
  assert.deepEqual(names, ['postgres_0', 'postgres_1']);
  assert.equal(retained(null, 0, []).retainSlots, null);
});

test('INV-13: the slot of a member that went away is retained for its time and then given up once', () => {
  const alone = [memberOf('postgres-0')];
  const first = retained(null, 0, ['postgres_0', 'postgres_1']);
  const before = retained(first.table, 1_799_999, ['postgres_0', 'postgres_1'], [], alone);
  assert.deepEqual(before.retainSlots, ['postgres_0', 'postgres_1']);
  const after = retained(before.table, 1_800_000, ['postgres_0'], [], alone);
  assert.deepEqual(after.retainSlots, ['postgres_0']);
  assert.deepEqual(after.expired, [{ name: 'postgres_1', ageSeconds: 1800 }]);
});

test('S-64, DEF-8: a new leader, or one whose agent was restarted, retains what was published before', () => {
  const alone = [memberOf('postgres-0')];
  const { retainSlots: names, table } = retained(null, 5_000_000, ['postgres_0'], ['gone'], alone);
  assert.deepEqual(names, ['gone', 'postgres_0']);
  assert.equal(table.get('gone'), 5_000_000);
  const later = retained(table, 5_000_001, ['postgres_0'], ['other'], alone);
  assert.deepEqual(later.retainSlots, ['gone', 'postgres_0']);
});
