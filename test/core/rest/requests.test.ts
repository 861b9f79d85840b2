// What requests ask for, and the answers to those that ask for what can't be.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { JsonObject } from '#core/dcs/cluster.ts';
import { formatIsoTime } from '#core/dcs/iso-time.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import {
  candidatesFor,
  failoverResult,
  noGoodCandidate,
  readFailoverRequest,
  unknownResult,
  withoutNeedlessLeader,
} from '#core/rest/failover-request.ts';
import type { FailoverAction, FailoverOrder } from '#core/rest/failover-request.ts';
import { readFailsafe, readReinitialize } from '#core/rest/other-requests.ts';
import { parseSchedule } from '#core/rest/parse-schedule.ts';
import { unreachable } from '#core/rest/peer-status.ts';
import { readRestart, scheduledRestartValue, unmetCondition } from '#core/rest/restart-request.ts';
import { clusterWith, configOf, primaryFacts, standbyFacts, syncWith } from './views.ts';

const nowMs = 1_763_640_000_000;
const paused = configOf({ pause: true });
const running = configOf({});
const unreadable =
  'Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601';

test('a schedule needs a zone, lies ahead, and keeps the zone it was given in', () => {
  for (const [text, expected] of [
    ['2025-11-20T12:00:00+00:00', '2025-11-20T12:00:00+00:00'],
    ['2025-11-20T13:00+01', '2025-11-20T13:00:00+01:00'],
    ['2025-11-20 14:30:00.5 +0130', '2025-11-20T14:30:00.500000+01:30'],
    ['2025-11-20T12:00:00Z', '2025-11-20T12:00:00+00:00'],
    ['2025-11-20 12:00 UTC', '2025-11-20T12:00:00+00:00'],
  ] as const) {
    const schedule = parseSchedule(text, 'restart', nowMs);
    assert.equal(schedule.kind === 'at' ? schedule.text : schedule.why, expected);
  }
  for (const [text, status, why] of [
    ['2025-11-20T12:00:00', 400, 'Timezone information is mandatory for the scheduled restart'],
    ['2025-11-20', 400, 'Timezone information is mandatory for the scheduled restart'],
    ['2025-11-20T11:59:59+00:00', 422, 'Cannot schedule restart in the past'],
    ['2025-02-30T12:00:00+00:00', 422, unreadable],
    ['tomorrow', 422, unreadable],
    ['', 422, unreadable],
    [17, 422, unreadable],
    [null, 422, unreadable],
  ] as const) {
    assert.deepEqual(parseSchedule(text, 'restart', nowMs), { kind: 'fault', status, why });
  }
});

test('any moment to come that is written in ISO 8601 is understood as it is meant', () => {
  fc.assert(
    fc.property(fc.integer({ min: nowMs, max: 4_000_000_000_000 }), (atMs) => {
      const schedule = parseSchedule(formatIsoTime(atMs), 'switchover', nowMs);
      assert.deepEqual(schedule, { kind: 'at', atMs, text: formatIsoTime(atMs) });
    }),
  );
});

function restart(body: JsonObject, config = running): string {
  const reading = readRestart(body, config, nowMs);
  return reading.kind === 'refused' ? `${reading.status} ${reading.why}` : 'restart';
}

test('a restart takes its conditions, and each that makes no sense has its own answer', () => {
  const role = '400 PostgreSQL role should be either primary, standby_leader, or replica';
  const timeout = '400 Timeout should be a positive number of seconds';
  assert.equal(restart({}), 'restart');
  assert.equal(restart({ role: 'replica', postgres_version: '16.4', timeout: '1min' }), 'restart');
  assert.equal(restart({ role: 'leader' }), role);
  assert.equal(restart({ role: null }), role);
  assert.equal(restart({ timeout: 0 }), timeout);
  assert.equal(restart({ timeout: 'soon' }), timeout);
  assert.equal(restart({ timeout: {} }), timeout);
  assert.equal(restart({ postgres_version: 'a.b' }), '400 Invalid PostgreSQL version: a.b');
  assert.equal(
    restart({ postgres_version: '16' }),
    '400 Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 16',
  );
  assert.equal(restart({ when: 1 }), '400 Unknown filter for the scheduled restart: when');
  assert.equal(restart({ schedule: 'x' }), `422 ${unreadable}`);
  assert.equal(
    restart({ schedule: 'x' }, paused),
    "500 Can't schedule restart in the paused state",
  );
  assert.equal(restart({ role: 'replica' }, paused), 'restart');
});

