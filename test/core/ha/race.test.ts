// Who may take the key when nobody has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { judgeRace } from '#core/ha/race.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { messageIn, stepIn } from './ask.ts';
import type { Changes } from './worlds.ts';
import {
  cluster,
  control,
  failover,
  history,
  member,
  nowMs,
  orphan,
  peer,
  primaryFacts,
  primaryWithoutKey,
  silentPeer,
  standbySql,
  starting,
  sync,
  systemId,
} from './worlds.ts';

/** The verdict of `b` once these have answered. */
function verdict(peers: readonly PeerStatus[], changes: Changes = {}): string {
  const found = judgeRace(orphan({ ...changes, learned: { peers, ...changes.learned } }));
  return 'why' in found
    ? found.why
    : found.kind === 'ask'
      ? `ask ${found.names.join(',')}`
      : found.kind;
}

const both = [peer('a'), peer('c')] as const;
const synchronous = {
  config: { synchronous_mode: true },
  cluster: { sync: sync('a', ['b']) },
} as const;
const quorum = {
  config: { synchronous_mode: 'quorum' },
  cluster: { sync: sync('a', ['b', 'c'], 1) },
} as const;

test('everybody is asked, those too that only the last view with a leader knew', () => {
  const onlyMe = cluster(null, { members: [member('b')] });
  assert.deepEqual(stepIn(orphan({ cluster: onlyMe })), { kind: 'ask-peers', names: ['a', 'c'] });
});

test('everybody is asked, those too of whom only the failsafe topology knows', () => {
  const topology = { b: 'http://b/patroni', d: 'http://d/patroni' };
  const world = orphan({
    lockedCluster: cluster(null, { members: [member('b')] }),
    cluster: { members: [member('b')], failsafe: topology },
  });
  assert.deepEqual(stepIn(world), { kind: 'ask-peers', names: ['d'] });
});

test('the newer timeline is further than the greater position, unless its member can not lead itself', () => {
  const newer = peer('a', { timeline: 2, lsn: lsnOf(10) });
  assert.match(verdict([newer, peer('c')]), /Wal position of a is ahead/u);
  const older = peer('a', { timeline: 1, lsn: lsnOf(1_000_000) });
  const onTwo = { sql: { ...standbySql, receivedTimeline: 2 } } as const;
  assert.equal(verdict([older, peer('c')], onTwo), 'may-lead');
  const config = { maximum_lag_on_failover: 100 };
  assert.equal(verdict([newer, peer('c')], { config }), 'may-lead', 'it lags too far behind');
  const failsafe = { b: 'http://b/patroni', c: 'http://c/patroni' };
  const outside = { config: { failsafe_mode: true }, cluster: { failsafe } } as const;
  assert.equal(verdict([newer, peer('c')], outside), 'may-lead', 'it is not in the topology');
});

test('nobody is asked twice', () => {
  assert.equal(verdict([peer('a')]), 'ask c');
  assert.equal(verdict(both), 'may-lead');
});

test('a former leader that still answers does not stand in the way once its lease is gone', () => {
  const former = peer('a', { isInRecovery: false });
  assert.equal(verdict([former, peer('c')]), 'may-lead');
});

test('a former leader that still holds a lease is waited for', () => {
  const former = peer('a', { isInRecovery: false, leaseLeftMs: 5000 });
  assert.match(verdict([former, peer('c')]), /^a still holds a leader lease/u);
});

test('a Patroni does not tell of its lease: its living primary blocks, as in Patroni', () => {
  const former = peer('a', { isInRecovery: false, leaseLeftMs: null });
  assert.equal(verdict([former, peer('c')]), 'Primary (a) is still alive');
});

test('who does not answer counts for nothing', () => {
  assert.equal(verdict([silentPeer('a'), silentPeer('c')]), 'may-lead');
});

