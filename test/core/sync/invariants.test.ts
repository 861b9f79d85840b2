// The arithmetic of overlapping sets, against an enumeration of all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  checkInvariants,
  isOverlapping,
  quorumForPast,
  SyncInvariantError,
} from '#core/sync/invariants.ts';
import { subsets } from './worlds.ts';

const someNodes = fc.subarray(['a', 'b', 'c', 'd']).map((nodes) => new Set(nodes));
const someNumber = fc.integer({ min: 0, max: 5 });

function ofSize(nodes: ReadonlySet<string>, size: number): readonly (readonly string[])[] {
  return subsets(nodes).filter(({ length }) => length === size);
}

test('settings overlap exactly where no deciding set avoids an acknowledging one', () => {
  fc.assert(
    fc.property(someNodes, someNumber, someNodes, someNumber, (voters, quorum, names, num) => {
      const isSafe = ofSize(voters, quorum + 1).every((deciding) =>
        ofSize(names, num).every((acked) => acked.some((node) => deciding.includes(node))),
      );
      assert.equal(isOverlapping({ voters, quorum }, { names, num, isAnybody: false }), isSafe);
    }),
    { numRuns: 2000 },
  );
});

test('a new voting is safe for the past exactly where it meets a confirmed node or holds an old deciding set', () => {
  fc.assert(
    fc.property(
      someNodes,
      someNodes,
      someNumber,
      someNodes,
      (voters, old, oldQuorum, confirmed) => {
        const quorum = quorumForPast(voters, {
          voting: { voters: old, quorum: oldQuorum },
          confirmed,
        });
        const isSafe = (asked: number): boolean =>
          ofSize(voters, asked + 1).every(
            (deciding) =>
              deciding.some((node) => confirmed.has(node)) ||
              deciding.filter((node) => old.has(node)).length > oldQuorum,
          );
        assert.ok(isSafe(quorum));
        assert.ok(quorum === 0 || !isSafe(quorum - 1));
      },
    ),
    { numRuns: 2000 },
  );
});

test('a violation names both sets', () => {
  const voting = { voters: new Set('ab'), quorum: 0 };
  const check = (): void =>
    checkInvariants(voting, { names: new Set('ab'), num: 1, isAnybody: false });
  assert.throws(check, SyncInvariantError);
  assert.throws(check, /1 of the voters \(a, b\).*by 1 of \(a, b\)/u);
});

test('where anybody may acknowledge only the leader can be elected', () => {
  const anybody = { names: new Set<string>(), num: 1, isAnybody: true };
  assert.equal(isOverlapping({ voters: new Set('ab'), quorum: 1 }, anybody), false);
  assert.equal(isOverlapping({ voters: new Set('ab'), quorum: 2 }, anybody), true);
  assert.equal(isOverlapping({ voters: new Set(), quorum: 0 }, anybody), true);
});
