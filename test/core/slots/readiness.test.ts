// When a logical slot on a standby counts as safe.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { ReadinessInput } from '#core/slots/readiness.ts';
import {
  allPending,
  askedOfPrimary,
  checkReadiness,
  unsafeAfterPromotion,
  withCopied,
} from '#core/slots/readiness.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { PrimarySlots } from '#core/slots/slot-readiness.ts';
import { infoOf, logicalOf, xidOf } from './samples.ts';

function primaryOf(
  physical: number | null,
  logical: number | null | 'absent',
  invalidation: string | null = null,
): PrimarySlots {
  return {
    hasPhysicalSlot: true,
    physicalCatalogXmin: physical === null ? null : xidOf(physical),
    logical:
      logical === 'absent'
        ? new Map()
        : new Map([
            ['ls', { catalogXmin: logical === null ? null : xidOf(logical), invalidation }],
          ]),
  };
}

function localOf(catalogXmin: number | null, more: Partial<SlotInfo> = {}): SlotInfo {
  return logicalOf('ls', 500, {
    catalogXmin: catalogXmin === null ? null : xidOf(catalogXmin),
    ...more,
  });
}

function inputOf(
  primary: PrimarySlots | null,
  local: SlotInfo | null,
  more: Partial<ReadinessInput> = {},
): ReadinessInput {
  return {
    pending: new Map([['ls', { primaryCatalogXmin: null, copiedRestartLsn: null }]]),
    existing: local === null ? [] : [local],
    primary,
    physicalSlotName: 'me',
    isFeedbackOn: true,
    ...more,
  };
}

function stateOf(...args: Parameters<typeof inputOf>): string {
  return checkReadiness(inputOf(...args)).states.get('ls')?.state ?? 'gone';
}

test('AT-16: ready once the primary holds back what both slots need, as numbers and in a circle', () => {
  for (const [primary, physical, local] of [
    [99, 100, 100],
    [998, 999, 1001],
    [4_294_967_290, 5, 7],
  ] as const) {
    const checked = checkReadiness(inputOf(primaryOf(physical, primary), localOf(local)));
    assert.deepEqual(checked.becameReady, ['ls'], `${primary} ${physical} ${local}`);
    assert.equal(checked.pending.size, 0);
  }
});

test('not ready where the primary holds back less than the slot here needs, or than its own had held', () => {
  assert.equal(stateOf(primaryOf(101, 99), localOf(100)), 'catching-up');
  assert.equal(stateOf(primaryOf(100, 101), localOf(102)), 'catching-up');
  assert.equal(stateOf(primaryOf(100, 99), localOf(null)), 'catching-up');
});

test('AT-16: without a catalog_xmin there it waits, and tells why where feedback is off', () => {
  const off = checkReadiness(inputOf(primaryOf(null, 100), localOf(100), { isFeedbackOn: false }));
  assert.equal(off.states.get('ls')?.state, 'waiting-for-feedback');
  assert.equal(
    off.reports[0]?.message,
    'Logical slot failover requires "hot_standby_feedback". Please check postgresql.auto.conf',
  );
  const on = checkReadiness(inputOf(primaryOf(null, 100), localOf(100)));
  assert.deepEqual(on.reports, []);
  assert.equal(on.pending.get('ls')?.primaryCatalogXmin, null);
});

test('a missing physical slot on the primary is told', () => {
  const primary: PrimarySlots = { ...primaryOf(null, 100), hasPhysicalSlot: false };
  const { states, reports } = checkReadiness(inputOf(primary, localOf(100)));
  assert.equal(states.get('ls')?.state, 'waiting-for-feedback');
  assert.equal(reports[0]?.message, 'Physical slot me does not exist on the primary');
});

