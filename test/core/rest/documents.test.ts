// The JSON and the text of status, cluster, history and metrics: keys, order and types.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { JsonValue } from '#core/dcs/cluster.ts';
import { postgresStates } from '#core/dcs/cluster.ts';
import { isSameJson, parseJson } from '#core/dcs/json.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { writeApiJson } from '#core/rest/api-json.ts';
import type { ApiView } from '#core/rest/api-view.ts';
import { addressOf, clusterDocument } from '#core/rest/cluster-document.ts';
import { historyDocument } from '#core/rest/history-document.ts';
import { metricsText } from '#core/rest/metrics.ts';
import { readPeerStatus } from '#core/rest/peer-status.ts';
import { epochSeconds, publishedTime } from '#core/rest/postgres-time.ts';
import { statusDocument } from '#core/rest/status-document.ts';
import {
  anyView,
  clusterWith,
  configOf,
  member,
  primary,
  standby,
  standbyFacts,
  standbyLeader,
  syncWith,
  tagsOf,
} from './views.ts';

const anyJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('what the API writes reads back the same, digit by digit, and is plain ASCII', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = writeApiJson(value);
      assert.match(text, /^[\u0020-\u007e]*$/u);
      assert.ok(isSameJson(parseJson(text) ?? null, value));
    }),
  );
});

test('JSON is spaced as scripts expect that search it', () => {
  assert.equal(
    writeApiJson({ state: 'running', list: [1, 'é😀'], none: {}, big: 2n ** 63n }),
    String.raw`{"state": "running", "list": [1, "\u00e9\ud83d\ude00"], "none": {}, "big": 9223372036854775808}`,
  );
});

const restartRequest = {
  role: null,
  olderThan: null,
  isPendingOnly: false,
  timeoutSeconds: null,
  atMs: 0,
  published: { schedule: '2026-11-21T02:00:00+00:00' },
};

