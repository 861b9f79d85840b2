// Transaction ids: read without loss, compared in a circle.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isXidBefore, isXidUpTo, parseXid } from '#core/slots/xid.ts';
import { xidOf } from './samples.ts';

const span = 2 ** 32;

/** The xid given out that many after another one, leaving out the three that are never given. */
function later(xid: number, by: number): number {
  const next = (xid + by) % span;
  return next < 3 ? next + 3 : next;
}

test('an xid is read from text and from a number, and nothing else is one', () => {
  assert.equal(parseXid('737'), 737);
  assert.equal(parseXid(4_294_967_295), 4_294_967_295);
  for (const value of [null, undefined, '', '0', 0, '-1', 1.5, '4294967296', ' 7', 'a', true, {}]) {
    assert.equal(parseXid(value), null, JSON.stringify(value));
  }
});

test('DEF-1: ids are compared as numbers, across digits and across the end of the circle', () => {
  assert.ok(isXidBefore(xidOf(99), xidOf(100)));
  assert.ok(isXidBefore(xidOf(999), xidOf(1001)));
  assert.ok(isXidBefore(xidOf(4_294_967_290), xidOf(5)));
  assert.ok(!isXidBefore(xidOf(5), xidOf(4_294_967_290)));
  assert.ok(isXidBefore(xidOf(2), xidOf(4_294_967_290)), 'what was before all others stays so');
  assert.ok(isXidUpTo(xidOf(7), xidOf(7)) && !isXidBefore(xidOf(7), xidOf(7)));
});

test('of two ids less than half the circle apart, the one given out later is later', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: span - 1 }),
      fc.integer({ min: 1, max: 2 ** 31 - 8 }),
      (first, by) => {
        const [one, other] = [xidOf(first), xidOf(later(first, by))];
        assert.ok(isXidBefore(one, other));
        assert.ok(!isXidBefore(other, one));
      },
    ),
  );
});