test('a restart is read into what it means', () => {
  const reading = readRestart(
    {
      schedule: '2025-11-20T13:00:00Z',
      role: 'master',
      postgres_version: '9.6.24',
      timeout: '1min',
      restart_pending: 'True',
    },
    running,
    nowMs,
  );
  assert.equal(reading.kind, 'restart');
  if (reading.kind !== 'restart') return;
  assert.deepEqual(reading.request, {
    role: 'primary',
    olderThan: 90_624,
    isPendingOnly: true,
    timeoutSeconds: 60,
    atMs: nowMs + 3_600_000,
    published: {
      schedule: '2025-11-20T13:00:00+00:00',
      role: 'primary',
      postgres_version: '9.6.24',
      timeout: 60,
      restart_pending: 'True',
    },
  });
  const scheduled = {
    request: { ...reading.request, atMs: nowMs + 3_600_000 },
    postmasterStartTime: '2026-11-20 10:00:00.5+00',
  };
  assert.deepEqual(scheduledRestartValue(scheduled, false), reading.request.published);
  assert.equal(
    scheduledRestartValue(scheduled, true)['postmaster_start_time'],
    '2026-11-20 10:00:00.500000+00:00',
  );
});

test('the conditions of a restart are looked at one by one', () => {
  const any = { role: null, olderThan: null, isPendingOnly: false } as const;
  const pendingRestart = { work_mem: { old_value: '1', new_value: '2' } };
  assert.equal(unmetCondition(any, standbyFacts), null);
  assert.equal(unmetCondition({ ...any, role: 'primary' }, primaryFacts), null);
  assert.match(unmetCondition({ ...any, role: 'primary' }, standbyFacts) ?? '', /role is replica/u);
  assert.equal(unmetCondition({ ...any, olderThan: 160_005 }, standbyFacts), null);
  assert.match(unmetCondition({ ...any, olderThan: 160_004 }, standbyFacts) ?? '', /older than/u);
  assert.match(unmetCondition({ ...any, isPendingOnly: true }, standbyFacts) ?? '', /no setting/u);
  assert.equal(
    unmetCondition({ ...any, isPendingOnly: true }, { ...standbyFacts, pendingRestart }),
    null,
  );
});

function failover(action: FailoverAction, body: JsonObject, config = running): string {
  const reading = readFailoverRequest(action, body, config, nowMs);
  return reading.kind === 'refused' ? `${reading.status} ${reading.why}` : reading.order.action;
}

