// Every endpoint: what it asks of the agent and the store, and what it answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { DcsError } from '#adapters/ports/dcs.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { ApiHost } from '#agent/rest/api-host.ts';
import { answerRequest } from '#agent/rest/routes.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { unreachable } from '#core/rest/peer-status.ts';
import { anyView, clusterWith, configOf, primary, standby } from '../../core/rest/views.ts';
import { clustersInTurn, fakeDcs, fakeHost, nowMs, request } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';

/** Status and body on one line. */
async function ask(host: ApiHost, method: string, target: string, body?: unknown): Promise<string> {
  const answer = await answerRequest(request(method, target, body), host);
  return `${answer.status} ${answer.body}`.trim();
}

function hostWithDcs(changes: Partial<Dcs>, hostChanges: Partial<ApiHost> = {}): FakeHost {
  return fakeHost(hostChanges, (calls) => fakeDcs(calls, changes));
}

const ledBy = (name: string): ReturnType<typeof clusterWith> =>
  clusterWith({ leader: { modRevision: '9', name, session: '', member: null } });

const requested = clusterWith({
  failover: { modRevision: '8', leader: 'postgres-0', candidate: null, scheduledAtMs: null },
});

const scheduled = clusterWith({
  failover: { modRevision: '8', leader: 'postgres-0', candidate: null, scheduledAtMs: nowMs },
});

test('health checks never ask the store, and say how old what they know is', async () => {
  const host = hostWithDcs({
    getCluster: async () => {
      throw new Error('A health check asked the store');
    },
  });
  const memory = ['/', '/primary', '/replica', '/health', '/patroni', '/liveness', '/readiness'];
  for (const path of [...memory, '/metrics', '/history', '/config', '/nothing']) {
    const answer = await answerRequest(request('GET', path), host);
    assert.ok(answer.status === 200 || answer.status === 503, path);
    if (path !== '/history' && path !== '/config') {
      assert.equal(answer.headers['X-Patroni-Age-Ms'], '250', path);
    }
  }
});

test('only /patroni looks at the server, so that peers compare positions of now', async () => {
  let looks = 0;
  const host = fakeHost({
    view: () => standby,
    freshView: async () => {
      looks += 1;
      return primary;
    },
  });
  for (const path of ['/', '/replica', '/health', '/liveness', '/readiness', '/metrics']) {
    await ask(host, 'GET', path);
  }
  await ask(host, 'HEAD', '/patroni');
  assert.equal(looks, 0);
  assert.match(await ask(host, 'GET', '/patroni'), /"role": "primary"/u);
  assert.equal(looks, 1);
});

test('HEAD and OPTIONS tell the same status as GET, without a body', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyView,
      fc.constantFrom('/', '/replica', '/sync', '/liveness', '/readiness', '/patroni', '/metrics'),
      async (view, path) => {
        const host = fakeHost({ view: () => view });
        const got = await answerRequest(request('GET', path), host);
        for (const method of ['HEAD', 'OPTIONS']) {
          const answer = await answerRequest(request(method, path), host);
          assert.equal(answer.status, got.status);
          assert.equal(answer.body, '');
        }
      },
    ),
  );
});

test('/patroni is 200 whatever the member is; an unknown path is a check that fails', async () => {
  await fc.assert(
    fc.asyncProperty(anyView, async (view) => {
      const host = fakeHost({ view: () => view });
      const status = await answerRequest(request('GET', '/patroni'), host);
      assert.equal(status.status, 200);
      assert.equal((JSON.parse(status.body) as { patroni: unknown }).patroni !== undefined, true);
      assert.equal((await answerRequest(request('GET', '/none'), host)).status, 503);
    }),
  );
});

test('the same view is written as JSON once', async () => {
  let reads = 0;
  const view = {
    ...primary,
    get facts() {
      reads += 1;
      return primary.facts;
    },
  };
  const host = fakeHost({ view: () => view });
  await ask(host, 'GET', '/patroni');
  const once = reads;
  for (let count = 0; count < 100; count += 1) await ask(host, 'GET', '/patroni');
  assert.equal(reads, once);
});

