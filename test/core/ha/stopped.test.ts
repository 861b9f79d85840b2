// A server that does not run: who starts it as what, and what a start that fails leads to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '#core/ha/world.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import {
  cluster,
  control,
  formerPrimary,
  leader,
  member,
  nowMs,
  orphan,
  peer,
  primaryMember,
  provenLeader,
  silentPeer,
  standby,
  starting,
  stopped,
} from './worlds.ts';

const crashed = { ...stopped, state: 'crashed' } as const;
const failed = {
  postgres: { ...stopped, state: 'start failed' },
  memory: { isRecovering: true, lastStartFailedAtMs: nowMs - 500 },
} as const;

test('a crashed primary with its lease is started where it stands, on its timeline', () => {
  for (const clusterState of ['in production', 'shutting down', 'in crash recovery', 'shut down']) {
    const world = provenLeader({ postgres: { ...crashed, control: { ...control, clusterState } } });
    assert.deepEqual(actionIn(world), { kind: 'start-primary' });
    assert.equal(messageIn(world), 'starting primary after failure');
  }
});

test('with primary_start_timeout 0 a crash means a failover, where somebody can take over', () => {
  const config = { primary_start_timeout: 0 };
  const world = (peers: ReturnType<typeof peer>[]) =>
    provenLeader({ config, postgres: crashed, learned: { peers } });
  assert.deepEqual(stepIn(world([])), { kind: 'ask-peers', names: ['b', 'c'] });
  assert.equal(
    messageIn(world([peer('b'), peer('c')])),
    'stopped PostgreSQL to fail over after a crash',
  );
  assert.deepEqual(actionIn(world([silentPeer('b'), silentPeer('c')])), { kind: 'start-primary' });
});

test('a leader that was a standby starts read-only first, and follows nobody', () => {
  const world = provenLeader({ postgres: { ...stopped, isSetUpAsStandby: true } });
  assert.deepEqual(actionIn(world), { kind: 'start-standby', role: 'replica', upstream: null });
  assert.equal(messageIn(world), 'starting as readonly because i had the session lock');
});

test('a leader whose start failed gives the key to somebody else, and tries again later', () => {
  const step = stepIn(leader(failed));
  assert.ok(step.kind === 'release-lock' && step.wakeInMs === 2000);
  assert.equal(step.message, 'removed leader key after trying and failing to start postgres');
});

test('who loses the key while it is down reads first who has it now', () => {
  const refused = { learned: { lock: 'refused' }, memory: { leaseUntilMs: null } } as const;
  const step = stepIn(leader({ ...refused, postgres: crashed }));
  assert.ok(step.kind === 'done' && step.wakeInMs === 0);
});

test('a start that failed is not repeated at once, and is repeated after a pause', () => {
  const step = stepIn(standby(failed));
  assert.ok(step.kind === 'done' && step.message === 'failed to start postgres');
  const later = standby({
    ...failed,
    memory: {
      ...failed.memory,
      lastStartFailedAtMs: nowMs - 2000,
      rewind: { kind: 'not-needed', against: 'a@1', why: '' },
    },
  });
  assert.equal(actionIn(later).kind, 'start-standby');
});

test('a former primary waits a while for its successor, but for a cluster of its own', () => {
  const justDemoted = { postgres: stopped, memory: { demotedAtMs: nowMs - 4000 } } as const;
  const step = stepIn(orphan(justDemoted));
  assert.ok(step.kind === 'done' && step.wakeInMs === 6000);
  const late = { ...justDemoted, memory: { demotedAtMs: nowMs - 10_000 } };
  assert.equal(actionIn(orphan(late)).kind, 'start-standby');
  const alone = cluster(null, { members: [member('b')] });
  const world = orphan({ ...justDemoted, cluster: alone, lockedCluster: alone });
  assert.equal(actionIn(world).kind, 'start-standby');
});

test('who does not lead starts as a standby of the leader', () => {
  const rewind = { kind: 'not-needed', against: 'a@1', why: '' } as const;
  assert.deepEqual(actionIn(standby({ postgres: stopped, memory: { rewind } })), {
    kind: 'start-standby',
    role: 'replica',
    upstream: {
      name: 'a',
      connection: { host: '10.0.0.1', port: '5432', dbname: 'postgres' },
      slotName: 'b',
    },
  });
});

test('a start that takes too long is given up where somebody can take over', () => {
  const late = { ...starting, stateSinceMs: 301_000 };
  const world = (peers: ReturnType<typeof peer>[], config = {}) =>
    provenLeader({ config, postgres: late, learned: { peers } });
  const able = [peer('b'), peer('c')];
  assert.equal(messageIn(world(able)), 'stopped PostgreSQL because of startup timeout');
  assert.deepEqual(actionIn(world(able)), { kind: 'demote', mode: 'immediate' });
  assert.equal(
    messageIn(world([silentPeer('b'), silentPeer('c')])),
    'primary start has timed out, but continuing to wait because failover is not possible',
  );
  const patient = stepIn(world(able, { primary_start_timeout: 400 }));
  assert.ok(patient.kind === 'done' && patient.wakeInMs === 1000);
  assert.equal(patient.message, 'PostgreSQL is still starting up, 99 seconds until timeout');
});

test('a restart with a time limit of its own goes by that', () => {
  const world = provenLeader({
    postgres: { ...starting, stateSinceMs: 11_000 },
    memory: { startTimeoutMs: 10_000 },
    learned: { peers: [peer('b'), peer('c')] },
  });
  assert.deepEqual(actionIn(world), { kind: 'demote', mode: 'immediate' });
});

test('a stopped standby whose watchdog still runs disables it first', () => {
  const world = orphan({ postgres: stopped, memory: { isWatchdogRunning: true } });
  assert.deepEqual(stepIn(world), { kind: 'watchdog', to: 'disable' });
});

test('a crashed former primary is started as a standby, which recovers it, and compared then', () => {
  const postgres = { ...crashed, isSetUpAsStandby: false, control };
  assert.equal(actionIn(standby({ postgres })).kind, 'start-standby');
  const failedOnce = { lastStartFailedAtMs: nowMs - 60_000 } as const;
  const world = (memory: Partial<World['memory']>) =>
    actionIn(standby({ postgres, memory: { ...failedOnce, ...memory } })).kind;
  assert.equal(world({}), 'crash-recovery', 'where that does not work, in single-user mode');
  assert.equal(world({ wasCrashRecoveryTried: true }), 'start-standby', 'and that once');
});

test('a leader that is said to run on no timeline yet is waited for before a start', () => {
  const members = [member('a', { ...primaryMember, timeline: null }), member('b'), member('c')];
  const young = { ...formerPrimary, stateSinceMs: 1000 };
  const step = stepIn(standby({ postgres: young, cluster: cluster('a', { members }) }));
  assert.ok(step.kind === 'done' && /has not finished its promotion/u.test(step.message));
  const old = { ...formerPrimary, stateSinceMs: 31_000 };
  assert.equal(
    actionIn(standby({ postgres: old, cluster: cluster('a', { members }) })).kind,
    'start-standby',
  );
});
