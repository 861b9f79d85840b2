// Which standbys are fit to be synchronous, and which of them come first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { CandidateFacts } from '#core/sync/sync-candidates.ts';
import { pickStandbys, syncCandidates } from '#core/sync/sync-candidates.ts';
import { memberOf, rowOf } from './samples.ts';

const noLimit = { maximumLagOnSyncnodeBytes: -1 };

function namesOf(
  facts: Partial<CandidateFacts>,
  maximumLagOnSyncnodeBytes = -1,
): readonly string[] {
  return syncCandidates(
    {
      me: 'l',
      members: [],
      replication: [],
      synchronousCommit: 'on',
      walFlushLsn: lsnOf(1000),
      ...facts,
    },
    { maximumLagOnSyncnodeBytes },
  ).map(({ name }) => name);
}

test('only running members that stream from us and may be synchronous are fit', () => {
  const members = [
    memberOf('l'),
    memberOf('ok'),
    memberOf('starting', {}, { state: 'starting' }),
    memberOf('nosync', { nosync: true }),
    memberOf('zero', { sync_priority: 0 }),
    memberOf('both', { nosync: false, sync_priority: 0 }),
    memberOf('cascade', { replicatefrom: 'ok' }),
    memberOf('ours', { replicatefrom: 'l' }),
    memberOf('orphan', { replicatefrom: 'gone' }),
    memberOf('catchup'),
    memberOf('silent'),
    memberOf('absent'),
  ];
  const replication = [
    ...members.slice(0, 9).map(({ name }) => rowOf(name, 100)),
    rowOf('catchup', 100, { state: 'catchup' }),
    rowOf('silent', 100, { flushLsn: null }),
    rowOf('pg_receivewal', 100),
  ];
  assert.deepEqual(namesOf({ members, replication }), ['both', 'ok', 'orphan', 'ours']);
});

test('names are compared without regard to case, and spelled as the member is', () => {
  assert.deepEqual(namesOf({ members: [memberOf('Node-A')], replication: [rowOf('node-a', 1)] }), [
    'Node-A',
  ]);
});

test('priority comes before being synchronous, that before the position, and nofailover last', () => {
  const members = [
    memberOf('async', {}),
    memberOf('sync', {}),
    memberOf('ahead', {}),
    memberOf('high', { sync_priority: 2 }),
    memberOf('never', { sync_priority: 3, nofailover: true }),
  ];
  const replication = [
    rowOf('async', 10),
    rowOf('sync', 5, { syncState: 'sync' }),
    rowOf('ahead', 20),
    rowOf('high', 1),
    rowOf('never', 30, { syncState: 'sync' }),
  ];
  const order = ['high', 'sync', 'ahead', 'async', 'never'];
  assert.deepEqual(namesOf({ members, replication }), order);
});

test('the position that counts is the one synchronous_commit waits for', () => {
  const members = ['a', 'b', 'c'].map((name) => memberOf(name));
  const at = (write: number, flush: number, replay: number): ReturnType<typeof rowOf> =>
    rowOf('', 0, { writeLsn: lsnOf(write), flushLsn: lsnOf(flush), replayLsn: lsnOf(replay) });
  const replication = [
    { ...at(3, 1, 1), applicationName: 'a' },
    { ...at(2, 2, 1), applicationName: 'b' },
    { ...at(2, 1, 2), applicationName: 'c' },
  ];
  const first = (synchronousCommit: string): string | undefined =>
    namesOf({ members, replication, synchronousCommit })[0];
  assert.equal(first('remote_write'), 'a');
  assert.equal(first('on'), 'b');
  assert.equal(first('local'), 'b');
  assert.equal(first('remote_apply'), 'c');
});

test('who lags too far behind the best is left out, and one alone is measured against us', () => {
  const members = ['a', 'b'].map((name) => memberOf(name));
  const replication = [rowOf('a', 900), rowOf('b', 100)];
  assert.deepEqual(namesOf({ members, replication }, 500), ['a']);
  assert.deepEqual(namesOf({ members, replication: [rowOf('b', 100)] }, 500), []);
  assert.deepEqual(namesOf({ members, replication: [rowOf('b', 100)] }, 900), ['b']);
  assert.deepEqual(namesOf({ members, replication: [rowOf('b', 100)], walFlushLsn: null }, 1), [
    'b',
  ]);
});

test('of two connections of one standby the one that is further on counts', () => {
  const replication = [rowOf('a', 5, { syncState: 'sync' }), rowOf('a', 9)];
  const [found] = syncCandidates(
    { me: 'l', members: [memberOf('a')], replication, synchronousCommit: 'on', walFlushLsn: null },
    noLimit,
  );
  assert.deepEqual([found?.lsn, found?.syncState], [9n, 'async']);
});

test('in mode on as many as wanted are picked; in mode quorum all, and nofailover only where too few', () => {
  const members = ['a', 'b', 'c'].map((name) =>
    memberOf(name, name === 'c' ? { nofailover: true } : {}),
  );
  const replication = members.map(({ name }) => rowOf(name, 1));
  const candidates = syncCandidates(
    { me: 'l', members, replication, synchronousCommit: 'on', walFlushLsn: null },
    noLimit,
  );
  const picked = (synchronousMode: 'on' | 'quorum', synchronousNodeCount: number): string =>
    pickStandbys(candidates, { synchronousMode, synchronousNodeCount })
      .map(({ name }) => name)
      .join('');
  assert.equal(picked('on', 1), 'a');
  assert.equal(picked('on', 3), 'abc');
  assert.equal(picked('quorum', 1), 'ab');
  assert.equal(picked('quorum', 3), 'abc');
});