test('what the store holds is told, and what is missing has a status of its own', async () => {
  const host = fakeHost();
  assert.match(await ask(host, 'GET', '/cluster'), /^200 \{"members": .*"scope": "batman"\}$/u);
  assert.equal(await ask(host, 'GET', '/history'), '200 []');
  assert.equal(await ask(host, 'GET', '/config'), '200 {}');
  const wiped = { ...primary, cluster: clusterWith({ config: null }) };
  assert.match(await ask(fakeHost({ view: () => wiped }), 'GET', '/config'), /^502 /u);
  assert.match(await ask(host, 'GET', '/failsafe'), /^502 /u);
  const known = { ...primary, failsafe: { 'postgres-0': 'http://10.0.0.1:8008/patroni' } };
  assert.equal(
    await ask(fakeHost({ view: () => known }), 'GET', '/failsafe'),
    '200 {"postgres-0": "http://10.0.0.1:8008/patroni"}',
  );
});

test('a store that is out of reach is said so, with what to do', async () => {
  const host = hostWithDcs({
    getCluster: async () => {
      throw new DcsError('etcd at 10.0.0.9:2379 did not answer within 10 s', 'Look at its log.');
    },
  });
  assert.equal(
    await ask(host, 'GET', '/cluster'),
    '503 etcd at 10.0.0.9:2379 did not answer within 10 s\nLook at its log.',
  );
  assert.match(await ask(host, 'PATCH', '/config', { ttl: 20 }), /^503 /u);
  assert.match(
    await ask(host, 'POST', '/switchover', { leader: 'postgres-0' }),
    /^503 etcd at 10\.0\.0\.9/u,
  );
});

test('an error nobody foresaw is answered without its inside, and logged', async () => {
  const host = fakeHost({
    requestReinitialize: async () => {
      throw new Error('secret inside');
    },
  });
  const answer = await ask(host, 'POST', '/reinitialize');
  assert.match(answer, /^500 The agent failed/u);
  assert.doesNotMatch(answer, /secret/u);
  assert.deepEqual(host.lines, ['error Answering POST /reinitialize failed']);
});

test('the last decisions are told with rule, reason and time', async () => {
  const decision = { rule: 705, why: 'The lease is proven.', message: 'no action', atMs: nowMs };
  assert.equal(
    await ask(fakeHost({ decisions: () => [decision] }), 'GET', '/decisions'),
    '200 [{"time": "2025-11-20T12:00:00+00:00", "rule": 705, "message": "no action", "why": "The lease is proven."}]',
  );
});

test('PATCH /config merges, compares and sets, and wakes the loop', async () => {
  const config = {
    modRevision: '5',
    data: { ttl: 30, postgresql: { parameters: { a: 1, b: 2 } } },
  };
  const host = hostWithDcs({ getCluster: async () => clusterWith({ config }) });
  assert.equal(
    await ask(host, 'PATCH', '/config', { pause: true, postgresql: { parameters: { a: null } } }),
    '200 {"ttl": 30, "postgresql": {"parameters": {"b": 2}}, "pause": true}',
  );
  assert.deepEqual(host.calls, [
    'setConfigValue {"ttl":30,"postgresql":{"parameters":{"b":2}},"pause":true} "5"',
    'wake',
  ]);
});

test('PATCH /config that changes nothing writes nothing', async () => {
  const config = { modRevision: '5', data: { ttl: 30 } };
  const host = hostWithDcs({ getCluster: async () => clusterWith({ config }) });
  assert.equal(await ask(host, 'PATCH', '/config', { ttl: 30, pause: null }), '200 {"ttl": 30}');
  assert.deepEqual(host.calls, ['wake']);
});

