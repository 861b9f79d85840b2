// Switchovers and failovers that people ask for: what the leader makes of the request, and what the others do once
// it has stepped down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeFailoverRequest } from '#core/ha/failover-request.ts';
import { isFailoverPossible } from '#core/ha/failover-possible.ts';
import { judgeRace } from '#core/ha/race.ts';
import type { Failover } from '#core/dcs/cluster.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import type { Changes } from './worlds.ts';
import {
  cluster,
  failover,
  member,
  nowMs,
  orphan,
  peer,
  primaryWithoutKey,
  provenLeader,
  silentPeer,
  standbyFacts,
  sync,
  wallMs,
} from './worlds.ts';

const both = [peer('b'), peer('c')] as const;
const pause = { pause: true } as const;
const switchover = { leader: 'a', candidate: 'b' } as const;

/** What the leader `a` makes of the request: a reason, or the kind of verdict. */
function asked(
  request: Partial<Failover>,
  peers: readonly PeerStatus[] = both,
  changes: Changes = {},
): string {
  const found = judgeFailoverRequest(
    provenLeader({
      ...changes,
      cluster: { ...changes.cluster, failover: failover(request) },
      learned: { peers, ...changes.learned },
    }),
  );
  return 'why' in found ? found.why : found.kind;
}

test('the leader asks the candidate first, and steps down for one that can take over', () => {
  const world = (peers: readonly PeerStatus[]) =>
    provenLeader({ cluster: { failover: failover(switchover) }, learned: { peers } });
  assert.deepEqual(stepIn(world([])), { kind: 'ask-peers', names: ['b'] });
  assert.deepEqual(actionIn(world([peer('b')])), {
    kind: 'step-down',
    candidate: 'b',
    isForced: false,
  });
  assert.equal(messageIn(world([peer('b')])), 'switchover: demoting myself');
});

test('a failover does not need a candidate that has everything, a switchover does', () => {
  const world = provenLeader({
    cluster: { failover: failover({ candidate: 'b' }) },
    learned: { peers: both },
  });
  assert.deepEqual(actionIn(world), { kind: 'step-down', candidate: 'b', isForced: true });
  assert.equal(messageIn(world), 'manual failover: demoting myself');
});

test('a request that makes no sense is cleared with its reason', () => {
  assert.equal(asked({ leader: 'c', candidate: 'b' }), 'leader name does not match: c != a');
  assert.equal(asked({ candidate: 'a' }), 'I am already the leader, no need to manual failover');
  const world = provenLeader({ cluster: { failover: failover({ candidate: 'a' }) } });
  assert.deepEqual(stepIn(world), { kind: 'clear-failover', keepCandidate: false });
});

test('a request nobody can fulfil is cleared: the healthy leader stays', () => {
  const possible = { ...switchover };
  assert.match(
    asked(possible, [silentPeer('b')]),
    /^no healthy members found, switchover is not possible \(Member b is not reachable\)/u,
  );
  assert.match(
    asked(possible, [peer('b', { tags: { nofailover: true } })]),
    /not allowed to promote/u,
  );
  assert.match(asked(possible, [peer('b', { isWatchdogFailed: true })]), /not watchdog capable/u);
  assert.match(asked({ leader: 'a', candidate: 'gone' }), /switchover: candidates list is empty/u);
});

test('a candidate that lags too far, or is on an older timeline, is none', () => {
  const status = { lastLsn: lsnOf(2_000_000), slots: {}, retainSlots: [] };
  assert.match(
    asked(switchover, both, { cluster: { status } }),
    /Member b exceeds maximum replication lag/u,
  );
  const old = { config: { check_timeline: true }, sql: { timeline: 2 } };
  assert.match(
    asked(switchover, both, old),
    /Timeline 1 of member b is behind the cluster timeline 2/u,
  );
  assert.equal(asked(switchover, both, { sql: { timeline: 2 } }), 'step-down');
});

test('without a candidate one healthy member is enough, and members that may not lead do not count', () => {
  assert.equal(asked({ leader: 'a' }, [peer('b'), silentPeer('c')]), 'step-down');
  const members = [member('a', { role: 'primary' }), member('b', { tags: { nofailover: true } })];
  assert.match(
    asked({ leader: 'a' }, [], { cluster: cluster('a', { members }) }),
    /candidates list is empty/u,
  );
});

test('a switchover in synchronous mode goes to a synchronous standby only, a failover to anybody', () => {
  const changes = { config: { synchronous_mode: true }, cluster: { sync: sync('a', ['c']) } };
  assert.match(asked(switchover, both, changes), /candidates list is empty/u);
  assert.equal(asked({ leader: 'a', candidate: 'c' }, both, changes), 'step-down');
  assert.equal(asked({ candidate: 'b' }, both, changes), 'step-down');
});

