// The lease of a leader: proven in every turn, kept while the store is away, given up in time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fenceReserveMs, leaseLeftMs, orderlyStopMs } from '#core/ha/rules/store-rules.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import type { Changes } from './worlds.ts';
import {
  action,
  cluster,
  cut,
  leader,
  nowMs,
  peer,
  primaryFacts,
  provenLeader,
  silentPeer,
  standby,
  standbyFacts,
  starting,
  stopped,
} from './worlds.ts';

const refused = { learned: { lock: 'refused' }, memory: { leaseUntilMs: null } } as const;
const noLease = { leaseUntilMs: null } as const;
const topology = { a: 'http://a/patroni', b: 'http://b/patroni', c: 'http://c/patroni' } as const;
const failsafe = { config: { failsafe_mode: true } } as const;
const knownTopology = cut(cluster('a', { failsafe: topology }));

test('a leader renews its key before it does anything with it', () => {
  assert.deepEqual(stepIn(leader()), { kind: 'refresh-lock' });
  assert.deepEqual(stepIn(leader({ postgres: starting })), { kind: 'refresh-lock' });
  assert.deepEqual(stepIn(leader({ postgres: stopped })), { kind: 'refresh-lock' });
  assert.deepEqual(stepIn(leader({ action: action('restart') })), { kind: 'refresh-lock' });
});

test('a primary whose key somebody took stops at once, without touching the key', () => {
  assert.deepEqual(actionIn(leader(refused)), { kind: 'demote', mode: 'immediate-nolock' });
  assert.equal(
    messageIn(leader(refused)),
    'demoted self because failed to update leader lock in DCS',
  );
});

test('a standby whose key somebody took is not promoted', () => {
  assert.equal(
    messageIn(leader({ ...refused, postgres: standbyFacts })),
    'not promoting because failed to update leader lock in DCS',
  );
});

test('a primary that still starts when its key is taken does not come up', () => {
  const world = leader({ ...refused, postgres: starting });
  assert.deepEqual(actionIn(world), { kind: 'demote', mode: 'immediate-nolock' });
});

test('a primary that finds another leader stops at once', () => {
  assert.deepEqual(actionIn(standby({ postgres: primaryFacts })), {
    kind: 'demote',
    mode: 'immediate-nolock',
  });
});

test('without the store a leader leads on for what its lease is still proven', () => {
  const step = stepIn(leader({ dcs: cut() }));
  assert.ok(step.kind === 'done');
  assert.equal(step.message, 'DCS is not accessible, leading on for 15 more seconds of the lease');
  assert.ok(step.wakeInMs !== undefined && step.wakeInMs <= 1000);
});

test('it has begun to stop before the lease ends, with time kept for the stop', () => {
  const reserveMs = fenceReserveMs(30);
  assert.equal(reserveMs, 3000);
  assert.equal(fenceReserveMs(5), 1250);
  const orderlyMs = orderlyStopMs(30);
  const late = { dcs: cut(), memory: { leaseUntilMs: nowMs + reserveMs + orderlyMs } } as const;
  assert.deepEqual(actionIn(leader(late)), { kind: 'demote', mode: 'offline' });
  assert.equal(
    messageIn(leader(late)),
    'demoted self because DCS is not accessible and I was a leader',
  );
  const early = leader({
    dcs: cut(),
    memory: { leaseUntilMs: nowMs + reserveMs + orderlyMs + 10 },
  });
  assert.ok(stepIn(early).kind === 'done' && leaseLeftMs(early) === orderlyMs + 10);
});

test('a primary without any lease does not wait for a store that is away', () => {
  assert.deepEqual(actionIn(leader({ dcs: cut(), memory: noLease })), {
    kind: 'demote',
    mode: 'offline',
  });
});

test('what is being done when the lease ends is called off first', () => {
  const world = leader({ dcs: cut(), memory: noLease, action: action('restart') });
  assert.deepEqual(stepIn(world), { kind: 'cancel-action' });
});

test('a demotion under way goes on without the store', () => {
  const world = leader({
    dcs: cut(),
    memory: noLease,
    action: action('demote', { isCancellable: false }),
  });
  assert.equal(stepIn(world).kind, 'done');
});

test('without the store a standby runs on, and one that is stopped is started to be read from', () => {
  assert.equal(messageIn(standby({ dcs: cut() })), 'DCS is not accessible');
  assert.deepEqual(actionIn(standby({ dcs: cut(), postgres: stopped })), {
    kind: 'start-standby',
    role: 'replica',
    upstream: null,
  });
  const justFailed = { lastStartFailedAtMs: nowMs - 1000 } as const;
  const again = standby({ dcs: cut(), postgres: stopped, memory: justFailed });
  assert.equal(stepIn(again).kind, 'done');
});

test('a crashed leader without the store comes back read-only: nobody can prove a lease', () => {
  const crashed = { dcs: cut(), postgres: { ...stopped, state: 'crashed' } } as const;
  const world = leader({ ...crashed, memory: { hasJoined: true } });
  assert.equal(actionIn(world).kind, 'start-standby');
  // A cluster just made that no store knows of yet waits for it.
  assert.equal(stepIn(leader({ ...crashed, memory: { hasJoined: false } })).kind, 'done');
});

test('with failsafe_mode the leader asks everybody, and leads on where all accept', () => {
  assert.deepEqual(stepIn(leader({ ...failsafe, dcs: knownTopology })), { kind: 'ask-failsafe' });
  const answers = ['b', 'c'].map((name) => ({ name, isAccepted: true, lsn: null, why: '' }));
  const accepted = leader({ ...failsafe, dcs: knownTopology, learned: { failsafe: answers } });
  assert.deepEqual(stepIn(accepted), { kind: 'extend-lease' });
  const extended = leader({
    ...failsafe,
    dcs: knownTopology,
    learned: { failsafe: answers, lock: 'refreshed' },
  });
  assert.equal(
    messageIn(extended),
    'continue to run as a leader because failsafe mode is enabled and all members are accessible',
  );
});

