// How long members that are away keep their slots.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { RetainTable } from '#core/slots/retain-slots.ts';
import { retainSlots } from '#core/slots/retain-slots.ts';
import { clusterOf, memberOf } from './samples.ts';

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
