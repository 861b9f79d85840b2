// Permanent slots as the configuration has them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { readConfiguredSlots, unreadableNames } from '#core/slots/configured-slots.ts';

function kindOf(value: JsonValue): string {
  const { slots, reports } = readConfiguredSlots({ s: value });
  return slots[0]?.type ?? reports[0]?.code ?? '';
}

test('what says nothing, or names no database and plugin, is physical', () => {
  for (const value of [null, 0, '', {}, { type: 'physical' }, { database: 'd' }, { lsn: 5 }]) {
    assert.equal(kindOf(value), 'physical', JSON.stringify(value));
  }
});

test('what names database and plugin is logical', () => {
  assert.equal(kindOf({ database: 'd', plugin: 'p' }), 'logical');
  assert.equal(kindOf({ type: 'logical', database: 'd', plugin: 'p' }), 'logical');
});

test('what makes no sense is told, left out, and stops no other', () => {
  const values: readonly JsonValue[] = [
    { type: 'logical' },
    { type: 'logical', database: '', plugin: 'p' },
    { type: 'other' },
    'text',
    1,
    [],
  ];
  for (const value of values) assert.equal(kindOf(value), 'bad-value', JSON.stringify(value));
  const config: JsonObject = { 'Not-valid': null, bad: 'text', good: null };
  const { slots, reports } = readConfiguredSlots(config);
  assert.deepEqual(
    slots.map(({ name }) => name),
    ['good'],
  );
  assert.match(reports[0]?.message ?? '', /^Invalid permanent replication slot name 'Not-valid'/u);
  assert.match(reports[1]?.message ?? '', /^Bad value for slot 'bad' in permanent_slots: "text"/u);
  assert.deepEqual([...unreadableNames(config)], ['Not-valid', 'bad']);
});

test('a logical slot is made anew after it was lost only where that is said', () => {
  const read = (more: JsonObject): boolean | null => {
    const [slot] = readConfiguredSlots({ s: { database: 'd', plugin: 'p', ...more } }).slots;
    return slot?.type === 'logical' ? slot.isRecreatedWhenLost : null;
  };
  assert.equal(read({}), false);
  assert.equal(read({ recreate_when_lost: true }), true);
  assert.equal(read({ recreate_when_lost: 'off' }), false);
});

test('whatever is configured, it never throws, and each name is either usable or reported', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const config = value as JsonObject;
      const { slots, reports } = readConfiguredSlots(config);
      for (const name of Object.keys(config)) {
        const isUsable = slots.some((slot) => slot.name === name);
        assert.ok(isUsable || reports.some(({ slot }) => slot === name), name);
      }
    }),
  );
});