test('a standby tells everything in the order in which it always stood', () => {
  const view: ApiView = {
    ...standby,
    config: configOf({ synchronous_mode: true, pause: true }),
    cluster: clusterWith({ leader: null, sync: syncWith('postgres-0', 'postgres-1') }),
    tags: tagsOf({ clonefrom: true }),
    facts: {
      ...standbyFacts,
      pendingRestart: { max_connections: { old_value: '100', new_value: '200' } },
    },
    scheduledRestart: { request: restartRequest, postmasterStartTime: '2026-11-20 10:00:00+00' },
    isFailsafeActive: true,
    isWatchdogFailed: true,
    logQueue: { size: 900, lost: 3 },
  };
  assert.equal(
    JSON.stringify(statusDocument(view), (_key, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    ),
    JSON.stringify({
      state: 'running',
      postmaster_start_time: '2026-11-20 10:00:00.123456+00:00',
      role: 'replica',
      server_version: 160_004,
      xlog: {
        received_location: 67_419_584,
        replayed_location: 67_419_584,
        replayed_timestamp: '2026-11-20 10:05:01.500000+00:00',
        paused: false,
      },
      sync_standby: true,
      timeline: 2,
      replication_state: 'streaming',
      pause: true,
      cluster_unlocked: true,
      failsafe_mode_is_active: true,
      leader_lease_ms: 0,
      dcs_last_seen: 1_763_633_101,
      tags: { clonefrom: true },
      database_system_identifier: '7412345678901234567',
      pending_restart: true,
      pending_restart_reason: { max_connections: { old_value: '100', new_value: '200' } },
      patroni: { version: '4.1.4', scope: 'batman', name: 'postgres-1' },
      scheduled_restart: { schedule: '2026-11-21T02:00:00+00:00' },
      watchdog_failed: true,
      logger_queue_size: 900,
      logger_records_lost: 3,
    }),
  );
});

test('a primary tells its position and who replicates from it', () => {
  assert.equal(
    writeApiJson(statusDocument(primary)),
    [
      '{"state": "running"',
      '"postmaster_start_time": "2026-11-20 10:00:00.123456+00:00"',
      '"role": "primary"',
      '"server_version": 160004',
      '"xlog": {"location": 67419584}',
      '"timeline": 2',
      '"replication": [{"usename": "replicator", "application_name": "postgres-1", "client_addr": "10.0.0.2", "state": "streaming", "sync_state": "async", "sync_priority": 0}]',
      '"leader_lease_ms": 0, "dcs_last_seen": 1763633101',
      '"database_system_identifier": "7412345678901234567"',
      '"patroni": {"version": "4.1.4", "scope": "batman", "name": "postgres-0"}}',
    ].join(', '),
  );
});

test('a server that does not answer is unknown, and what it said before is not told as news', () => {
  const document = statusDocument({ ...primary, facts: { ...primary.facts, sql: null } });
  assert.deepEqual(Object.keys(document), [
    'state',
    'role',
    'leader_lease_ms',
    'dcs_last_seen',
    'database_system_identifier',
    'patroni',
  ]);
  assert.equal(document['state'], 'unknown');
  assert.equal(document['role'], 'primary');
});

test('the leader of a standby cluster keeps that role; a quorum standby is called one', () => {
  assert.equal(statusDocument(standbyLeader)['role'], 'standby_leader');
  const quorum = {
    ...standby,
    config: configOf({ synchronous_mode: 'quorum' }),
    cluster: clusterWith({ sync: syncWith('postgres-0', 'postgres-1') }),
  };
  assert.equal(statusDocument(quorum)['quorum_standby'], true);
  assert.ok(!('sync_standby' in statusDocument(quorum)));
});

test('a long action tells how far it is and when it expects to end', () => {
  const progress = {
    action: 'creating replica',
    phase: 'copying',
    bytesDone: 333,
    bytesTotal: 1000,
    bytesPerSecond: 10,
    expectedEndInMs: 66_700,
  };
  const view = { ...standby, facts: { ...standbyFacts, progress } };
  assert.deepEqual(statusDocument(view)['progress'], {
    action: 'creating replica',
    phase: 'copying',
    bytes_done: 333,
    bytes_total: 1000,
    percent: 33.3,
    bytes_per_second: 10,
    expected_end_in_seconds: 67,
  });
  const text = metricsText(view, 0);
  assert.match(text, /^pg_agent_action_bytes_done\{.*action="creating replica"\} 333$/mu);
});

test('any view makes a document that a peer reads as what the member is', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const peer = readPeerStatus(view.name, writeApiJson(statusDocument(view)));
      const { sql } = view.facts;
      assert.equal(peer.isReachable, sql !== null);
      if (sql === null) return;
      assert.equal(peer.isInRecovery, sql.isInRecovery);
      assert.equal(peer.lsn, sql.isInRecovery ? sql.replayLsn : sql.walFlushLsn);
      assert.equal(peer.timeline, 2);
    }),
  );
});

