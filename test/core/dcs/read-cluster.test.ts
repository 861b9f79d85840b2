// Patroni's keys and the view they make: the examples of its own documentation, and garbage.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  clusterTimeline,
  compareVersions,
  isUnlocked,
  minVersion,
} from '#core/dcs/cluster-facts.ts';
import type { Cluster, HistoryLine } from '#core/dcs/cluster.ts';
import { readFailover, writeFailover } from '#core/dcs/failover.ts';
import { readHistory, writeHistory } from '#core/dcs/history.ts';
import { formatIsoTime, parseIsoTime } from '#core/dcs/iso-time.ts';
import { clusterPrefix, memberKey, memberOfKey } from '#core/dcs/keys.ts';
import { readMember } from '#core/dcs/member.ts';
import type { StoredKey } from '#core/dcs/read-cluster.ts';
import { emptyCluster, readCluster } from '#core/dcs/read-cluster.ts';
import { emptyStatus, readStatus, writeStatus } from '#core/dcs/status.ts';
import { isNamedInSync, readSyncState, writeSyncState } from '#core/dcs/sync-state.ts';
import { lsnOf } from '#core/postgres/lsn.ts';

const lsns = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(lsnOf);
const names = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/u);

function stored(entries: Readonly<Record<string, string>>): readonly StoredKey[] {
  return Object.entries(entries).map(([key, value], at) => ({
    key,
    value,
    modRevision: String(at + 1),
    lease: key === 'leader' || key.startsWith('members/') ? '77' : '',
  }));
}

test('all keys of a running cluster are read', () => {
  const cluster = readCluster(
    stored({
      initialize: '7412345678901234567',
      config: '{"ttl":30,"postgresql":{"use_pg_rewind":true}}',
      leader: 'postgres-0',
      'members/postgres-0':
        '{"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni","state":"running","role":"master","version":"4.1.4","xlog_location":67108992,"timeline":2,"checkpoint_after_promote":false}',
      'members/postgres-1':
        '{"state":"running","role":"replica","tags":{"nofailover":true},"replication_state":"streaming"}',
      status:
        '{"optime":67108992,"slots":{"postgres_1":67108992},"retain_slots":["postgres_0","postgres_1"]}',
      failover: '{}',
      sync: '{"leader":"postgres-0","quorum":1,"sync_standby":"postgres-1, postgres-2"}',
      history:
        '[[1,67108992,"no recovery target specified","2026-11-20T12:00:00.123456+00:00","postgres-1"]]',
      failsafe: '{"postgres-0":"http://10.0.0.1:8008/patroni"}',
      'unknown/key': 'x',
    }),
  );

  assert.equal(cluster.initialize, '7412345678901234567');
  assert.deepEqual(cluster.config?.data, { ttl: 30, postgresql: { use_pg_rewind: true } });
  assert.equal(cluster.leader?.name, 'postgres-0');
  assert.equal(cluster.leader?.session, '77');
  assert.equal(cluster.leader?.member, cluster.members[0]);
  const [first, second] = cluster.members;
  assert.equal(first?.role, 'primary');
  assert.equal(first?.xlogLocation, 67_108_992n);
  assert.equal(first?.timeline, 2);
  assert.equal(first?.checkpointAfterPromote, false);
  assert.equal(first?.apiUrl, 'http://10.0.0.1:8008/patroni');
  assert.equal(second?.checkpointAfterPromote, null);
  assert.equal(second?.replicationState, 'streaming');
  assert.deepEqual(second?.tags, { nofailover: true });
  assert.deepEqual(cluster.status, {
    lastLsn: 67_108_992n,
    slots: { postgres_1: 67_108_992n },
    retainSlots: ['postgres_0', 'postgres_1'],
  });
  assert.equal(cluster.failover, null);
  assert.deepEqual(cluster.sync.voters, ['postgres-1', 'postgres-2']);
  assert.equal(cluster.sync.quorum, 1);
  assert.equal(cluster.history?.lines[0]?.newLeader, 'postgres-1');
  assert.equal(clusterTimeline(cluster), 2);
  assert.deepEqual(cluster.failsafe, { 'postgres-0': 'http://10.0.0.1:8008/patroni' });
  assert.deepEqual(minVersion(cluster), [4, 1, 4]);
});

test('no keys make an empty cluster', () => {
  assert.deepEqual(emptyCluster, {
    initialize: null,
    config: null,
    leader: null,
    status: emptyStatus,
    members: [],
    failover: null,
    sync: { modRevision: null, leader: null, voters: [], quorum: 0 },
    history: null,
    failsafe: null,
  });
  assert.ok(isUnlocked(emptyCluster));
  assert.equal(clusterTimeline(emptyCluster), 0);
});

test('a leader without a member key is known by name, and an empty leader key is nobody', () => {
  const [leader] = [readCluster(stored({ leader: 'gone' })).leader];
  assert.equal(leader?.name, 'gone');
  assert.equal(leader?.member, null);
  assert.ok(isUnlocked(readCluster(stored({ leader: '' }))));
});