test('whoever is ahead goes first', () => {
  const aheadOf = peer('c', { lsn: lsnOf(1001) });
  assert.equal(verdict([peer('a'), aheadOf]), 'Wal position of c is ahead of my wal position');
  assert.equal(verdict([peer('a'), peer('c', { lsn: lsnOf(999) })]), 'may-lead');
});

test('received and replayed count, whichever is further', () => {
  const sql = { receiveLsn: lsnOf(10), replayLsn: lsnOf(1001) };
  assert.equal(verdict([peer('a'), peer('c', { lsn: lsnOf(1001) })], { sql }), 'may-lead');
});

test('without a position of its own nobody races', () => {
  assert.equal(
    verdict(both, { sql: { receiveLsn: null, replayLsn: null } }),
    'My wal position is not known',
  );
  const postgres = { sql: null, sqlProblem: 'hung' };
  assert.equal(verdict(both, { postgres }), 'My wal position is not known');
});

test('of equals the higher priority goes first', () => {
  const preferred = peer('c', { tags: { failover_priority: 2 } });
  assert.match(
    verdict([peer('a'), preferred]),
    /^c has equally tolerable WAL position and priority 2/u,
  );
  assert.equal(verdict([peer('a'), preferred], { tags: { failover_priority: 2 } }), 'may-lead');
  const behind = peer('c', { tags: { failover_priority: 2 }, lsn: lsnOf(999) });
  assert.equal(verdict([peer('a'), behind]), 'may-lead');
});

test('members that may not lead, or whose watchdog failed, are no rivals', () => {
  const excluded = cluster(null, {
    members: [member('a'), member('b'), member('c', { tags: { nofailover: true } })],
  });
  assert.equal(verdict([peer('a')], { cluster: excluded, lockedCluster: excluded }), 'may-lead');
  const unwatched = peer('c', { lsn: lsnOf(5000), isWatchdogFailed: true });
  assert.equal(verdict([peer('a'), unwatched]), 'may-lead');
});

test('who lags further than maximum_lag_on_failover does not race', () => {
  const status = { lastLsn: lsnOf(1000 + 1_048_577), slots: {}, retainSlots: [] };
  assert.equal(
    verdict(both, { cluster: { status } }),
    'My wal position exceeds maximum replication lag',
  );
  const justSo = { ...status, lastLsn: lsnOf(1000 + 1_048_576) };
  assert.equal(verdict(both, { cluster: { status: justSo } }), 'may-lead');
});

test('with check_timeline a member of an older timeline does not race', () => {
  const old = { cluster: { history: history(2) }, config: { check_timeline: true } };
  assert.equal(verdict(both, old), 'My timeline 1 is behind last known cluster timeline 2');
  assert.equal(verdict(both, { ...old, config: {} }), 'may-lead');
  assert.equal(verdict(both, { ...old, sql: { receivedTimeline: 2 } }), 'may-lead');
});

test('in synchronous mode only the synchronous standbys and the former leader race', () => {
  assert.equal(verdict([peer('a')], synchronous), 'may-lead');
  const other = { ...synchronous, cluster: { sync: sync('a', ['c']) } };
  assert.equal(verdict(both, other), 'I am not one of the synchronous standbys');
  const former = { ...synchronous, cluster: { sync: sync('b', ['c']) } };
  assert.equal(verdict([peer('c')], former), 'may-lead');
});

test('names of synchronous standbys are compared without regard to case', () => {
  assert.equal(
    verdict([peer('a')], { ...synchronous, cluster: { sync: sync('a', ['B']) } }),
    'may-lead',
  );
});

test('the former synchronous leader may be ahead by what nobody was told is committed', () => {
  assert.equal(verdict([peer('a', { lsn: lsnOf(2000) })], synchronous), 'may-lead');
  assert.match(
    verdict([peer('a', { lsn: lsnOf(2000) }), peer('c')]),
    /^Wal position of a is ahead/u,
  );
});

