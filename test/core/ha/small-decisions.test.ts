// The small parts that decisions are made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isCaughtUp } from '#core/ha/caught-up.ts';
import { noCrashLoop, noteDeath, noteStart, pauseMs } from '#core/ha/crash-loop.ts';
import { demotions } from '#core/ha/demotion.ts';
import { isDetourOver } from '#core/ha/detour.ts';
import { completeHistory } from '#core/ha/history-lines.ts';
import { upstreamOf } from '#core/ha/upstream.ts';
import { watchdogTimeout } from '#core/ha/watchdog-timeout.ts';
import type { HistoryLine, Member } from '#core/dcs/cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { rowOf } from '../sync/samples.ts';
import {
  cluster,
  member,
  nowMs,
  orphan,
  position,
  primaryMember,
  primarySql,
  standby,
} from './worlds.ts';

test('whoever streams and has flushed everything can take over, by its name in any case', () => {
  const sql = (...replication: ReturnType<typeof rowOf>[]) => ({
    sql: { ...primarySql, replication },
  });
  assert.ok(isCaughtUp(sql(rowOf('Node-B', 1000)), 'node-b', lsnOf(1000)));
  assert.ok(isCaughtUp(sql(rowOf('c', 10), rowOf('b', 1000)), null, lsnOf(1000)));
  assert.ok(!isCaughtUp(sql(rowOf('b', 999)), 'b', lsnOf(1000)));
  assert.ok(!isCaughtUp(sql(rowOf('c', 1000)), 'b', lsnOf(1000)));
  assert.ok(!isCaughtUp(sql(rowOf('b', 1000, { state: 'catchup' })), 'b', lsnOf(1000)));
  assert.ok(!isCaughtUp(sql(rowOf('b', 1000, { flushLsn: null })), 'b', lsnOf(1000)));
  assert.ok(!isCaughtUp({ sql: null }, 'b', lsnOf(1000)));
});

test('the watchdog resets a machine before its lease can be somebody else’s', () => {
  assert.deepEqual(watchdogTimeout(5, 30, 10), { kind: 'possible', seconds: 25, slackSeconds: 15 });
  assert.deepEqual(watchdogTimeout(-1, 31, 10), { kind: 'possible', seconds: 15, slackSeconds: 5 });
  const late = watchdogTimeout(-1, 19, 10);
  assert.ok(late.kind === 'impossible' && /TTL 19 is less than 2x loop_wait 10/u.test(late.why));
  assert.equal(watchdogTimeout(25, 30, 10).kind, 'impossible');
  fc.assert(
    fc.property(
      fc.integer({ min: -1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 30 }),
      (margin, ttl, loopWait) => {
        const found = watchdogTimeout(margin, ttl, loopWait);
        if (found.kind === 'impossible') return;
        assert.ok(found.seconds <= ttl && found.seconds >= loopWait);
      },
    ),
  );
});

test('only the ways down that lost the key already keep it in the store', () => {
  const released = Object.entries(demotions).filter(([, { isKeyReleased }]) => isKeyReleased);
  assert.deepEqual(
    released.map(([mode]) => mode),
    ['graceful', 'immediate'],
  );
  for (const mode of ['offline', 'immediate', 'immediate-nolock'] as const) {
    assert.ok(demotions[mode].isBoundByLease, `${mode} has to end with the lease`);
  }
});

