// Being the leader: the promotion, what it owes to synchronous standbys, and the turns in which all is well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#core/ha/table.ts';
import type { Changes } from './worlds.ts';
import { messageIn, stepIn } from './ask.ts';
import {
  nowMs,
  orphan,
  primarySql,
  primaryWithoutKey,
  provenLeader,
  standbyFacts,
  sync,
} from './worlds.ts';

/** `b`, which has just got the key. */
function winner(changes: Changes = {}) {
  return orphan({
    ...changes,
    memory: { leaseUntilMs: nowMs + 30_000 },
    learned: { lock: 'acquired', watchdog: 'activated', ...changes.learned },
  });
}

test('the winner of a race is promoted in the same turn', () => {
  assert.equal(messageIn(winner()), 'promoted self to leader by acquiring session lock');
  assert.equal(
    messageIn(provenLeader({ postgres: standbyFacts, learned: { watchdog: 'activated' } })),
    'promoted self to leader because I had the session lock',
  );
});

test('a primary that got the key goes on as it is', () => {
  const world = primaryWithoutKey({
    memory: { leaseUntilMs: nowMs + 30_000 },
    learned: { lock: 'acquired', watchdog: 'activated' },
  });
  assert.deepEqual(stepIn(world), {
    kind: 'confirm-primary',
    message: 'acquired session lock as a leader',
  });
});

test('before a synchronous promotion nobody else may be promoted by what was in force', () => {
  const synchronous = {
    config: { synchronous_mode: true },
    cluster: { sync: sync('a', ['b']) },
  } as const;
  const first = stepIn(winner(synchronous));
  assert.ok(first.kind === 'sync' && first.step.kind === 'write-sync');
  assert.equal(first.step.leader, 'b');
  assert.equal(first.step.expected, '8');
  const lost = winner({ ...synchronous, learned: { isSyncLost: true } });
  const step = stepIn(lost);
  assert.ok(step.kind === 'done' && step.wakeInMs === 0);
  assert.match(step.message, /^Postponing promotion because synchronous replication state/u);
  const done = winner({
    ...synchronous,
    learned: { syncState: sync('b', []), standbyNames: '' },
  });
  assert.equal(stepIn(done).kind, 'start-action');
});

test('a server that does not answer is not promoted in a synchronous cluster', () => {
  const silent = { sql: null, sqlProblem: 'it hangs' } as const;
  const config = { synchronous_mode: true };
  const step = stepIn(winner({ config, postgres: silent, cluster: { sync: sync('a', ['b']) } }));
  assert.ok(step.kind === 'release-lock' && step.message.endsWith('does not answer: it hangs'));
});

test('synchronous replication is brought forward before all is well', () => {
  const step = stepIn(
    provenLeader({ config: { synchronous_mode: true }, learned: { watchdog: 'activated' } }),
  );
  assert.ok(step.kind === 'sync' && step.step.why === 'Enabled synchronous replication');
});

test('after a change of names the leader looks again soon', () => {
  const world = provenLeader({
    config: { synchronous_mode: true },
    cluster: { sync: sync('a', []) },
    sql: { ...primarySql },
    learned: { watchdog: 'activated', standbyNames: 'b' },
  });
  const { step } = decide(world);
  assert.ok(step.kind === 'confirm-primary' && step.wakeInMs === 250);
});

test('somebody who changed /sync does not keep a primary from leading', () => {
  const world = provenLeader({
    config: { synchronous_mode: true },
    learned: { watchdog: 'activated', isSyncLost: true },
  });
  assert.equal(stepIn(world).kind, 'confirm-primary');
});

test('when all is well a leader says so and waits for the next turn', () => {
  assert.deepEqual(stepIn(provenLeader({ learned: { watchdog: 'activated' } })), {
    kind: 'confirm-primary',
    message: 'no action. I am (a), the leader with the lock',
  });
});