test('switchover and failover are checked in order, each fault with its answer', () => {
  const soon = '2025-11-20T13:00:00Z';
  for (const [action, body, config, expected] of [
    ['failover', {}, running, '400 Failover could be performed only to a specific candidate'],
    [
      'failover',
      { leader: 'a' },
      running,
      '400 Failover could be performed only to a specific candidate',
    ],
    [
      'switchover',
      { candidate: 'b' },
      running,
      '400 Switchover could be performed only from a specific leader',
    ],
    [
      'failover',
      { candidate: 'b', scheduled_at: soon },
      running,
      "400 Failover can't be scheduled",
    ],
    [
      'switchover',
      { leader: 'a', scheduled_at: soon },
      paused,
      "400 Can't schedule switchover in the paused state",
    ],
    [
      'switchover',
      { leader: 'a', scheduled_at: '2025-11-20T13:00:00' },
      running,
      '400 Timezone information is mandatory for the scheduled switchover',
    ],
    [
      'switchover',
      { leader: 'a', scheduled_at: '2020-11-20T13:00:00Z' },
      running,
      '422 Cannot schedule switchover in the past',
    ],
    ['switchover', { leader: 'a', scheduled_at: 'soon' }, running, `422 ${unreadable}`],
    [
      'switchover',
      { leader: 'a' },
      paused,
      '400 Switchover is possible only to a specific candidate in a paused state',
    ],
    [
      'switchover',
      { leader: 'a', candidate: 'a' },
      running,
      '400 Switchover target and source are the same',
    ],
    ['switchover', { leader: 'a', candidate: 'b' }, paused, 'switchover'],
    ['switchover', { leader: 'a', scheduled_at: soon }, running, 'switchover'],
    ['switchover', { leader: 'a', candidate: null, scheduled_at: null }, running, 'switchover'],
    ['failover', { candidate: 'b' }, running, 'failover'],
    ['failover', { member: 'b' }, running, 'failover'],
    ['failover', { leader: 'a', candidate: 'b' }, running, 'switchover'],
  ] as const) {
    assert.equal(failover(action, body, config), expected);
  }
});

function order(changes: Partial<FailoverOrder>): FailoverOrder {
  return {
    action: 'switchover',
    leader: 'postgres-0',
    candidate: null,
    scheduledAt: null,
    warning: null,
    ...changes,
  };
}

const synchronous = configOf({ synchronous_mode: true });
const syncCluster = clusterWith({ sync: syncWith('postgres-0', 'postgres-1') });

test('who is asked to take over, and why nobody is', () => {
  const asked = (
    changes: Partial<FailoverOrder>,
    cluster = clusterWith(),
    config = running,
  ): string => {
    const candidates = candidatesFor(order(changes), cluster, config);
    if (candidates.kind === 'refused') return `${candidates.status} ${candidates.why}`;
    return candidates.members.map(({ name }) => name).join(' ');
  };
  const alone = clusterWith({ members: clusterWith().members.slice(0, 1) });
  assert.equal(asked({}), 'postgres-1 postgres-2');
  assert.equal(asked({ candidate: 'postgres-2' }), 'postgres-2');
  assert.equal(asked({ leader: 'postgres-1' }), '412 leader name does not match');
  assert.equal(asked({}, clusterWith({ leader: null })), '412 leader name does not match');
  assert.equal(asked({ candidate: 'nobody' }), '412 candidate does not exists');
  assert.equal(asked({}, syncCluster, synchronous), 'postgres-1');
  assert.equal(
    asked({ candidate: 'postgres-2' }, syncCluster, synchronous),
    '412 candidate name does not match with sync_standby',
  );
  assert.equal(
    asked({ action: 'failover', leader: null, candidate: 'postgres-2' }, syncCluster, synchronous),
    'postgres-2',
  );
  assert.equal(
    asked({}, clusterWith({ sync: syncWith('postgres-0') }), synchronous),
    '412 switchover is not possible: can not find sync_standby',
  );
  assert.equal(
    asked({}, alone),
    '412 switchover is not possible: cluster does not have members except leader',
  );
});

test('a failover to an asynchronous standby stays one though an older client names the leader', () => {
  const given = order({ candidate: 'postgres-2' });
  const kept = withoutNeedlessLeader(given, 'failover', syncCluster, synchronous);
  assert.equal(kept.action, 'failover');
  assert.equal(kept.leader, null);
  assert.match(kept.warning ?? '', /no synchronous standby/u);
  assert.equal(withoutNeedlessLeader(given, 'switchover', syncCluster, synchronous), given);
  assert.equal(withoutNeedlessLeader(given, 'failover', syncCluster, running), given);
  const toSync = order({ candidate: 'postgres-1' });
  assert.equal(withoutNeedlessLeader(toSync, 'failover', syncCluster, synchronous), toSync);
  const wrong = order({ leader: 'postgres-1', candidate: 'postgres-2' });
  assert.equal(withoutNeedlessLeader(wrong, 'failover', syncCluster, synchronous), wrong);
});