test('one member that does not accept ends it', () => {
  const answers = [
    { name: 'b', isAccepted: true, lsn: null, why: '' },
    { name: 'c', isAccepted: false, lsn: null, why: 'Running as a leader' },
  ];
  const world = leader({ ...failsafe, dcs: knownTopology, learned: { failsafe: answers } });
  assert.deepEqual(actionIn(world), { kind: 'demote', mode: 'offline' });
});

test('who is not in the failsafe topology can not use it', () => {
  const { a: _a, ...others } = topology;
  const world = leader({
    ...failsafe,
    dcs: cut(cluster('a', { failsafe: others })),
    memory: noLease,
  });
  assert.equal(actionIn(world).kind, 'demote');
  const never = leader({ ...failsafe, dcs: cut(null), memory: noLease });
  assert.equal(actionIn(never).kind, 'demote');
});

test('failsafe_mode does not help against a store that says somebody else leads', () => {
  const world = leader({ ...refused, ...failsafe, cluster: { failsafe: topology } });
  assert.deepEqual(actionIn(world), { kind: 'demote', mode: 'immediate-nolock' });
});

test('a switchover that waits for its candidate keeps the lease, and ends where it is lost', () => {
  const waiting = { action: action('demote', { name: 'switchover: demote' }) };
  assert.deepEqual(stepIn(leader(waiting)), { kind: 'refresh-lock' });
  assert.deepEqual(stepIn(leader({ ...waiting, ...refused })), { kind: 'cancel-action' });
  assert.deepEqual(stepIn(leader({ ...waiting, dcs: cut(), memory: noLease })), {
    kind: 'cancel-action',
  });
});

test('a promotion is called off while it can be, when the key is gone', () => {
  const promoting = { postgres: standbyFacts, ...refused };
  assert.deepEqual(stepIn(leader({ ...promoting, action: action('promote') })), {
    kind: 'cancel-action',
  });
  const cancelled = action('promote', { isCancelled: true });
  assert.equal(
    messageIn(leader({ ...promoting, action: cancelled })),
    'lost leader before promote',
  );
  const sent = action('promote', { isCancellable: false });
  assert.deepEqual(stepIn(leader({ ...promoting, action: sent })), { kind: 'cancel-action' });
});

test('a promotion that was sent is not left alone without the key, though recovery has not ended yet', () => {
  const promoted = { ...standbyFacts, role: 'promoted' } as const;
  assert.equal(actionIn(leader({ postgres: promoted, ...refused })).kind, 'demote');
  assert.equal(actionIn(standby({ postgres: promoted })).kind, 'demote');
  assert.equal(
    actionIn(leader({ postgres: promoted, dcs: cut(), memory: noLease })).kind,
    'demote',
  );
});

test('a primary that has hung for one ttl stops for somebody who can serve, and for nobody else', () => {
  const hung = (sinceMs: number, changes: Changes = {}) =>
    provenLeader({
      ...changes,
      postgres: { sql: null, sqlProblem: 'statement timeout' },
      memory: { silentSinceMs: nowMs - sinceMs },
      learned: { watchdog: 'activated', ...changes.learned },
    });
  assert.deepEqual(stepIn(hung(30_000)), { kind: 'ask-peers', names: ['b', 'c'] });
  const able = { learned: { peers: [peer('b'), silentPeer('c')] } };
  assert.deepEqual(actionIn(hung(30_000, able)), { kind: 'demote', mode: 'immediate' });
  assert.match(messageIn(hung(30_000, able)), /has not served for 30 seconds: statement timeout$/u);
  assert.equal(stepIn(hung(29_000, able)).kind, 'confirm-primary');
  const alone = { learned: { peers: [silentPeer('b'), silentPeer('c')] } };
  assert.equal(stepIn(hung(300_000, alone)).kind, 'confirm-primary');
  assert.equal(stepIn(hung(300_000, { ...able, config: { pause: true } })).kind, 'confirm-primary');
});

test('a required watchdog comes before the first write, and its loss ends a primary', () => {
  assert.deepEqual(stepIn(provenLeader({ me: { isWatchdogRequired: true } })), {
    kind: 'watchdog',
    to: 'activate',
  });
  const failed = { me: { isWatchdogRequired: true }, learned: { watchdog: 'failed' } } as const;
  assert.deepEqual(actionIn(provenLeader(failed)), { kind: 'demote', mode: 'immediate' });
  assert.equal(
    messageIn(provenLeader(failed)),
    'Demoting self because watchdog could not be activated',
  );
  const promotable = provenLeader({ ...failed, postgres: standbyFacts });
  assert.equal(stepIn(promotable).kind, 'release-lock');
  assert.equal(messageIn(promotable), 'Not promoting self because watchdog could not be activated');
});

test('a primary whose disk takes no writes gives the key to somebody whose does', () => {
  const problem = '/data can’t be written: it is mounted read-only';
  const world = provenLeader({
    memory: { silentSinceMs: nowMs - 30_000, storageProblem: problem },
    learned: { peers: [peer('b'), silentPeer('c')], watchdog: 'activated' },
  });
  assert.deepEqual(actionIn(world), { kind: 'demote', mode: 'immediate' });
  assert.match(messageIn(world) ?? '', /has not served for 30 seconds: \/data can’t be written/u);
});
