// How a member whose history left the leader's comes back, and that this always ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { RejoinFacts, RejoinMemory } from '#core/rewind/rejoin.ts';
import { nextRejoin, noRejoinYet, noteClone, noteRewind } from '#core/rewind/rejoin.ts';

const leader = { against: 'a@2', nowMs: 1_000_000 };

function factsOf(more: Partial<RejoinFacts> = {}): RejoinFacts {
  return {
    ...leader,
    verdict: { kind: 'needed', why: 'we diverged' },
    unknownForMs: 0,
    obstacle: null,
    canRewind: true,
    canClone: true,
    isLeaderReady: true,
    config: {
      isPaused: false,
      removeDataDirectoryOnRewindFailure: false,
      removeDataDirectoryOnDivergedTimelines: false,
    },
    ...more,
  };
}

const failed = { kind: 'failed', why: 'it broke' } as const;
const longAfter = leader.nowMs + 3_600_000;

test('a history that fits is followed', () => {
  const step = nextRejoin(noRejoinYet, factsOf({ verdict: { kind: 'not-needed', why: 'fits' } }));
  assert.deepEqual(step, { kind: 'follow', why: 'fits' });
});

test('a diverged member is rewound first, where it can be, and cloned where not', () => {
  assert.equal(nextRejoin(noRejoinYet, factsOf()).kind, 'rewind');
  assert.deepEqual(nextRejoin(noRejoinYet, factsOf({ canRewind: false })), {
    kind: 'clone',
    isRemoving: false,
    why: 'we diverged',
  });
});

test('a standby that can never stream again is cloned: nothing is there to rewind', () => {
  const verdict = { kind: 'not-needed', why: 'fits' } as const;
  const step = nextRejoin(noRejoinYet, factsOf({ verdict, obstacle: 'WAL was removed' }));
  assert.deepEqual(step, { kind: 'clone', isRemoving: false, why: 'WAL was removed' });
});

test('a leader before its first checkpoint is waited for', () => {
  const step = nextRejoin(noRejoinYet, factsOf({ isLeaderReady: false }));
  assert.ok(step.kind === 'wait' && step.untilMs === leader.nowMs + 1000);
});

test('after a failed rewind there is a pause and then a clone: another one could not read what is left', () => {
  const once = noteRewind(noRejoinYet, failed, leader);
  const pause = nextRejoin(once, factsOf());
  assert.ok(pause.kind === 'wait' && pause.untilMs > leader.nowMs);
  assert.match(pause.why, /it broke/u);
  assert.equal(nextRejoin(once, factsOf({ nowMs: pause.untilMs })).kind, 'clone');
});

test('a timeline that two promotions made is replaced by a clone: pg_rewind sees nothing to do', () => {
  const verdict = { kind: 'replaced', why: 'another promotion made it too' } as const;
  const step = nextRejoin(noRejoinYet, factsOf({ verdict }));
  assert.deepEqual(step, { kind: 'clone', isRemoving: false, why: verdict.why });
});

test('data half rewound is never started, whatever a comparison says, whoever leads', () => {
  const memory = noteRewind(noRejoinYet, failed, leader);
  const verdict = { kind: 'not-needed', why: 'fits' } as const;
  assert.equal(nextRejoin(memory, factsOf({ verdict, nowMs: longAfter })).kind, 'clone');
  assert.equal(nextRejoin(memory, factsOf({ verdict, against: 'b@3' })).kind, 'clone');
  assert.equal(nextRejoin(noteClone(memory, null, leader), factsOf({ verdict })).kind, 'follow');
});

test('a rewind that worked and did not help counts as one that failed', () => {
  const done = { kind: 'done' } as const;
  const twice = noteRewind(noteRewind(noRejoinYet, done, leader), done, leader);
  assert.equal(nextRejoin(twice, factsOf({ nowMs: longAfter })).kind, 'clone');
  const verdict = { kind: 'not-needed', why: 'fits' } as const;
  assert.equal(nextRejoin(twice, factsOf({ verdict })).kind, 'follow');
});