test('a server that dies soon after each start waits longer each time, and starts anew after a good run', () => {
  let loop = noCrashLoop;
  const pauses: number[] = [];
  for (let time = 0; time < 8; time += 1) {
    loop = noteDeath(noteStart(loop, time * 1000), time * 1000 + 100);
    pauses.push(pauseMs(loop));
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  assert.equal(pauseMs(noteDeath(noteStart(loop, 0), 10_000)), 0);
  assert.equal(pauseMs(noteDeath(noCrashLoop, 5)), 0);
});

const line = (timeline: number, more: Partial<HistoryLine> = {}): HistoryLine => ({
  timeline,
  lsn: lsnOf(timeline * 100),
  reason: 'no recovery target specified',
  timestamp: null,
  newLeader: null,
  ...more,
});

const inputs = {
  known: [] as readonly HistoryLine[],
  onDisk: [] as readonly HistoryLine[],
  leader: 'b',
  nowIso: '2026-11-20T10:00:00+00:00',
  most: 0,
};

test('the line of our own promotion says when it was and who leads since', () => {
  const known = [line(1, { timestamp: 'then', newLeader: 'a' })];
  assert.deepEqual(completeHistory({ ...inputs, known, onDisk: [line(1), line(2)] }), [
    known[0],
    line(2, { timestamp: inputs.nowIso, newLeader: 'b' }),
  ]);
});

test('lines of promotions nobody told of stay without a time', () => {
  const found = completeHistory({ ...inputs, onDisk: [line(1), line(2)] });
  assert.deepEqual(found?.[0], line(1));
});

test('a history that is known already is not written again', () => {
  const known = [line(1), line(2, { timestamp: 'then', newLeader: 'a' })];
  assert.equal(completeHistory({ ...inputs, known, onDisk: [line(1), line(2)] }), null);
  assert.equal(completeHistory(inputs), null);
});

test('a history that went another way replaces what was known', () => {
  const known = [line(1), line(2)];
  const other = [line(1), line(2, { lsn: lsnOf(250) })];
  const found = completeHistory({ ...inputs, known, onDisk: other });
  assert.equal(found?.[1]?.newLeader, 'b');
  assert.deepEqual(completeHistory({ ...inputs, known, onDisk: [] }), []);
});

test('no more lines are kept than max_timelines_history says', () => {
  const found = completeHistory({ ...inputs, onDisk: [line(1), line(2), line(3)], most: 2 });
  assert.deepEqual(
    found?.map(({ timeline }) => timeline),
    [2, 3],
  );
});

test('a member streams from the leader, or from the member it is tagged to replicate from', () => {
  assert.equal(upstreamOf(standby())?.name, 'a');
  assert.equal(upstreamOf(standby({ tags: { replicatefrom: 'c' } }))?.name, 'c');
  assert.equal(upstreamOf(standby({ tags: { replicatefrom: 'gone' } }))?.name, 'a');
  assert.equal(upstreamOf(standby({ tags: { replicatefrom: 'b' } }))?.name, 'a');
  const members = [member('a', primaryMember), member('b'), member('c', { connUrl: null })];
  const silent = standby({
    tags: { replicatefrom: 'c' },
    cluster: cluster('a', { members }),
  });
  assert.equal(upstreamOf(silent)?.name, 'a');
});

test('a member that gets nothing from another one streams from the leader until it may go back', () => {
  const minute = 60_000;
  const onDetour = (sinceMs: number, members: readonly Member[]) =>
    standby({
      tags: { replicatefrom: 'c' },
      cluster: cluster('a', { members }),
      memory: { detour: { around: 'c', sinceMs } },
    });
  const [a, b] = [member('a', primaryMember), member('b')];
  const fed = [a, b, member('c', { xlogLocation: lsnOf(position) })];
  assert.equal(upstreamOf(onDetour(nowMs, fed))?.name, 'a');
  assert.equal(isDetourOver(onDetour(nowMs, fed)), false);
  assert.equal(isDetourOver(onDetour(nowMs - minute, fed)), true);
  const ahead = [a, b, member('c', { xlogLocation: lsnOf(position + 1) })];
  assert.equal(isDetourOver(onDetour(nowMs - minute, ahead)), false);
  const unfed = [a, b, member('c', { replicationState: null })];
  assert.equal(isDetourOver(onDetour(nowMs - minute, unfed)), false);
  assert.equal(isDetourOver(onDetour(nowMs, [a, b])), true, 'nobody is there to go round');
  assert.equal(isDetourOver(standby()), false);
});

test('a member that may not stream follows the archive, without a slot', () => {
  assert.deepEqual(upstreamOf(standby({ tags: { nostream: true } })), {
    name: '',
    connection: null,
    slotName: null,
  });
});

test('without slots none is used, and without a leader nobody is followed', () => {
  const without = standby({ config: { postgresql: { use_slots: false } } });
  assert.equal(upstreamOf(without)?.slotName, null);
  assert.equal(upstreamOf(orphan()), null);
});
