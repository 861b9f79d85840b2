// Which slots are the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSlots } from '#core/slots/compare-slots.ts';
import { infoOf, logicalOf } from './samples.ts';

test('physical slots are all the same, logical ones where database and plugin are', () => {
  assert.ok(compareSlots(infoOf('a'), infoOf('b', 7)));
  assert.ok(!compareSlots(infoOf('a'), logicalOf('a')));
  assert.ok(compareSlots(logicalOf('a'), logicalOf('b', 7)));
  assert.ok(!compareSlots(logicalOf('a'), logicalOf('a', 7, { plugin: 'other' })));
  assert.ok(!compareSlots(logicalOf('a'), logicalOf('a', 7, { database: 'other' })));
});

test('by OID a renamed database stays the same, and one made anew under its name does not', () => {
  const renamed = logicalOf('a', 7, { database: 'other' });
  assert.ok(compareSlots(logicalOf('a'), renamed, 'datoid'));
  assert.ok(!compareSlots(logicalOf('a'), logicalOf('a', 7, { datoid: '9' }), 'datoid'));
});
