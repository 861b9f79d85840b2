// What a member publishes of itself, in the form other Patroni members and patronictl read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMember } from '#core/dcs/member.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { MemberInputs } from '#core/ha/member-value.ts';
import { memberValue, publishedTimeline, replicationStateOf } from '#core/ha/member-value.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Changes } from './worlds.ts';
import { action, leader, primarySql, standby, standbySql, stopped } from './worlds.ts';

function inputs(
  changes: Changes = {},
  more: Partial<MemberInputs> = {},
  of = standby,
): MemberInputs {
  const { me, postgres, memory, action: running } = of(changes);
  return {
    me,
    version: '4.1.4',
    proxyUrl: null,
    postgres,
    memory,
    action: running,
    isPaused: false,
    scheduledRestart: null,
    progress: null,
    ...more,
  };
}

test('a streaming standby says where it is and how far it has got', () => {
  assert.deepEqual(memberValue(inputs({ sql: { receiveLsn: lsnOf(1010) } })), {
    conn_url: 'postgres://10.0.0.2:5432/postgres',
    api_url: 'http://10.0.0.2:8008/patroni',
    state: 'running',
    role: 'replica',
    version: '4.1.4',
    xlog_location: lsnOf(1010),
    receive_lsn: lsnOf(1010),
    replay_lsn: lsnOf(1000),
    replication_state: 'streaming',
    timeline: 1,
  });
});

test('a primary says its flush position and nothing of a replication', () => {
  const value = memberValue(inputs({}, {}, leader));
  assert.equal(value['xlog_location'], lsnOf(1000));
  assert.equal(value['role'], 'primary');
  assert.ok(!('receive_lsn' in value) && !('replication_state' in value));
});

test('a stopped member, or one in the middle of an action, tells no position', () => {
  assert.ok(!('xlog_location' in memberValue(inputs({ postgres: stopped }))));
  const busy = memberValue(inputs({ action: action('follow') }));
  assert.ok(!('xlog_location' in busy));
  const promoting = memberValue(inputs({ action: action('promote') }));
  assert.ok('xlog_location' in promoting);
});

test('tags, pause, restarts and progress are there where there are some', () => {
  const value = memberValue(
    inputs(
      {
        tags: { nofailover: true, zone: 'x' },
        postgres: { pendingRestart: { max_connections: { old_value: '100', new_value: '200' } } },
      },
      {
        isPaused: true,
        proxyUrl: 'postgres://proxy:6432/postgres',
        scheduledRestart: { schedule: '2030-01-01T00:00:00+00:00' },
        progress: {
          action: 'clone',
          phase: 'copying',
          bytesDone: 10,
          bytesTotal: 100,
          bytesPerSecond: 5,
          expectedEndInMs: 18_000,
        },
      },
    ),
  );
  assert.deepEqual(value['tags'], { nofailover: true, zone: 'x' });
  assert.equal(value['pause'], true);
  assert.equal(value['proxy_url'], 'postgres://proxy:6432/postgres');
  assert.equal(value['pending_restart'], true);
  assert.deepEqual(value['pending_restart_reason'], {
    max_connections: { old_value: '100', new_value: '200' },
  });
  assert.deepEqual(value['scheduled_restart'], { schedule: '2030-01-01T00:00:00+00:00' });
  assert.deepEqual(value['progress'], {
    action: 'clone',
    phase: 'copying',
    bytes_done: 10,
    bytes_total: 100,
    bytes_per_second: 5,
  });
});

test('a primary tells while its first checkpoint is not on disk', () => {
  const at = (isDone: boolean | null) =>
    memberValue(inputs({ memory: { isCheckpointAfterPromoteDone: isDone } }, {}, leader));
  assert.equal(at(false)['checkpoint_after_promote'], false);
  assert.ok(!('checkpoint_after_promote' in at(true)));
  assert.ok(!('checkpoint_after_promote' in at(null)));
});

test('a standby that reads an archive says so', () => {
  const facts = (sql: Partial<typeof standbySql>): Pick<PostgresFacts, 'sql'> => ({
    sql: { ...standbySql, ...sql },
  });
  const of = (sql: Partial<typeof standbySql>) =>
    replicationStateOf({ ...standby().postgres, ...facts(sql) });
  assert.equal(of({ receiverState: null, restoreCommand: 'cp' }), 'in archive recovery');
  assert.equal(of({ receiverState: null, restoreCommand: '' }), null);
  assert.equal(of({ receiverState: 'streaming', restoreCommand: 'cp' }), 'streaming');
  assert.equal(replicationStateOf({ ...standby().postgres, sql: primarySql }), null);
});

test('a timeline that is not known is not published', () => {
  const unknown = { receivedTimeline: null, timeline: 0 };
  const of = (postgres: Partial<PostgresFacts>) =>
    publishedTimeline(standby({ postgres, sql: unknown }).postgres);
  assert.equal(of({}), null);
  assert.equal(of({ role: 'standby_leader' }), 1);
});

test('what is published is read back as the member it is of', () => {
  const text = JSON.stringify(memberValue(inputs()), (_key, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  const read = readMember('b', text, '1');
  assert.equal(read.connUrl, 'postgres://10.0.0.2:5432/postgres');
  assert.equal(read.xlogLocation, lsnOf(1000));
  assert.equal(read.timeline, 1);
  assert.equal(read.replicationState, 'streaming');
});