test('garbage under any key never throws', () => {
  const keys = [
    'initialize',
    'config',
    'leader',
    'failover',
    'sync',
    'history',
    'status',
    'failsafe',
    'optime/leader',
    'slots',
    'members/a',
    'members/',
    'members/a/b',
    '',
  ];
  const jsonLike = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.jsonValue().map((value) =>
      JSON.stringify({
        leader: value,
        member: value,
        scheduled_at: value,
        optime: value,
        slots: value,
        retain_slots: value,
        sync_standby: value,
        quorum: value,
        tags: value,
        conn_kwargs: value,
        xlog_location: value,
      }),
    ),
    fc.jsonValue().map((value) => JSON.stringify([[value, value, value], value])),
    fc.string().map((text) => `postgres://${text}`),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), jsonLike)), (entries) => {
      readCluster(stored(Object.fromEntries(entries)));
    }),
  );
});

test('a wiped or broken configuration has no data', () => {
  for (const value of ['', '{', '[]', 'null', '5', '"{}"']) {
    assert.equal(readCluster(stored({ config: value })).config?.data, null);
  }
});

test('a position beyond 2^53 goes through the status unharmed', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          lastLsn: fc.option(lsns),
          slots: fc.dictionary(names, lsns, { noNullPrototype: true }),
          retainSlots: fc.array(names),
        },
        { noNullPrototype: true },
      ),
      (status) => {
        assert.deepEqual(readStatus(writeStatus(status)), status);
      },
    ),
  );
  assert.equal(
    writeStatus({ lastLsn: lsnOf(2n ** 63n), slots: { a: lsnOf(1) }, retainSlots: ['a'] }),
    '{"optime":9223372036854775808,"slots":{"a":1},"retain_slots":["a"]}',
  );
  const lost = { lastLsn: null, slots: { a: lsnOf(1) }, retainSlots: [], lostSlots: ['a'] };
  assert.equal(writeStatus(lost), '{"slots":{"a":1},"lost_slots":["a"]}');
  assert.deepEqual(readStatus(writeStatus(lost)), lost);
  assert.deepEqual(readStatus('{"lost_slots":"nonsense"}'), emptyStatus);
  assert.equal(writeStatus({ lastLsn: lsnOf(5), slots: {}, retainSlots: [] }), '{"optime":5}');
});

test('the status is read in all the forms it has had', () => {
  assert.deepEqual(readStatus('67108992'), { ...emptyStatus, lastLsn: 67_108_992n });
  assert.deepEqual(
    readStatus(
      '{"optime":"7","slots":"{\\"a\\":\\"9\\",\\"b\\":\\"x\\"}","retain_slots":"[\\"a\\",1]"}',
    ),
    {
      lastLsn: 7n,
      slots: { a: 9n, b: 0n },
      retainSlots: ['a'],
    },
  );
  assert.deepEqual(readStatus('nonsense'), emptyStatus);
  const legacy = readCluster(stored({ 'optime/leader': '42', slots: '{"a":1}' }));
  assert.deepEqual(legacy.status, { lastLsn: 42n, slots: { a: 1n }, retainSlots: [] });
  const both = readCluster(stored({ 'optime/leader': '42', status: '{"optime":43}' }));
  assert.equal(both.status.lastLsn, 43n);
});

test('a request to fail over is read, written, and cleared by an empty object', () => {
  const text = writeFailover({
    leader: 'a',
    candidate: 'b',
    scheduledAt: '2026-11-20T13:00:00+01:00',
  });
  assert.equal(text, '{"leader":"a","member":"b","scheduled_at":"2026-11-20T13:00:00+01:00"}');
  assert.deepEqual(readFailover(text, '3'), {
    modRevision: '3',
    leader: 'a',
    candidate: 'b',
    scheduledAtMs: Date.parse('2026-11-20T12:00:00Z'),
  });
  assert.equal(writeFailover(null), '{}');
  assert.equal(
    writeFailover({ leader: null, candidate: 'b', scheduledAt: null }),
    '{"member":"b"}',
  );
  for (const nothing of ['{}', '', 'null', '[]', ':', '{"leader":""}', '{"member":null}']) {
    assert.equal(readFailover(nothing, '1'), null, nothing);
  }
});

test('the old form leader:candidate is understood, and a time nobody can read cancels a request', () => {
  const read = (text: string): unknown => {
    const { leader, candidate } = readFailover(text, '1') ?? {};
    return [leader, candidate];
  };
  assert.deepEqual(read('abc:def'), ['abc', 'def']);
  assert.deepEqual(read('abc'), ['abc', null]);
  assert.deepEqual(read(' : def'), [null, 'def']);
  assert.equal(readFailover('{"leader":"a","scheduled_at":"tomorrow"}', '1'), null);
  assert.equal(readFailover('{"leader":"a","scheduled_at":5}', '1'), null);
});