test('with quorum commit as many voters have to confirm the position as the quorum says', () => {
  assert.equal(verdict(both, quorum), 'may-lead');
  assert.match(
    verdict([peer('a'), silentPeer('c')], quorum),
    /^Quorum requirement 1 is not reached/u,
  );
  const alone = { ...quorum, cluster: { sync: sync('a', ['b', 'c'], 0) } };
  assert.equal(verdict([peer('a'), silentPeer('c')], alone), 'may-lead');
});

test('with quorum commit somebody from outside needs one voter more', () => {
  const outside = { ...quorum, cluster: { sync: sync('a', ['c', 'd'], 0) } };
  const members = [...['a', 'b', 'c', 'd'].map((name) => member(name))];
  const world = { ...outside, cluster: { ...outside.cluster, members } };
  const locked = { lockedCluster: cluster('a', { members }) };
  assert.equal(
    verdict([peer('a'), peer('c'), silentPeer('d')], { ...world, ...locked }),
    'may-lead',
  );
  assert.match(
    verdict([peer('a'), silentPeer('c'), silentPeer('d')], { ...world, ...locked }),
    /^Quorum requirement 0 is not reached/u,
  );
});

test('the backoff after a failed pre_promote is one ttl', () => {
  const recent = { memory: { prePromoteFailedAtMs: nowMs - 29_000 } };
  assert.match(verdict(both, recent), /^backoff: skip leader race after pre_promote/u);
  assert.equal(verdict(both, { memory: { prePromoteFailedAtMs: nowMs - 30_000 } }), 'may-lead');
});

test('who starts, may not lead, or lacks a required watchdog does not race', () => {
  assert.equal(verdict(both, { postgres: starting }), 'PostgreSQL is still starting up');
  assert.equal(verdict(both, { tags: { nofailover: true } }), 'I am not allowed to become primary');
  const unwatched = { isWatchdogRequired: true, isWatchdogHealthy: false };
  assert.equal(verdict(both, { me: unwatched }), 'Watchdog device is not usable');
});

test('who is not in the failsafe topology does not race', () => {
  const config = { failsafe_mode: true };
  const without = { a: 'http://10.0.0.1:8008/patroni' };
  assert.equal(
    verdict(both, { config, cluster: { failsafe: without } }),
    'I am not a member of the failsafe topology',
  );
  assert.equal(verdict(both, { config, cluster: { failsafe: {} } }), 'may-lead');
});

test('a primary without a key keeps its place, whatever a standby would be asked', () => {
  assert.deepEqual(stepIn(primaryWithoutKey()), { kind: 'acquire-lock' });
  assert.deepEqual(stepIn(primaryWithoutKey({ tags: { nofailover: true } })), {
    kind: 'acquire-lock',
  });
});