test('a leader that went away during pg_rewind costs no attempt', () => {
  let memory: RejoinMemory = noRejoinYet;
  for (let count = 0; count < 5; count += 1) {
    memory = noteRewind(memory, { kind: 'leader-lost', why: 'gone' }, leader);
  }
  assert.equal(nextRejoin(memory, factsOf({ nowMs: longAfter })).kind, 'rewind');
});

test('old data is moved aside, and deleted only where the user asked for it', () => {
  const damaged = noteRewind(noteRewind(noRejoinYet, failed, leader), failed, leader);
  const config = factsOf().config;
  const isRemoving = (memory: RejoinMemory, more: Partial<RejoinFacts['config']>): boolean => {
    const step = nextRejoin(
      memory,
      factsOf({ canRewind: false, nowMs: longAfter, config: { ...config, ...more } }),
    );
    assert.ok(step.kind === 'clone');
    return step.isRemoving;
  };
  assert.equal(isRemoving(damaged, {}), false);
  assert.equal(isRemoving(damaged, { removeDataDirectoryOnRewindFailure: true }), true);
  assert.equal(isRemoving(noRejoinYet, { removeDataDirectoryOnRewindFailure: true }), false);
  assert.equal(isRemoving(noRejoinYet, { removeDataDirectoryOnDivergedTimelines: true }), true);
});

test('in pause nothing is rewound or replaced', () => {
  const config = { ...factsOf().config, isPaused: true };
  assert.equal(nextRejoin(noRejoinYet, factsOf({ config })).kind, 'wait');
});

test('a comparison that can’t be made is waited for, then the member starts and compares later', () => {
  const verdict = { kind: 'unknown', why: 'it does not answer' } as const;
  assert.equal(nextRejoin(noRejoinYet, factsOf({ verdict })).kind, 'wait');
  assert.equal(nextRejoin(noRejoinYet, factsOf({ verdict, unknownForMs: 30_000 })).kind, 'follow');
});

test('against one leader every sequence of outcomes ends within five attempts, and another leader starts anew', () => {
  const outcomes = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(outcomes, fc.boolean(), (isDone, canRewind) => {
      let memory: RejoinMemory = noRejoinYet;
      let nowMs = 0;
      const attempts: string[] = [];
      for (const each of isDone) {
        let step = nextRejoin(memory, factsOf({ nowMs, canRewind }));
        while (step.kind === 'wait') {
          assert.ok(step.untilMs > nowMs && step.untilMs <= nowMs + 300_000);
          nowMs = step.untilMs;
          step = nextRejoin(memory, factsOf({ nowMs, canRewind }));
        }
        if (step.kind === 'stuck') break;
        attempts.push(step.kind);
        const at = { against: leader.against, nowMs };
        memory =
          step.kind === 'rewind'
            ? noteRewind(memory, each ? { kind: 'done' } : failed, at)
            : noteClone(memory, each ? null : 'no space', at);
      }
      const rewinds = attempts.filter((kind) => kind === 'rewind').length;
      assert.equal(attempts.length - rewinds, 3, 'three clones');
      assert.ok(canRewind ? rewinds >= 1 && rewinds <= 2 : rewinds === 0, attempts.join(', '));
      // One that broke off leaves nothing for a second one to work with: only a clone does.
      if (canRewind && isDone[0] !== true) assert.equal(attempts[1], 'clone');
      const stuck = nextRejoin(memory, factsOf({ nowMs: nowMs + 600_000, canRewind }));
      assert.ok(stuck.kind === 'stuck' && stuck.hint.includes('patronictl reinit'));
      const other = nextRejoin(memory, factsOf({ nowMs, canRewind, against: 'b@3' }));
      assert.equal(other.kind, canRewind && !memory.isDamaged ? 'rewind' : 'clone');
    }),
  );
});