test('PATCH /config refuses bodies, values and races, each with its status', async () => {
  const host = fakeHost();
  assert.match(await ask(host, 'PATCH', '/config'), /^411 /u);
  for (const body of ['', '{', '[]', '"a"', '{}', 'null']) {
    assert.match(await ask(host, 'PATCH', '/config', body), /^400 /u, body);
  }
  const faulty = fakeHost({
    validateDynamic: (values) => {
      assert.deepEqual(values, { ttl: 1, postgresql: { parameters: {} } });
      return [{ path: 'ttl', problem: '1 is less than 20' }];
    },
  });
  const patch = { ttl: 1, pause: null, postgresql: { parameters: { a: null } } };
  assert.equal(
    await ask(faulty, 'PATCH', '/config', patch),
    '400 The configuration is not changed\nttl: 1 is less than 20',
  );
  assert.deepEqual(faulty.calls, []);
  const lost = hostWithDcs({ setConfigValue: async () => false });
  assert.match(await ask(lost, 'PATCH', '/config', { ttl: 20 }), /^409 /u);
  for (const config of [null, { modRevision: '1', data: null }]) {
    const wiped = hostWithDcs({ getCluster: async () => clusterWith({ config }) });
    assert.match(await ask(wiped, 'PATCH', '/config', { ttl: 20 }), /^503 /u);
  }
});

test('PUT /config replaces without comparing, and integers keep their digits', async () => {
  const host = fakeHost();
  const body = '{"maximum_lag_on_failover": 12345678901234567890}';
  assert.equal(await ask(host, 'PUT', '/config', body), `200 ${body}`);
  assert.deepEqual(host.calls, [
    'setConfigValue {"maximum_lag_on_failover":"12345678901234567890"}',
    'wake',
  ]);
  const refusing = hostWithDcs({ setConfigValue: async () => false });
  assert.match(await ask(refusing, 'PUT', '/config', { ttl: 20 }), /^502 /u);
});

test('reload and wake are taken at once', async () => {
  const host = fakeHost();
  assert.equal(await ask(host, 'POST', '/reload'), '202 reload scheduled');
  assert.equal(await ask(host, 'POST', '/wake', ''), '202 OK');
  assert.deepEqual(host.calls, ['requestReload', 'peerWake']);
});

test('a restart is done now, scheduled, or refused', async () => {
  const host = fakeHost();
  assert.equal(await ask(host, 'POST', '/restart'), '200 restarted successfully');
  assert.equal(await ask(host, 'POST', '/restart', ''), '200 restarted successfully');
  assert.equal(await ask(host, 'POST', '/restart', '{}'), '200 restarted successfully');
  const schedule = '2025-11-20T13:00:00+00:00';
  assert.equal(await ask(host, 'POST', '/restart', { schedule }), '202 Restart scheduled');
  assert.match(await ask(host, 'POST', '/restart', { role: 'x' }), /^400 PostgreSQL role/u);
  assert.match(await ask(host, 'POST', '/restart', '['), /^400 /u);
  assert.deepEqual(host.calls.slice(2), [
    'requestRestart {}',
    `scheduleRestart {"schedule":"${schedule}"}`,
  ]);
  const busy = fakeHost({
    scheduleRestart: async () => false,
    requestRestart: async () => ({
      isDone: false,
      message: 'restart conditions are not satisfied',
    }),
  });
  assert.equal(
    await ask(busy, 'POST', '/restart', { schedule }),
    '409 Another restart is already scheduled',
  );
  assert.equal(await ask(busy, 'POST', '/restart'), '503 restart conditions are not satisfied');
  const paused = fakeHost({ view: () => ({ ...primary, config: configOf({ pause: true }) }) });
  assert.equal(
    await ask(paused, 'POST', '/restart', { schedule }),
    "500 Can't schedule restart in the paused state",
  );
});

