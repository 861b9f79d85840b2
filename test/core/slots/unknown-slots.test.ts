// How long a logical slot that no setting asks for stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { droppableUnknown, trackUnknown } from '#core/slots/unknown-slots.ts';
import { logicalOf } from './samples.ts';

test('time counts from when it was first seen without a consumer', () => {
  const idle = [logicalOf('x')];
  const first = trackUnknown(new Map(), ['x'], idle, 1000);
  const second = trackUnknown(first, ['x'], idle, 5000);
  assert.deepEqual([...second], [['x', 1000]]);
  assert.deepEqual([...droppableUnknown(second, 5000, 5999)], []);
  assert.deepEqual([...droppableUnknown(second, 5000, 6000)], ['x']);
  const used = trackUnknown(second, ['x'], [logicalOf('x', 500, { isActive: true })], 6000);
  assert.deepEqual([...trackUnknown(used, ['x'], idle, 7000)], [['x', 7000]]);
  assert.equal(trackUnknown(second, [], idle, 7000).size, 0);
});
