// What a leader publishes of its slots' positions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { PublishedInput } from '#core/slots/process-permanent-slots.ts';
import { processPermanentSlots, publishedPositions } from '#core/slots/process-permanent-slots.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { infoOf, logicalOf } from './samples.ts';

const rows = [logicalOf('ls', 12_345, { datoid: '5' }), infoOf('blabla', 12_344)];

function known(...slots: readonly SlotInfo[]): ReadonlyMap<string, SlotInfo> {
  return new Map(slots.map((slot) => [slot.name, slot]));
}

function published(more: Partial<PublishedInput> = {}): Readonly<Record<string, bigint>> {
  return publishedPositions({
    me: 'my.name',
    positions: processPermanentSlots(rows, known()).positions,
    lostPositions: new Map(),
    memberSlotNames: new Set(),
    lastLsn: lsnOf(99),
    config: { memberSlotsTtlSeconds: 1800, permanentSlots: {} },
    ...more,
  });
}

test('what consumers confirmed of logical slots and what physical ones keep, and our own slot', () => {
  assert.deepEqual(processPermanentSlots(rows, known(...rows)).changed, []);
  assert.deepEqual(published(), { ls: 12_345n, blabla: 12_344n, my_name: 99n });
});

test('a slot of another database under the same name has no position yet', () => {
  const before = known(logicalOf('ls', 100, { datoid: '6' }));
  const { positions, changed } = processPermanentSlots(rows, before);
  assert.deepEqual([...positions.keys()], ['blabla']);
  assert.deepEqual(changed, ['ls']);
});

test('a slot that is gone is told', () => {
  assert.deepEqual(processPermanentSlots(rows, known(infoOf('gone'))).changed, ['gone']);
});

test('a slot that keeps nothing yet is not published', () => {
  const { positions } = processPermanentSlots(
    [logicalOf('new', null), infoOf('idle', null)],
    known(),
  );
  assert.equal(positions.size, 0);
});

test('positions of lost slots stay, so that no later leader takes them for new', () => {
  const lostPositions = new Map([['lost', lsnOf(7)]]);
  assert.equal(published({ lostPositions })['lost'], 7n);
});

test('S-61: without retention permanent slots alone are published, logical ones unless a member has the name', () => {
  const permanentSlots = { ls: { database: 'a', plugin: 'b' }, blabla: null };
  const config = { memberSlotsTtlSeconds: 0, permanentSlots };
  assert.deepEqual(published({ config }), { ls: 12_345n, blabla: 12_344n });
  assert.deepEqual(published({ config, memberSlotNames: new Set(['ls', 'blabla']) }), {
    blabla: 12_344n,
  });
});
