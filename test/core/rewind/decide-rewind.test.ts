// Whether our history left that of the leader.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { HistoryLine } from '#core/dcs/cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { decideRewind } from '#core/rewind/decide-rewind.ts';
import type { Branch, LeaderHistory, LocalHistory } from '#core/rewind/rewind-facts.ts';

function lineOf(timeline: number, lsn: number): HistoryLine {
  return {
    timeline,
    lsn: lsnOf(lsn),
    reason: 'no recovery target specified',
    timestamp: null,
    newLeader: null,
  };
}

function leaderOf(timeline: number, ...lines: readonly HistoryLine[]): LeaderHistory {
  return { kind: 'known', timeline, lines };
}

function localOf(timeline: number, lsn: number, more: Partial<LocalHistory> = {}): LocalHistory {
  return { timeline, lsn: lsnOf(lsn), isInRecovery: true, checkpointEndLsn: null, ...more };
}

function verdict(local: LocalHistory | null, leader: LeaderHistory): string {
  return decideRewind({ local, leader }).kind;
}

const leader = leaderOf(3, lineOf(1, 100), lineOf(2, 200));

test('on the same timeline nothing is to be rewound, on a newer one everything is', () => {
  assert.equal(verdict(localOf(3, 999), leader), 'not-needed');
  assert.equal(verdict(localOf(4, 1), leader), 'needed');
  assert.equal(verdict(localOf(1, 1), leaderOf(1)), 'not-needed');
});

test('a standby is rewound when it replayed more than the leader went on from', () => {
  assert.equal(verdict(localOf(2, 199), leader), 'not-needed');
  assert.equal(verdict(localOf(2, 200), leader), 'not-needed');
  assert.equal(verdict(localOf(2, 201), leader), 'needed');
  assert.equal(verdict(localOf(1, 101), leader), 'needed');
});

test('a timeline of the same number is another one where two promotions made it', () => {
  const of = (lsn: number, mark: string | null): { readonly branch: Branch } => ({
    branch: { lsn: lsnOf(lsn), mark },
  });
  const against = (ours: object, theirs: object): string =>
    verdict(localOf(2, 150, ours), { ...leaderOf(2, lineOf(1, 100)), ...theirs });
  assert.equal(against(of(100, 'x'), of(100, 'x')), 'not-needed');
  assert.equal(against(of(100, 'x'), of(100, 'y')), 'replaced');
  assert.equal(against(of(90, null), of(100, null)), 'replaced');
  assert.equal(against(of(100, 'x'), of(100, null)), 'not-needed');
  assert.equal(against({}, of(100, 'y')), 'not-needed');
  const later = (ours: object, theirs: object): string =>
    verdict(localOf(2, 150, ours), { ...leaderOf(3, lineOf(1, 100), lineOf(2, 200)), ...theirs });
  assert.equal(later(of(100, 'x'), of(100, 'x')), 'not-needed');
  assert.equal(later(of(100, 'x'), of(100, 'y')), 'replaced');
  assert.equal(later(of(90, 'x'), of(100, 'y')), 'needed');
});

test('a former primary is rewound unless its shutdown ended exactly where the leader went on', () => {
  const former = (lsn: number, end: number | null): string =>
    verdict(
      localOf(2, lsn, { isInRecovery: false, checkpointEndLsn: end === null ? null : lsnOf(end) }),
      leader,
    );
  assert.equal(former(150, 200), 'not-needed');
  assert.equal(former(150, 190), 'needed');
  assert.equal(former(150, 210), 'needed');
  assert.equal(former(150, null), 'needed');
  assert.equal(former(200, 200), 'needed');
});

test('a timeline the leader does not descend from needs a rewind', () => {
  assert.equal(verdict(localOf(2, 1), leaderOf(4, lineOf(1, 100), lineOf(3, 150))), 'needed');
});

test('what is not known is asked again, with the reason', () => {
  assert.equal(verdict(null, leader), 'unknown');
  assert.equal(verdict(localOf(2, 1), leaderOf(3)), 'unknown');
  const silent = decideRewind({
    local: localOf(2, 1),
    leader: { kind: 'unknown', why: 'it is still in recovery' },
  });
  assert.deepEqual(silent, {
    kind: 'unknown',
    why: 'the leader’s history is not known: it is still in recovery',
  });
});

test('a standby that is told to follow has nothing the leader’s history does not have', () => {
  const histories = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(histories, fc.nat(6), fc.nat(300), (steps, timeline, lsn) => {
      let position = 0;
      const lines = steps.map((step, index) => lineOf(index + 1, (position += step)));
      const found = verdict(localOf(timeline + 1, lsn), leaderOf(lines.length + 1, ...lines));
      const end = lines[timeline]?.lsn ?? (timeline === lines.length ? lsnOf(lsn) : -1n);
      assert.equal(found, end >= BigInt(lsn) ? 'not-needed' : 'needed');
    }),
  );
});