test('a scheduled restart is taken back where there is one', async () => {
  assert.equal(await ask(fakeHost(), 'DELETE', '/restart'), '200 scheduled restart deleted');
  const none = fakeHost({ deleteScheduledRestart: async () => false });
  assert.equal(await ask(none, 'DELETE', '/restart'), '404 no restarts are scheduled');
});

test('a reinitialisation begins, or says why not in words patronictl looks for', async () => {
  const host = fakeHost();
  assert.equal(
    await ask(host, 'POST', '/reinitialize', { force: true }),
    '200 reinitialize started',
  );
  assert.deepEqual(host.calls, ['requestReinitialize {"force":true,"fromLeader":false}']);
  const busy = fakeHost({ requestReinitialize: async () => 'restart already in progress' });
  assert.equal(await ask(busy, 'POST', '/reinitialize'), '503 restart already in progress');
});

test('a switchover is written, followed, and told by its end', async () => {
  const host = hostWithDcs({
    getCluster: clustersInTurn(clusterWith(), requested, requested, ledBy('postgres-1')),
  });
  const body = { leader: 'postgres-0', candidate: 'postgres-1', scheduled_at: null };
  assert.equal(
    await ask(host, 'POST', '/switchover', body),
    '200 Successfully switched over to "postgres-1"',
  );
  assert.deepEqual(host.calls, [
    'setFailover {"leader":"postgres-0","candidate":"postgres-1","scheduledAt":null}',
    'wake',
  ]);
});

test('a store that fails for a moment does not end the following of a switchover', async () => {
  let reads = 0;
  const host = hostWithDcs({
    getCluster: async () => {
      reads += 1;
      if (reads === 2) throw new DcsError('no answer', '');
      return reads === 1 ? clusterWith() : ledBy('postgres-2');
    },
  });
  assert.equal(
    await ask(host, 'POST', '/switchover', { leader: 'postgres-0' }),
    '200 Successfully switched over to "postgres-2"',
  );
});

test('a switchover that is refused by the leader, or takes too long, says so', async () => {
  const refused = hostWithDcs({
    getCluster: clustersInTurn(clusterWith(), requested, clusterWith()),
  });
  assert.equal(
    await ask(refused, 'POST', '/switchover', { leader: 'postgres-0' }),
    '503 Switchover failed',
  );
  const slow = hostWithDcs({ getCluster: async () => requested });
  assert.equal(
    await ask(slow, 'POST', '/switchover', { leader: 'postgres-0' }),
    '503 Switchover status unknown after 20 seconds; operation may still be in progress',
  );
  const client = new AbortController();
  const gone = hostWithDcs({
    getCluster: async () => {
      client.abort();
      return requested;
    },
  });
  const body = { leader: 'postgres-0' };
  await answerRequest(request('POST', '/switchover', body, { signal: client.signal }), gone);
  assert.ok(!gone.lines.some((line) => line.startsWith('error')));
});

test('a switchover is checked before it is written', async () => {
  const host = fakeHost();
  const refused = async (body: unknown): Promise<string> => ask(host, 'POST', '/switchover', body);
  assert.match(await refused(undefined), /^411 /u);
  assert.match(await refused('{}'), /^400 /u);
  assert.match(await refused({ candidate: 'postgres-1' }), /^400 Switchover could be performed/u);
  assert.equal(await refused({ leader: 'postgres-1' }), '412 leader name does not match');
  assert.equal(
    await refused({ leader: 'postgres-0', candidate: 'nobody' }),
    '412 candidate does not exists',
  );
  const unready = fakeHost({
    askMembers: async (members) => members.map(({ name }) => unreachable(name)),
  });
  assert.equal(
    await ask(unready, 'POST', '/switchover', { leader: 'postgres-0' }),
    '412 switchover is not possible: no good candidates have been found',
  );
  assert.deepEqual([...host.calls, ...unready.calls], []);
  const full = hostWithDcs({ setFailover: async () => false });
  assert.equal(
    await ask(full, 'POST', '/switchover', { leader: 'postgres-0' }),
    '503 failed to write failover key into DCS',
  );
});

