// A standby cluster replicates from another one: its leader holds the key and never accepts writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteUpstream } from '#core/ha/upstream.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import {
  cluster,
  leader,
  member,
  nowMs,
  orphan,
  peer,
  primaryFacts,
  primaryWithoutKey,
  provenLeader,
  standby,
  standbyFacts,
  stopped,
} from './worlds.ts';

const config = {
  standby_cluster: { host: '10.1.0.1', port: 5433, primary_slot_name: 'dr', restore_command: 'cp' },
} as const;
const remote = {
  name: '',
  connection: { host: '10.1.0.1', port: '5433' },
  slotName: 'dr',
  restoreCommand: 'cp',
} as const;
const standbyLeader = { ...standbyFacts, role: 'standby_leader' } as const;

test('its leader follows the other cluster, through its slot and its archive', () => {
  assert.deepEqual(remoteUpstream(provenLeader({ config, postgres: standbyFacts })), remote);
  assert.deepEqual(stepIn(provenLeader({ config, postgres: standbyLeader })), {
    kind: 'follow',
    role: 'standby_leader',
    upstream: remote,
    message: 'no action. I am (a), the standby leader with the lock',
  });
});

test('a member that got the key leads without being promoted', () => {
  const won = {
    config,
    memory: { leaseUntilMs: nowMs + 30_000 },
    learned: { lock: 'acquired' },
  } as const;
  assert.equal(
    messageIn(orphan(won)),
    'promoted self to a standby leader by acquiring session lock',
  );
  assert.equal(
    messageIn(provenLeader({ config, postgres: standbyFacts })),
    'promoted self to a standby leader because i had the session lock',
  );
});

test('a primary in a standby cluster stops being one, with the key and without', () => {
  assert.deepEqual(actionIn(provenLeader({ config })), { kind: 'demote', mode: 'demote-cluster' });
  const without = standby({ config, postgres: primaryFacts });
  assert.deepEqual(actionIn(without), { kind: 'demote', mode: 'immediate-nolock' });
  assert.equal(messageIn(without), 'cannot be a real primary in a standby cluster');
});

test('the others follow the standby leader', () => {
  const step = stepIn(standby({ config }));
  assert.ok(step.kind === 'follow' && step.upstream?.name === 'a' && step.role === 'replica');
  assert.equal(
    step.message,
    'no action. I am (b), a secondary, and following a standby leader (a)',
  );
});

test('a leader that published nothing is followed as before', () => {
  const world = standby({ config, cluster: cluster('a', { members: [member('b')] }) });
  assert.equal(messageIn(world), 'continue following the old known standby leader');
});

test('without a leader everybody follows the other cluster, and one of them takes the key', () => {
  const ahead = [peer('a'), peer('c', { lsn: peer('c').lsn })];
  assert.deepEqual(stepIn(orphan({ config, learned: { peers: ahead } })), { kind: 'acquire-lock' });
  const lost = orphan({ config, tags: { nofailover: true } });
  const step = stepIn(lost);
  assert.ok(step.kind === 'follow');
  assert.deepEqual(step.upstream, remote);
});

test('a stopped member starts as what it is to be', () => {
  assert.deepEqual(actionIn(provenLeader({ config, postgres: stopped })), {
    kind: 'start-standby',
    role: 'standby_leader',
    upstream: remote,
  });
  assert.deepEqual(actionIn(orphan({ config, postgres: stopped })), {
    kind: 'start-standby',
    role: 'replica',
    upstream: remote,
  });
});

test('a standby leader that is paused keeps its key', () => {
  assert.deepEqual(
    stepIn(leader({ config: { ...config, pause: true }, postgres: standbyLeader })),
    { kind: 'refresh-lock' },
  );
});

test('without the section its leader is promoted in the next turn', () => {
  const world = provenLeader({ postgres: standbyLeader, learned: { watchdog: 'activated' } });
  assert.deepEqual(actionIn(world), { kind: 'promote', isStandbyLeader: false });
});

test('timelines are not compared: those of the other cluster count', () => {
  const world = primaryWithoutKey({
    config: { ...config, check_timeline: true },
    postgres: standbyFacts,
    cluster: { history: { modRevision: '1', lines: [] } },
    learned: { peers: [peer('b'), peer('c')] },
  });
  assert.deepEqual(stepIn(world), { kind: 'acquire-lock' });
});