test('the cluster is told member by member, with lags', () => {
  const cluster = clusterWith({
    members: [
      member('postgres-1', {
        timeline: 2,
        replication_state: 'streaming',
        receive_lsn: 67_419_584,
        replay_lsn: 67_419_584 - 16,
        xlog_location: 67_419_584,
        tags: { nosync: true },
      }),
      member('postgres-0', { role: 'primary', timeline: 2, pending_restart: true }),
      member('postgres-2', { state: 'creating replica' }),
    ],
    sync: syncWith('postgres-0', 'postgres-1'),
    failover: {
      modRevision: '1',
      leader: 'postgres-0',
      candidate: 'postgres-1',
      scheduledAtMs: 1_763_640_000_000,
    },
  });
  const config = configOf({ synchronous_mode: true, pause: true });
  assert.equal(
    writeApiJson(clusterDocument(cluster, config, 'batman')),
    writeApiJson({
      members: [
        {
          name: 'postgres-0',
          role: 'leader',
          state: 'running',
          api_url: 'http://10.0.0.1:8008/patroni',
          host: '10.0.0.1',
          port: 5432,
          timeline: 2,
          pending_restart: true,
        },
        {
          name: 'postgres-1',
          role: 'sync_standby',
          state: 'streaming',
          api_url: 'http://10.0.0.2:8008/patroni',
          host: '10.0.0.2',
          port: 5432,
          timeline: 2,
          tags: { nosync: true },
          receive_lsn: '0/404BDC0',
          receive_lag: 0,
          replay_lsn: '0/404BDB0',
          replay_lag: 16,
          lsn: '0/404BDC0',
          lag: 0,
        },
        {
          name: 'postgres-2',
          role: 'replica',
          state: 'creating replica',
          api_url: 'http://10.0.0.3:8008/patroni',
          host: '10.0.0.3',
          port: 5432,
          receive_lsn: 'unknown',
          receive_lag: 'unknown',
          replay_lsn: 'unknown',
          replay_lag: 'unknown',
          lsn: 'unknown',
          lag: 'unknown',
        },
      ],
      pause: true,
      scheduled_switchover: {
        at: '2025-11-20T12:00:00+00:00',
        from: 'postgres-0',
        to: 'postgres-1',
      },
      scope: 'batman',
    }),
  );
});

test('a member ahead of the published position lags by nothing', () => {
  const ahead = member('postgres-1', { xlog_location: 67_419_584 + 5 });
  const document = clusterDocument(clusterWith({ members: [ahead] }), configOf({}), 'batman');
  assert.match(writeApiJson(document), /"lag": 0/u);
});

test('the address is read from connection URLs of every form', () => {
  assert.deepEqual(addressOf('postgres://10.0.0.1:5432/postgres'), {
    host: '10.0.0.1',
    port: 5432,
  });
  assert.deepEqual(addressOf('postgresql://u:p%40@db.example/x?a=b'), { host: 'db.example' });
  assert.deepEqual(addressOf('postgres://[fd00::1]:6432/x'), { host: 'fd00::1', port: 6432 });
  assert.deepEqual(addressOf('postgres://a:1,b:2/x'), { host: 'a', port: 1 });
  assert.deepEqual(addressOf('nonsense'), {});
  assert.deepEqual(addressOf(null), {});
});

test('history is a list of lists, and empty where there is none', () => {
  assert.deepEqual(historyDocument(null), []);
  const line = {
    timeline: 1,
    lsn: lsnOf(67_108_992),
    reason: 'no recovery target specified',
    timestamp: '2026-11-20T12:00:00.123456+00:00',
    newLeader: 'postgres-1',
  };
  const bare = { ...line, timeline: 2, timestamp: null, newLeader: null };
  assert.equal(
    writeApiJson(historyDocument({ modRevision: '1', lines: [line, bare] })),
    '[[1, 67108992, "no recovery target specified", "2026-11-20T12:00:00.123456+00:00", "postgres-1"], [2, 67108992, "no recovery target specified"]]',
  );
});

test('times are published as Python prints them, and counted in seconds', () => {
  assert.equal(publishedTime('2026-11-20 10:00:00+00'), '2026-11-20 10:00:00+00:00');
  assert.equal(publishedTime('2026-11-20 10:00:00.12+00'), '2026-11-20 10:00:00.120000+00:00');
  assert.equal(publishedTime('yesterday'), 'yesterday');
  assert.equal(epochSeconds('1970-01-02 00:00:01.25+00'), 86_401.25);
  assert.equal(epochSeconds('2026-11-20 10:00:00.000001+00'), 1_795_168_800.000_001);
  assert.equal(epochSeconds('yesterday'), 0);
  assert.equal(epochSeconds(null), 0);
});