test('a scheduled switchover is written without asking anybody, and can be taken back', async () => {
  const host = fakeHost({
    askMembers: async () => {
      throw new Error('Members were asked for something that is hours away');
    },
  });
  const later = '2025-11-20T15:00:00+01:00';
  assert.equal(
    await ask(host, 'POST', '/switchover', { leader: 'postgres-0', scheduled_at: later }),
    '202 Switchover scheduled',
  );
  assert.equal(await ask(host, 'DELETE', '/switchover'), '404 no switchover is scheduled');
  const waiting = hostWithDcs({ getCluster: async () => scheduled });
  assert.equal(await ask(waiting, 'DELETE', '/switchover'), '200 scheduled switchover deleted');
  assert.deepEqual(waiting.calls, ['setFailover null "8"', 'wake']);
  const raced = hostWithDcs({ getCluster: async () => scheduled, setFailover: async () => false });
  assert.match(await ask(raced, 'DELETE', '/switchover'), /^409 /u);
  const underWay = hostWithDcs({ getCluster: async () => requested });
  assert.match(await ask(underWay, 'DELETE', '/switchover'), /^404 /u);
});

test('a failover needs a candidate only, also where nobody leads', async () => {
  const leaderless = clusterWith({ leader: null });
  const host = hostWithDcs({ getCluster: clustersInTurn(leaderless, ledBy('postgres-2')) });
  assert.equal(
    await ask(host, 'POST', '/failover', { candidate: 'postgres-2' }),
    '200 Successfully failed over to "postgres-2"',
  );
  assert.equal(
    host.calls[0],
    'setFailover {"leader":null,"candidate":"postgres-2","scheduledAt":null}',
  );
});

test('a failover that names the leader is done as a switchover, with a warning', async () => {
  const host = hostWithDcs({ getCluster: clustersInTurn(clusterWith(), ledBy('postgres-2')) });
  const body = { leader: 'postgres-0', candidate: 'postgres-2' };
  assert.equal(
    await ask(host, 'POST', '/failover', body),
    '200 Successfully switched over to "postgres-2"',
  );
  assert.ok(host.lines.some((line) => line.startsWith('warning ')));
});

test('a failsafe message is accepted with our position, or refused by a leader', async () => {
  const on = { ...standby, config: configOf({ failsafe_mode: true }) };
  const message = { name: 'postgres-0', conn_url: 'postgres://a', api_url: 'http://a', slots: {} };
  const host = fakeHost({
    view: () => on,
    receiveFailsafe: () => ({ kind: 'accepted', lsn: lsnOf(2n ** 60n) }),
  });
  const accepted = await answerRequest(request('POST', '/failsafe', message), host);
  assert.equal(accepted.status, 200);
  assert.equal(accepted.body, 'Accepted');
  assert.equal(accepted.headers['lsn'], '1152921504606846976');
  const leading = fakeHost({ view: () => on, receiveFailsafe: () => ({ kind: 'leading' }) });
  assert.equal(await ask(leading, 'POST', '/failsafe', message), '500 Running as a leader');
  assert.match(await ask(fakeHost(), 'POST', '/failsafe', message), /^502 /u);
  assert.match(await ask(host, 'POST', '/failsafe', { name: 'a' }), /^400 /u);
  assert.match(await ask(host, 'POST', '/failsafe'), /^411 /u);
});

test('what there is not is 501, whatever the method', async () => {
  const host = fakeHost();
  for (const [method, path] of [
    ['POST', '/patroni'],
    ['PUT', '/restart'],
    ['DELETE', '/config'],
    ['POST', '/'],
    ['TRACE', '/config'],
    ['PATCH', '/constructor'],
  ] as const) {
    assert.match(await ask(host, method, path, {}), /^501 /u);
  }
  assert.deepEqual(host.calls, []);
  assert.equal(await ask(host, 'POST', '/citus', {}), '200 OK');
});