test('one good candidate is enough', () => {
  const good: PeerStatus = { ...unreachable('b'), isReachable: true };
  const refused = noGoodCandidate('switchover', [
    unreachable('a'),
    { ...good, tags: { nofailover: true } },
    { ...good, isWatchdogFailed: true },
  ]);
  assert.equal(refused?.why, 'switchover is not possible: no good candidates have been found');
  assert.equal(noGoodCandidate('switchover', [unreachable('a'), good]), null);
});

test('the end of a switchover is told by who leads then', () => {
  const after = (name: string | null, hasKey: boolean): ReturnType<typeof clusterWith> =>
    clusterWith({
      leader: name === null ? null : { modRevision: '9', name, session: '', member: null },
      failover: hasKey
        ? { modRevision: '8', leader: 'postgres-0', candidate: null, scheduledAtMs: null }
        : null,
    });
  const told = (changes: Partial<FailoverOrder>, name: string | null, hasKey = true): string => {
    const result = failoverResult(order(changes), 'postgres-0', after(name, hasKey));
    return result === null ? 'waits' : `${result.status} ${result.text}`;
  };
  assert.equal(told({}, 'postgres-0'), 'waits');
  assert.equal(told({}, null), 'waits');
  assert.equal(told({}, null, false), 'waits');
  assert.equal(told({}, 'postgres-0', false), '503 Switchover failed');
  assert.equal(told({}, 'postgres-1'), '200 Successfully switched over to "postgres-1"');
  assert.equal(
    told({ candidate: 'postgres-2' }, 'postgres-1', false),
    '200 Switched over to "postgres-1" instead of "postgres-2"',
  );
  assert.equal(
    told({ action: 'failover', candidate: 'postgres-1' }, 'postgres-1'),
    '200 Successfully failed over to "postgres-1"',
  );
  assert.deepEqual(unknownResult('switchover', 20), {
    status: 503,
    text: 'Switchover status unknown after 20 seconds; operation may still be in progress',
  });
});

test('a reinitialisation is forced, and from the leader, only where it plainly says so', () => {
  assert.deepEqual(readReinitialize({}), { force: false, fromLeader: false });
  assert.deepEqual(readReinitialize({ force: true, 'from-leader': 'on' }), {
    force: true,
    fromLeader: true,
  });
  assert.deepEqual(readReinitialize({ force: 'maybe', from_leader: 1 }), {
    force: false,
    fromLeader: true,
  });
});

test('a failsafe message names who leads and where, and keeps the digits of positions', () => {
  const message = {
    name: 'a',
    conn_url: 'postgres://a',
    api_url: 'http://a',
    slots: { s: 2n ** 60n, bad: 'x' },
  };
  assert.deepEqual(readFailsafe(message), {
    name: 'a',
    connUrl: 'postgres://a',
    apiUrl: 'http://a',
    slots: { s: 2n ** 60n },
  });
  assert.equal(readFailsafe({ ...message, name: '' }), null);
  assert.equal(readFailsafe({}), null);
});

test('no body of any shape makes a reader fail', () => {
  const body = fc.dictionary(
    fc.constantFrom(
      'leader',
      'candidate',
      'scheduled_at',
      'schedule',
      'role',
      'timeout',
      'slots',
      'name',
    ),
    fc.jsonValue() as fc.Arbitrary<JsonObject>,
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(body, (value) => {
      readRestart(value, running, nowMs);
      readFailoverRequest('switchover', value, running, nowMs);
      readReinitialize(value);
      readFailsafe(value);
    }),
  );
});