/** Every metric of Patroni 4.1 with its type. */
const patroniMetrics: Readonly<Record<string, readonly string[]>> = {
  gauge: [
    'version',
    'postgres_running',
    'postmaster_start_time',
    'primary',
    'standby_leader',
    'replica',
    'sync_standby',
    'quorum_standby',
    'xlog_replayed_timestamp',
    'xlog_paused',
    'postgres_streaming',
    'postgres_in_archive_recovery',
    'postgres_server_version',
    'cluster_unlocked',
    'failsafe_mode_is_active',
    'failsafe_mode_enabled',
    'failsafe_member',
    'postgres_timeline',
    'dcs_last_seen',
    'pending_restart',
    'is_paused',
    'postgres_state',
    'failover_priority',
  ],
  counter: ['xlog_location', 'xlog_received_location', 'xlog_replayed_location'],
};

test('every metric is there with help, type, labels and a number, in any state', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const text = metricsText({ ...view, scope: 'a"b\\c\nd' }, 17);
      assert.ok(text.endsWith('\n'));
      for (const [type, names] of Object.entries(patroniMetrics)) {
        for (const name of names) {
          const lines = text.split('\n');
          const at = lines.indexOf(`# TYPE patroni_${name} ${type}`);
          assert.notEqual(at, -1, name);
          assert.match(lines[at - 1] ?? '', new RegExp(`^# HELP patroni_${name} \\S`, 'u'));
          const sample = `^patroni_${name}\\{scope="a\\\\"b\\\\\\\\c\\\\nd",name="postgres-\\d"\\} -?[0-9.]+$`;
          assert.match(lines[at + 1] ?? '', new RegExp(sample, 'u'));
        }
      }
    }),
  );
});

test('metrics tell what the member is', () => {
  const value = (view: ApiView, name: string): string | undefined =>
    new RegExp(`^${name}\\{.*\\} (.*)$`, 'mu').exec(metricsText(view, 1500))?.[1];
  assert.equal(value(primary, 'patroni_version'), '040104');
  assert.equal(value(primary, 'patroni_primary'), '1');
  assert.equal(value(primary, 'patroni_xlog_location'), '67419584');
  assert.equal(value(primary, 'patroni_xlog_replayed_location'), '0');
  assert.equal(value(primary, 'patroni_postmaster_start_time'), '1795168800.123456');
  assert.equal(value(standby, 'patroni_replica'), '1');
  assert.equal(value(standby, 'patroni_xlog_location'), '0');
  assert.equal(value(standby, 'patroni_xlog_replayed_timestamp'), '1795169101.5');
  assert.equal(value(standby, 'patroni_postgres_state'), String(postgresStates.indexOf('running')));
  assert.equal(value(standby, 'pg_agent_view_age_seconds'), '1.5');
  const silent = { ...standby, facts: { ...standbyFacts, sql: null } };
  assert.equal(value(silent, 'patroni_postgres_state'), '-1');
  assert.equal(value(silent, 'patroni_postgres_timeline'), '0');
  assert.equal(
    value({ ...standby, failsafe: { 'postgres-1': 'x' } }, 'patroni_failsafe_member'),
    '1',
  );
  assert.match(metricsText(standby, 0), /^# Values: -1: unknown, 0: initializing new cluster, /mu);
});

test('a peer of Patroni 3.0 is understood too, and nonsense is somebody out of reach', () => {
  const old =
    '{"state": "running", "role": "master", "server_version": 150004, "xlog": {"location": 100663296}, "timeline": 3, "tags": {"nofailover": true}, "watchdog_failed": true}';
  assert.deepEqual(readPeerStatus('a', old), {
    name: 'a',
    isReachable: true,
    isInRecovery: false,
    timeline: 3,
    lsn: 100_663_296n,
    tags: { nofailover: true },
    isWatchdogFailed: true,
    leaseLeftMs: null,
  });
  const big =
    '{"role": "replica", "wal": {"received_location": 9223372036854775808, "replayed_location": 5}}';
  assert.equal(readPeerStatus('a', big).lsn, 2n ** 63n);
  const starting = '{"role": "primary", "xlog": {"location": 0}}';
  assert.equal(readPeerStatus('a', starting).isInRecovery, false);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(readPeerStatus('a', text).isReachable, false);
    }),
  );
});