test('a synchronous state is the same after writing and reading, with its voters sorted', () => {
  fc.assert(
    fc.property(names, fc.uniqueArray(names), fc.nat(), (leader, voters, quorum) => {
      const read = readSyncState(writeSyncState({ leader, voters, quorum }), '9');
      assert.deepEqual(read, { modRevision: '9', leader, voters: voters.toSorted(), quorum });
    }),
  );
  assert.equal(
    writeSyncState({ leader: 'postgres-0', voters: ['c', 'b'], quorum: 0 }),
    '{"leader":"postgres-0","quorum":0,"sync_standby":"b,c"}',
  );
  assert.equal(
    writeSyncState({ leader: null, voters: [], quorum: 0 }),
    '{"leader":null,"quorum":0,"sync_standby":null}',
  );
  const sync = readSyncState('{"leader":"Foo","sync_standby":"bar"}', '1');
  assert.ok(isNamedInSync(sync, 'foo') && isNamedInSync(sync, 'BAR'));
  assert.ok(!isNamedInSync(readSyncState('{"sync_standby":"bar"}', '1'), 'bar'));
});

test('the history is the same after writing and reading, and a broken end makes it unknown', () => {
  const lines = fc.array(
    fc.record(
      {
        timeline: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        lsn: lsns,
        reason: fc.string(),
        timestamp: fc.option(fc.string({ minLength: 1 })),
        newLeader: fc.option(names),
      },
      { noNullPrototype: true },
    ) satisfies fc.Arbitrary<HistoryLine>,
  );
  fc.assert(
    fc.property(lines, (history) => {
      assert.deepEqual(readHistory(writeHistory(history), '1')?.lines, history);
    }),
  );
  const timelineOf = (text: string): number =>
    clusterTimeline({ ...emptyCluster, history: readHistory(text, '1') });
  assert.equal(timelineOf('[]'), 1);
  assert.equal(timelineOf('[["a"]]'), 0);
  assert.equal(timelineOf('nonsense'), 0);
  assert.equal(timelineOf('[["a"],[4,100,"why"]]'), 5);
  const line = { timeline: 1, lsn: lsnOf(67_108_992), reason: 'no recovery target specified' };
  assert.equal(
    writeHistory([{ ...line, timestamp: null, newLeader: null }]),
    '[[1,67108992,"no recovery target specified"]]',
  );
});

test('members that are written as connection strings, or say only how to connect, are understood', () => {
  const old = readMember(
    'a',
    'postgres://u@10.0.0.1:5432/postgres?application_name=http://10.0.0.1:8008/patroni',
    '',
  );
  assert.equal(old.connUrl, 'postgres://u@10.0.0.1:5432/postgres');
  assert.equal(old.apiUrl, 'http://10.0.0.1:8008/patroni');
  assert.equal(old.state, 'unknown');
  assert.equal(
    readMember('a', '{"conn_kwargs":{"host":"fd00::1","port":5433}}', '').connUrl,
    'postgresql://[fd00::1]:5433',
  );
  assert.equal(readMember('a', '{"conn_kwargs":{"port":5433}}', '').connUrl, null);
});

test('keys are where Patroni has them, with and without Citus', () => {
  assert.equal(
    clusterPrefix({ namespace: 'service', scope: 'batman', group: null }),
    '/service/batman/',
  );
  assert.equal(
    clusterPrefix({ namespace: '/service/', scope: 'batman', group: 0 }),
    '/service/batman/0/',
  );
  assert.equal(clusterPrefix({ namespace: '', scope: 'batman', group: null }), '/batman/');
  fc.assert(
    fc.property(names, (name) => {
      assert.equal(memberOfKey(memberKey(name)), name);
    }),
  );
  assert.equal(memberOfKey('leader'), null);
});

test('times are read as any Python writes them, and written as its isoformat does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
      assert.equal(parseIsoTime(formatIsoTime(ms)), ms);
      assert.equal(parseIsoTime(new Date(ms).toISOString()), ms);
      assert.equal(Date.parse(formatIsoTime(ms)), ms);
    }),
  );
  assert.equal(formatIsoTime(1_763_640_000_123), '2025-11-20T12:00:00.123000+00:00');
  assert.equal(parseIsoTime('2016-01-14T10:09:57.1394Z'), Date.UTC(2016, 0, 14, 10, 9, 57, 139));
  assert.equal(parseIsoTime('2026-11-20 12:00+0530'), Date.parse('2026-11-20T12:00:00+05:30'));
  for (const bad of [
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '25:00',
    'tomorrow',
    '',
    '2026-11-20T24:00Z',
  ]) {
    assert.equal(parseIsoTime(bad), null, bad);
  }
});

test('versions are compared number by number', () => {
  assert.ok(compareVersions([2, 1, 0], [2, 0, 9]) > 0);
  assert.ok(compareVersions([3, 0], [3, 0, 2]) < 0);
  assert.equal(compareVersions([4], [4]), 0);
  const cluster: Cluster = readCluster(
    stored({
      'members/a': '{"version":"10.0"}',
      'members/b': '{"version":"9.1"}',
      'members/c': '{"version":"x"}',
    }),
  );
  assert.deepEqual(minVersion(cluster), [9, 1]);
});