test('with quorum commit enough voters have to be there, unless a candidate is named', () => {
  const changes = {
    config: { synchronous_mode: 'quorum' },
    cluster: { sync: sync('a', ['b', 'c'], 1) },
  };
  assert.match(
    asked({ leader: 'a' }, [peer('b'), silentPeer('c')], changes),
    /Quorum requirement 1/u,
  );
  assert.equal(asked({ leader: 'a' }, both, changes), 'step-down');
  assert.equal(asked(switchover, [peer('b')], changes), 'step-down');
});

test('what a new leader must have can be asked for exactly', () => {
  const question = { action: 'failover', candidate: null, isSyncRequired: true } as const;
  const world = provenLeader({
    learned: { peers: [peer('b', { lsn: lsnOf(999) }), silentPeer('c')] },
  });
  const possible = (lsn: number) =>
    isFailoverPossible(world, { ...question, requiredLsn: lsnOf(lsn) }).kind;
  assert.equal(possible(999), 'yes');
  assert.equal(possible(1000), 'no');
});

test('a scheduled request waits for its time, and the leader wakes for it', () => {
  const request = { ...switchover, scheduledAtMs: wallMs + 4500 };
  assert.equal(asked(request), 'Awaiting switchover (in 5 seconds)');
  const world = provenLeader({
    cluster: { failover: failover(request) },
    learned: { watchdog: 'activated' },
  });
  const step = stepIn(world);
  assert.ok(step.kind === 'confirm-primary' && step.wakeInMs === 4500);
  assert.match(step.message, /the leader with the lock \(switchover: Awaiting switchover/u);
});

test('a scheduled request runs when its time has come, and is stale one and a half turns later', () => {
  assert.equal(asked({ ...switchover, scheduledAtMs: wallMs }), 'step-down');
  assert.equal(asked({ ...switchover, scheduledAtMs: wallMs - 15_000 }), 'step-down');
  assert.match(
    asked({ ...switchover, scheduledAtMs: wallMs - 15_001 }),
    /^Found a stale switchover value/u,
  );
});

test('in pause nothing scheduled runs, and a request needs a candidate', () => {
  const paused = { config: pause };
  assert.match(
    asked({ ...switchover, scheduledAtMs: wallMs - 60_000 }, both, paused),
    /does not run while paused/u,
  );
  assert.match(
    asked({ leader: 'a' }, both, paused),
    /only to a specific candidate in a paused state/u,
  );
  assert.equal(asked(switchover, both, paused), 'step-down');
});

test('a winner does not take the request that made it one for its own', () => {
  const won = {
    cluster: { failover: failover({ leader: 'a', candidate: 'b' }) },
    memory: { leaseUntilMs: nowMs + 30_000 },
    learned: { lock: 'acquired' },
  } as const;
  assert.deepEqual(stepIn(orphan(won)), { kind: 'clear-failover', keepCandidate: false });
  assert.deepEqual(stepIn(orphan({ ...won, config: pause })), {
    kind: 'clear-failover',
    keepCandidate: true,
  });
});

/** The verdict of `b` on the race this request led to. */
function raced(
  request: Partial<Failover>,
  peers: readonly PeerStatus[] = [peer('a'), peer('c')],
  changes: Changes = {},
): string {
  const found = judgeRace(
    orphan({
      ...changes,
      cluster: { ...changes.cluster, failover: failover(request) },
      learned: { peers, ...changes.learned },
    }),
  );
  return 'why' in found ? found.why : found.kind;
}

test('the candidate takes the key without asking anybody', () => {
  assert.equal(raced(switchover, []), 'may-lead');
  assert.equal(raced(switchover, [], { config: pause }), 'may-lead');
});

test('the candidate of a leader that died before it stepped down is compared as anybody is', () => {
  const behind = { cluster: { status: { lastLsn: lsnOf(5000), slots: {}, retainSlots: [] } } };
  const ahead = [peer('a'), peer('c', { lsn: lsnOf(2000) })] as const;
  assert.match(raced(switchover, ahead, behind), /Wal position of c is ahead/u);
  assert.equal(raced({ candidate: 'b' }, ahead, behind), 'may-lead', 'a failover asks for it');
  const quorum = {
    config: { synchronous_mode: 'quorum' },
    cluster: { sync: sync('a', ['b', 'c'], 1) },
  } as const;
  assert.equal(raced(switchover, [], quorum), 'ask');
  assert.match(raced(switchover, [peer('a'), silentPeer('c')], quorum), /^Quorum requirement 1/u);
  assert.equal(raced(switchover, [peer('a'), peer('c')], quorum), 'may-lead');
  const preferred = [peer('a'), peer('c', { tags: { failover_priority: 5 } })] as const;
  assert.equal(raced(switchover, preferred, quorum), 'may-lead', 'it was named');
});

test('a switchover to anybody allows no more lag than a race without it', () => {
  const lagging = {
    config: { maximum_lag_on_failover: 100 },
    cluster: { status: { lastLsn: lsnOf(50_000), slots: {}, retainSlots: [] } },
  };
  assert.match(
    raced({ leader: 'a' }, [peer('a'), peer('c')], lagging),
    /exceeds maximum replication lag/u,
  );
});

test('nobody waits for a candidate that is behind, unless a failover names it', () => {
  const behind = [peer('a'), peer('c', { lsn: lsnOf(10) })] as const;
  assert.equal(raced({ leader: 'a', candidate: 'c' }, behind), 'may-lead');
  assert.equal(raced({ candidate: 'c' }, behind), 'manual failover: to c, i am b');
});

test('a candidate that may not lead does not', () => {
  assert.equal(
    raced(switchover, [], { tags: { nofailover: true } }),
    'I am not allowed to become primary',
  );
});

test('everybody waits for a candidate that can lead', () => {
  assert.equal(raced({ leader: 'a', candidate: 'c' }), 'switchover: to c, i am b');
  assert.equal(raced({ candidate: 'c' }), 'manual failover: to c, i am b');
});

test('everybody races where the candidate can not lead or is gone, after a failover without regard to lag', () => {
  const status = { lastLsn: lsnOf(9_000_000), slots: {}, retainSlots: [] };
  const behind = { cluster: { status } };
  const silent = [peer('a'), silentPeer('c')];
  assert.equal(raced({ candidate: 'c' }, silent, behind), 'may-lead');
  assert.equal(raced({ candidate: 'gone' }, [peer('a'), peer('c')], behind), 'may-lead');
  assert.equal(raced({ leader: 'a', candidate: 'c' }, silent), 'may-lead');
  assert.match(raced({ leader: 'a', candidate: 'c' }, silent, behind), /maximum replication lag/u);
});

test('the leader that stepped down is no rival, though it is ahead', () => {
  assert.equal(raced({ leader: 'a' }, [peer('a', { lsn: lsnOf(2000) }), peer('c')]), 'may-lead');
  assert.match(
    raced({ leader: 'a' }, [peer('a'), peer('c', { lsn: lsnOf(2000) })]),
    /^Wal position of c is ahead/u,
  );
});

test('who lacks acknowledged commits leads only where it was named for a failover', () => {
  const changes = { config: { synchronous_mode: true }, cluster: { sync: sync('a', ['c']) } };
  const notSynchronous = 'I am not one of the synchronous standbys';
  assert.equal(raced(switchover, [], changes), notSynchronous);
  assert.equal(raced({ candidate: 'b' }, [], changes), 'may-lead');
  const silent = [silentPeer('a'), silentPeer('c')];
  assert.equal(raced({ candidate: 'c' }, silent, changes), notSynchronous);
  assert.equal(raced({ leader: 'a', candidate: 'c' }, silent, changes), notSynchronous);
});

test('the leader that stepped down leads again only where nobody else can', () => {
  const former = (peers: readonly PeerStatus[]) =>
    judgeRace(
      orphan({
        cluster: { failover: failover({ leader: 'b', candidate: 'c' }) },
        learned: { peers },
      }),
    );
  assert.equal(former([peer('a'), silentPeer('c')]).kind, 'may-not');
  assert.equal(former([silentPeer('a'), silentPeer('c')]).kind, 'may-lead');
});

test('the leader that stepped down for a candidate that too few voters confirm leads again', () => {
  const former = (...peers: readonly PeerStatus[]) =>
    judgeRace(
      orphan({
        config: { synchronous_mode: 'quorum' },
        cluster: {
          failover: failover({ leader: 'b', candidate: 'c' }),
          sync: sync('b', ['a', 'c'], 1),
        },
        learned: { peers },
      }),
    );
  assert.deepEqual(former(peer('c')), { kind: 'ask', names: ['a'] });
  assert.equal(former(peer('a'), peer('c')).kind, 'may-not', 'it is waited for');
  assert.equal(former(silentPeer('a'), peer('c')).kind, 'may-lead');
  const ahead = peer('c', { lsn: lsnOf(2000) });
  assert.equal(
    former(silentPeer('a'), ahead).kind,
    'may-not',
    'and not over somebody who has more',
  );
});

test('in pause a request for somebody who is no member is cleared by the primary that stands', () => {
  const world = primaryWithoutKey({
    config: pause,
    cluster: { failover: failover({ candidate: 'gone' }) },
  });
  assert.deepEqual(stepIn(world), { kind: 'clear-failover', keepCandidate: false });
});

test('in pause the candidate that got the key is promoted', () => {
  const world = orphan({
    config: pause,
    cluster: { failover: failover(switchover) },
    memory: { leaseUntilMs: nowMs + 30_000 },
    learned: { lock: 'acquired', isFailoverKeyCleared: true },
    postgres: standbyFacts,
  });
  assert.equal(actionIn(world).kind, 'promote');
});
