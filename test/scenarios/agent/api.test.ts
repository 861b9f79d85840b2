// The REST API of one member and of two: health codes, configuration, restarts, reinitialize and switchover, in
// pause too.

import assert from 'node:assert/strict';

import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import { untilCodes, untilReplica } from './questions.ts';
import { scenario } from './scenario.ts';

async function answersAlone(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await first.start();
  await cluster.untilLeader('postgres-0', 20);
  await untilCodes(
    first,
    {
      '/': 200,
      '/primary': 200,
      '/leader': 200,
      '/read-write': 200,
      '/health': 200,
      '/liveness': 200,
      '/readiness': 200,
      '/read-only': 200,
      '/standby_leader': 503,
      '/standby-leader': 503,
      '/replica': 503,
      '/sync': 503,
      '/async': 503,
      '/nothing-known': 503,
    },
    10,
  );
  const { state, role } = await first.status();
  assert.deepEqual({ state, role }, { state: 'running', role: first.primaryRole });
  assert.equal((await first.request('OPTIONS', '/primary')).status, 200);
  assert.equal((await first.request('HEAD', '/replica')).status, 503);
  const metrics = (await first.get('/metrics')).text;
  assert.match(metrics, /^patroni_postgres_running\{scope="batman".*\} 1$/mu);
}

async function refusesAlone(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const reinitialize = await first.post('/reinitialize', { force: true });
  assert.equal(reinitialize.status, 503);
  assert.match(reinitialize.text, /I am the leader, can not reinitialize/u);
  const ctl = await cluster.ctl('switchover', '--leader', 'postgres-0', '--force');
  assert.equal(ctl.exitCode, 1);
  assert.match(ctl.stdout + ctl.stderr, /No candidates found to switchover to/u);
  const switchover = await first.post('/switchover', { leader: 'postgres-0' });
  assert.equal(switchover.status, 412);
  assert.match(
    switchover.text,
    /switchover is not possible: cluster does not have members except leader/u,
  );
  assert.equal((await first.post('/failover')).status, 400);
  const failover = await first.post('/failover', { foo: 'bar' });
  assert.equal(failover.status, 400);
  assert.match(failover.text, /Failover could be performed only to a specific candidate/u);
}

async function changesConfiguration(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await first.configure({ tags: { new_tag: 'new_value' } });
  const reload = await first.post('/reload');
  assert.equal(reload.status, 202);
  const answer = await first.patch('/config', {
    ttl: 20,
    postgresql: { parameters: { max_connections: '101' } },
  });
  assert.equal(answer.status, 200);
  await within(11, 'a restart is pending', async () =>
    assert.equal((await first.status())['pending_restart'], true),
  );
  const config = (await first.get('/config')).json();
  assert.equal(config['ttl'], 20);
  await within(5, 'the tag is visible', async () =>
    assert.deepEqual((await first.status())['tags'], { new_tag: 'new_value' }),
  );
}

/** A time so many seconds from now, as a person writes it. */
function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

async function restartsOnSchedule(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const started = (await first.status())['postmaster_start_time'];
  const other = await first.post('/restart', { schedule: inSeconds(3), role: 'replica' });
  assert.equal(other.status, 202);
  await within(15, 'the scheduled restart is over', async () =>
    assert.equal((await first.status())['scheduled_restart'], undefined),
  );
  assert.equal((await first.status())['postmaster_start_time'], started);
  const pending = await first.post('/restart', { schedule: inSeconds(3), restart_pending: 'True' });
  assert.equal(pending.status, 202, pending.text);
  await within(20, 'it restarted, and no restart is pending', async () => {
    const status = await first.status();
    assert.equal(status['state'], 'running');
    assert.notEqual(status['postmaster_start_time'], started);
    assert.equal(status['pending_restart'], undefined);
    assert.equal(status['role'], first.primaryRole);
  });
  assert.equal(await first.value('SHOW max_connections'), '101');
}

async function managesPairInPause(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await second.start();
  await cluster.untilStreaming(40);
  await cluster.patronictl('pause', '--wait', 'batman');
  // As `pg_ctl stop -m immediate` does it.
  await second.signalPostmaster('SIGQUIT');
  await untilCodes(second, { '/replica': 503 }, 20);
  await within(10, 'it is told to be stopped', async () =>
    assert.equal((await second.status())['state'], 'stopped'),
  );
  await cluster.patronictl('restart', 'batman', 'postgres-1', '--force');
  await untilCodes(second, { '/replica': 200 }, 10);
  await cluster.patronictl('reinit', 'batman', 'postgres-1', '--force', '--wait');
  await untilReplica(second, 30);
  // Debian's patronictl has no option for this yet.
  assert.equal((await second.post('/reinitialize', { from_leader: true })).status, 200);
  await untilReplica(second, 30);
  await cluster.patronictl('restart', 'batman', 'postgres-0', '--force');
  await untilCodes(first, { '/primary': 200, '/replica': 503 }, 10);
}

async function switchesOverInPause(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await cluster.untilStreaming(20);
  const answer = await first.post('/switchover', { leader: 'postgres-0', candidate: 'postgres-1' });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /Successfully switched over to "postgres-1"/u);
  await untilCodes(second, { '/primary': 200, '/replica': 503 }, 10);
  await untilCodes(first, { '/primary': 503, '/replica': 200 }, 20);
}

async function switchesOverOnSchedule(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  const args = ['switchover', '--force', '--leader', 'postgres-1', '--scheduled'];
  const refused = await cluster.ctl(...args, inSeconds(30), 'batman');
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stdout + refused.stderr, /Can't schedule switchover in the paused state/u);
  await cluster.patronictl('resume', '--wait', 'batman');
  await cluster.patronictl(...args, inSeconds(6), 'batman');
  await untilCodes(first, { '/primary': 200, '/replica': 503 }, 20);
  await untilCodes(second, { '/primary': 503, '/replica': 200 }, 20);
}

scenario('the REST API', { members: 2 }, async (cluster, step) => {
  await step('answers the health checks of a member alone', async () => answersAlone(cluster));
  await step('says what it refuses and why', async () => refusesAlone(cluster));
  await step('changes the configuration', async () => changesConfiguration(cluster));
  await step('restarts on schedule, under conditions', async () => restartsOnSchedule(cluster));
  await step('manages a pair in pause', async () => managesPairInPause(cluster));
  await step('switches over in pause', async () => switchesOverInPause(cluster));
  await step('switches over on schedule, not in pause', async () =>
    switchesOverOnSchedule(cluster),
  );
});