test('DEF-3: what the primary does not know of the slot never makes it ready, and never throws', () => {
  for (const primary of [
    primaryOf(100, 'absent'),
    primaryOf(100, null),
    primaryOf(100, null, 'wal_removed'),
    // The server goes on showing what a slot held back before it was lost, and holds it back no more.
    primaryOf(100, 100, 'wal_removed'),
  ]) {
    const checked = checkReadiness(inputOf(primary, localOf(100)));
    assert.equal(checked.states.get('ls')?.state, 'missing-on-primary');
    assert.ok(checked.pending.has('ls'));
  }
});

test('a primary that was not asked leaves everything as it was', () => {
  const input = inputOf(null, localOf(100));
  assert.equal(stateOf(null, localOf(100)), 'unchecked');
  assert.deepEqual(checkReadiness(input).pending, input.pending);
});

test('what the primary held back at first is remembered, and has to be reached', () => {
  const first = checkReadiness(inputOf(primaryOf(90, 95), localOf(99)));
  assert.equal(first.pending.get('ls')?.primaryCatalogXmin, 95);
  const again = inputOf(primaryOf(94, 'absent'), localOf(99), { pending: first.pending });
  assert.equal(checkReadiness(again).states.get('ls')?.state, 'catching-up');
  const reached = inputOf(primaryOf(95, 'absent'), localOf(99), { pending: first.pending });
  assert.deepEqual(checkReadiness(reached).becameReady, ['ls']);
});

test('a slot that is gone here is pending no more', () => {
  assert.equal(checkReadiness(inputOf(primaryOf(100, 99), null)).pending.size, 0);
  const physical = checkReadiness(inputOf(primaryOf(100, 99), infoOf('ls')));
  assert.equal(physical.pending.size, 0);
});

test('a slot copied without its snapshot has to be moved once, whether or not its consumer reads', () => {
  const pending = withCopied(new Map(), [{ name: 'ls', restartLsn: lsnOf(490) }]);
  const behind = { pending };
  const primary = primaryOf(100, 99);
  assert.equal(stateOf(primary, localOf(100), behind), 'catching-up');
  const moved = localOf(100, { restartLsn: lsnOf(491), confirmedFlushLsn: lsnOf(550) });
  assert.equal(stateOf(primary, moved, behind), 'ready');
});

test('after a start each logical slot is pending, but for those the server keeps', () => {
  const existing = [
    logicalOf('ls'),
    infoOf('ph'),
    logicalOf('native', 500, { isFailover: true, isSynced: true }),
  ];
  assert.deepEqual([...allPending(existing, new Map()).keys()], ['ls']);
});

test('what was copied stays to be proven after a restart', () => {
  const before = withCopied(new Map(), [{ name: 'ls', restartLsn: lsnOf(490) }]);
  assert.equal(allPending([logicalOf('ls')], before).get('ls')?.copiedRestartLsn, 490n);
});

test('the primary is asked only while something is pending', () => {
  const pending = new Map([
    ['known', { primaryCatalogXmin: xidOf(5), copiedRestartLsn: null }],
    ['new', { primaryCatalogXmin: null, copiedRestartLsn: null }],
  ]);
  assert.deepEqual(askedOfPrimary(pending, 'me'), ['me', 'new']);
  assert.deepEqual(askedOfPrimary(new Map(), 'me'), []);
  assert.deepEqual(askedOfPrimary(pending, null), []);
});

test('slots that are not proven are told at a promotion', () => {
  assert.equal(unsafeAfterPromotion(new Map()), null);
  assert.equal(
    unsafeAfterPromotion(inputOf(null, null).pending),
    'Logical replication slots that might be unsafe to use after promote: ls',
  );
});

test('INV-10 and INV-11: ready only where all three ids are known and in order', () => {
  const xid = fc.option(fc.integer({ min: 3, max: 2 ** 31 }), { nil: null });
  fc.assert(
    fc.property(xid, xid, xid, (primary, physical, local) => {
      const state = stateOf(primaryOf(physical, primary), localOf(local));
      const isInOrder =
        primary !== null &&
        physical !== null &&
        local !== null &&
        primary <= physical &&
        physical <= local;
      assert.equal(state === 'ready', isInOrder);
    }),
  );
});