test('a primary of an older timeline than the cluster’s gives way', () => {
  const behind = primaryWithoutKey({ cluster: { history: history(2) } });
  assert.match(
    messageIn(behind),
    /^demoting self because i am not the healthiest node \(My timeline 1/u,
  );
});

test('a primary gives way where another one has led the synchronous cluster since', () => {
  const config = { synchronous_mode: true };
  const own = primaryWithoutKey({ config, cluster: { sync: sync('a', ['b']) } });
  assert.deepEqual(stepIn(own), { kind: 'acquire-lock' });
  const passed = primaryWithoutKey({ config, cluster: { sync: sync('b', ['a']) } });
  assert.match(
    messageIn(passed),
    /^demoting self because .*b led the synchronous cluster after me/u,
  );
});

test('in pause a primary takes the key only of its own cluster', () => {
  const config = { pause: true };
  assert.deepEqual(stepIn(primaryWithoutKey({ config })), { kind: 'acquire-lock' });
  assert.deepEqual(stepIn(primaryWithoutKey({ config, cluster: { initialize: null } })), {
    kind: 'acquire-lock',
  });
  const other = { ...control, systemId: systemId.replace('7', '8') };
  const found = judgeRace(primaryWithoutKey({ config, postgres: { control: other } }));
  assert.ok(found.kind === 'may-not' && found.why.startsWith('system ID mismatch'));
});

test('in pause no standby races', () => {
  assert.equal(verdict(both, { config: { pause: true } }), 'Management is paused');
});

test('the loser of a race goes on following; a primary that loses one stops', () => {
  const lost = { learned: { lock: 'lost-race' } } as const;
  const follower = stepIn(orphan(lost));
  assert.deepEqual(follower, {
    kind: 'done',
    message: 'following new leader after trying and failing to obtain lock',
    wakeInMs: 0,
  });
  assert.equal(
    messageIn(primaryWithoutKey(lost)),
    'demoted self after trying and failing to obtain lock',
  );
  const paused = primaryWithoutKey({ ...lost, config: { pause: true } });
  assert.equal(messageIn(paused), 'PAUSE: continue to run as primary without lock');
});

test('with primary_race_backoff a leader that still sends WAL gets time', () => {
  const config = { primary_race_backoff: 30, loop_wait: 5 };
  const began = orphan({ config });
  assert.deepEqual(stepIn(began), { kind: 'remember', memory: { raceBackoffSinceMs: nowMs } });
  const positions = { previousLsn: lsnOf(900), lastLsn: lsnOf(1000) };
  const at = (sinceMs: number, more: Changes = {}) =>
    stepIn(
      orphan({
        config,
        ...more,
        memory: { ...positions, raceBackoffSinceMs: nowMs - sinceMs, ...more.memory },
      }),
    );
  const waiting = at(20_000);
  assert.ok(waiting.kind === 'done' && waiting.wakeInMs === 5000);
  assert.match(
    waiting.message,
    /^My \(b\) wal position moved since last heart beat loop, 10 seconds/u,
  );
  assert.equal(at(30_000).kind, 'ask-peers');
  assert.equal(at(20_000, { sql: { ...standbySql, receiverState: null } }).kind, 'ask-peers');
  assert.equal(at(20_000, { memory: { previousLsn: lsnOf(1000) } }).kind, 'ask-peers');
  assert.equal(at(4000, { memory: { previousLsn: lsnOf(1000) } }).kind, 'done');
  const asked = { cluster: { failover: failover({ leader: 'a', candidate: 'b' }) } };
  assert.equal(at(20_000, asked).kind, 'acquire-lock');
});

test('whoever may lead is behind nobody that answered, but a former synchronous leader', () => {
  const anyAnswer = fc.record({
    lsn: fc.integer({ min: 1, max: 2000 }),
    isReachable: fc.boolean(),
    failoverPriority: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(anyAnswer, { minLength: 2, maxLength: 2 }),
      fc.boolean(),
      (found, isSync) => {
        const peers = found.map(({ lsn, isReachable, failoverPriority }, index) =>
          peer(index === 0 ? 'a' : 'c', {
            lsn: lsnOf(lsn),
            isReachable,
            tags: { failover_priority: failoverPriority },
          }),
        );
        if (verdict(peers, isSync ? synchronous : {}) !== 'may-lead') return;
        for (const { name, lsn, isReachable } of peers) {
          if (!isReachable || isSync) continue;
          assert.ok(lsn !== null && lsn <= lsnOf(1000), `${name} is ahead`);
        }
      },
    ),
  );
});

test('a primary of the cluster that lost its keys adopts it as it is', () => {
  const step = stepIn(
    primaryWithoutKey({ cluster: { initialize: null, config: null }, postgres: primaryFacts }),
  );
  assert.deepEqual(step, { kind: 'write-initialize', createNew: true, systemId });
});

test('who could not write does not race', () => {
  const memory = { storageProblem: '/data can’t be written: no space is left' };
  assert.match(verdict(both, { memory }), /^My storage takes no writes: \/data/u);
});
