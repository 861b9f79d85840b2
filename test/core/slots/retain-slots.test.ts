// How long members that are away keep their slots.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lsnOf } from '#core/postgres/lsn.ts';
import { desiredSlots } from '#core/slots/desired-slots.ts';
import type { RetainInput, RetainTable } from '#core/slots/retain-slots.ts';
import { retainSlots } from '#core/slots/retain-slots.ts';
import { clusterOf, memberOf } from './samples.ts';

const members = [
  memberOf('postgres-0'),
  memberOf('postgres-1'),
  memberOf('quiet', { nostream: true }),
];

const retaining: RetainInput['config'] = {
  isUsingSlots: true,
  memberSlotsTtlSeconds: 1800,
  permanentSlots: { permanent: {} },
};

function retained(
  table: RetainTable,
  nowMs: number,
  published: readonly string[],
  status: readonly string[] = [],
  present = members,
  more: Partial<Omit<RetainInput, 'config'>> & { config?: Partial<RetainInput['config']> } = {},
): ReturnType<typeof retainSlots> {
  return retainSlots(table, {
    me: { name: 'postgres-0', tags: { nofailover: false } },
    cluster: clusterOf(present, 'postgres-0', {}, status),
    published: Object.fromEntries(published.map((name) => [name, lsnOf(1)])),
    givenUp: new Map(),
    serverVersion: 150_000,
    nowMs,
    ...more,
    config: { ...retaining, ...more.config },
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
});

test('INV-13: the slot of a member that went away is retained for its time and then given up once', () => {
  const alone = [memberOf('postgres-0')];
  const first = retained(null, 0, ['postgres_0', 'postgres_1']);
  // Between two publications it may have been there for long: its time is counted from when it was missed.
  const missed = retained(first.table, 10_000, ['postgres_0', 'postgres_1'], [], alone);
  const before = retained(missed.table, 1_809_999, ['postgres_0', 'postgres_1'], [], alone);
  assert.deepEqual(before.retainSlots, ['postgres_0', 'postgres_1']);
  const after = retained(before.table, 1_810_000, ['postgres_0'], [], alone);
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

test('INV-13: a slot that is about to be made is retained already, as its member may be gone when it is there', () => {
  assert.deepEqual(retained(null, 0, ['postgres_0']).retainSlots, ['postgres_0', 'postgres_1']);
});

test('nothing is retained for slots that are not made: of another leader, server or configuration', () => {
  const none = (more: Parameters<typeof retained>[5]): void =>
    assert.equal(retained(null, 0, [], [], members, more).retainSlots, null, JSON.stringify(more));
  none({ config: { isUsingSlots: false } });
  none({ config: { memberSlotsTtlSeconds: 0 } });
  none({ config: { permanentSlots: { postgres_1: {} } } });
  none({ serverVersion: 100_000 });
  none({ me: { name: 'postgres-0', tags: { nofailover: true } } });
});

test('a slot that was given up is retained again as soon as its member is back', () => {
  const alone = [memberOf('postgres-0')];
  const givenUp = new Map([['postgres_1', null]]);
  const first = retained(null, 0, ['postgres_0', 'postgres_1']);
  const away = retained(first.table, 1, ['postgres_0', 'postgres_1'], [], alone, { givenUp });
  assert.deepEqual(away.retainSlots, ['postgres_0']);
  const back = retained(away.table, 2, ['postgres_0'], [], members, { givenUp });
  assert.deepEqual(back.retainSlots, ['postgres_0', 'postgres_1']);
});

test('INV-13: whatever slot this leader is to have for a member is retained from that turn on', () => {
  const names = fc.uniqueArray(fc.constantFrom('postgres-0', 'postgres-1', 'b-2', 'c.3'));
  const tags = fc.record(
    { nostream: fc.boolean(), replicatefrom: fc.constantFrom('postgres-0', 'b-2') },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(names, fc.array(tags), fc.boolean(), (present, tagsOf, nofailover) => {
      const all = present.map((name, at) => memberOf(name, tagsOf[at] ?? {}));
      const me = { name: 'postgres-0', tags: { nofailover } };
      const { retainSlots: found } = retained(null, 0, [], [], all, { me });
      const cluster = clusterOf(all, 'postgres-0');
      const wanted = desiredSlots({
        me: {
          name: me.name,
          role: 'primary',
          tags: { nofailover, nostream: false, replicatefrom: null },
        },
        cluster,
        config: { ...retaining, standbyCluster: null },
        serverVersion: 150_000,
      }).physical;
      const ofMembers = [...wanted.values()].filter(({ source }) => source === 'member');
      assert.deepEqual(found ?? [], ofMembers.map(({ name }) => name).toSorted());
    }),
  );
});
