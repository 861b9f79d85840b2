// Replication, synchronous replication with its candidates and its strict mode, failover in it, rejoin by
// rewind, and two members of one name.

import assert from 'node:assert/strict';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import {
  nobody,
  untilCalledBack,
  untilCodes,
  untilLogged,
  untilReplica,
  untilReplicated,
  untilSync,
  untilSynchronousNames,
} from './questions.ts';
import { scenario, type Step } from './scenario.ts';

async function replicatesOneTable(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await first.start();
  await cluster.untilLeader('postgres-0', 20);
  await within(15, 'the key initialize is set', async () =>
    assert.match((await cluster.key('initialize')) ?? '', /^\d{10,}$/u),
  );
  await cluster.patchConfig({ ttl: 20, synchronous_mode: true });
  // Debian's Patroni writes the key only when there is a standby.
  if (agentUnderTest !== 'patroni') await untilSync(cluster, 'postgres-0', [], 10);
  await untilSynchronousNames(first, '', 10);
  await cluster.patchConfig({ synchronous_mode_strict: true });
  await untilSynchronousNames(first, nobody, 10);
  await cluster.at(1).start();
  await cluster.at(2).start();
  await cluster.untilStreaming(40);
  await untilReplicated(first, [cluster.at(1), cluster.at(2)], 'foo', 20);
}

async function restartsSynchronousStandby(cluster: Cluster): Promise<void> {
  await cluster.at(2).stop();
  await untilSync(cluster, 'postgres-0', ['postgres-1'], 5);
  await untilSynchronousNames(cluster.at(0), '"postgres-1"', 5);
  await cluster.at(2).start();
  await cluster.untilStreaming(20);
  await cluster.at(1).stop();
  await untilSync(cluster, 'postgres-0', ['postgres-2'], 10);
  await cluster.at(1).start();
  await cluster.untilStreaming(20);
  await untilCodes(cluster.at(2), { '/sync': 200 }, 10);
  await untilCodes(cluster.at(1), { '/async': 200, '/sync': 503 }, 10);
}

async function replacesStuckStandby(cluster: Cluster): Promise<void> {
  await cluster.patchConfig({
    pause: true,
    maximum_lag_on_syncnode: 15_000_000,
    postgresql: { parameters: { synchronous_commit: 'remote_apply' } },
  });
  const first = cluster.at(0);
  await within(10, 'remote_apply is in force', async () =>
    assert.equal(await first.value('SHOW synchronous_commit'), 'remote_apply'),
  );
  await cluster.at(2).sql('SELECT pg_wal_replay_pause()');
  await first.sql(
    "SET synchronous_commit = local; CREATE TABLE heavy AS SELECT repeat('x', 1000) FROM generate_series(1, 30000)",
  );
  await untilSync(cluster, 'postgres-0', ['postgres-1'], 15);
  await cluster.at(2).sql('SELECT pg_wal_replay_resume()');
  await untilCodes(cluster.at(1), { '/sync': 200 }, 10);
  await untilCodes(cluster.at(2), { '/async': 200 }, 10);
  await cluster.patchConfig({
    pause: null,
    maximum_lag_on_syncnode: -1,
    postgresql: { parameters: { synchronous_commit: 'on' } },
  });
}

async function hasTwoStandbys(cluster: Cluster): Promise<void> {
  await cluster.patchConfig({ synchronous_node_count: 2, synchronous_mode_strict: false });
  await untilSync(cluster, 'postgres-0', ['postgres-1', 'postgres-2'], 10);
  await untilCodes(cluster.at(1), { '/sync': 200 }, 10);
  await untilCodes(cluster.at(2), { '/sync': 200 }, 10);
  await cluster.patchConfig({ synchronous_node_count: 1 });
  await cluster.at(1).stop();
  await untilSync(cluster, 'postgres-0', ['postgres-2'], 10);
  await cluster.at(1).start();
  await cluster.untilStreaming(20);
  await untilCodes(cluster.at(2), { '/sync': 200 }, 10);
  await untilCodes(cluster.at(1), { '/async': 200 }, 10);
}

/** In pause the stopped agent leaves its PostgreSQL running, which then is a primary apart from the cluster. */
async function failsOver(cluster: Cluster): Promise<void> {
  await cluster.patronictl('pause', '--wait', 'batman');
  await cluster.at(0).stop();
  await cluster.patronictl('resume', 'batman');
  const second = await cluster.untilLeader('postgres-2', 24);
  await within(10, '/history tells of the promotion', async () =>
    assert.match((await second.get('/history')).text, /recovery/u),
  );
  await untilCalledBack(second, `on_role_change ${second.primaryRole} batman`, 10);
  await cluster.patchConfig({ synchronous_mode: null });
  await untilSynchronousNames(second, '', 10);
  await untilReplicated(second, [cluster.at(1)], 'bar', 20);
}

async function rejoinsByRewind(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await first.sql('SET synchronous_commit = local; CREATE TABLE splitbrain (value int)');
  await first.start();
  await untilReplica(first, 30);
  await untilReplicated(cluster.at(2), [first], 'buz', 20);
  assert.equal(await first.value("SELECT to_regclass('splitbrain')"), 'null');
}

async function refusesDuplicateName(cluster: Cluster): Promise<void> {
  const twin = await cluster.add({ name: 'postgres-0' });
  await twin.start();
  await untilLogged(
    twin,
    /CRITICAL: .*Can't start; there is already a node named 'postgres-0' running/u,
    5,
  );
  assert.notEqual(await twin.agentEnded(10), 0);
}

/** Strict mode keeps a standby that is gone rather than acknowledge what only the primary has. */
async function keepsStandbyWhenStrict(cluster: Cluster): Promise<void> {
  await cluster.at(0).configure({ tags: { nosync: true } });
  cluster.at(0).signalAgent('SIGHUP');
  await cluster.patchConfig({ synchronous_mode: true, synchronous_mode_strict: true });
  await untilSync(cluster, 'postgres-2', ['postgres-1'], 20);
  await untilSynchronousNames(cluster.at(2), '"postgres-1"', 10);
  await cluster.at(2).stop();
  const second = await cluster.untilLeader('postgres-1', 10);
  await untilSync(cluster, 'postgres-1', ['postgres-2'], 10);
  await untilSynchronousNames(second, '"postgres-2"', 10);
  await untilLogged(second, /WARNING: No active replication connections from Patroni members/u, 10);
}

scenario('basic replication', { members: 3 }, async (cluster: Cluster, step: Step) => {
  const steps: readonly (readonly [string, (on: Cluster) => Promise<void>])[] = [
    ['replicates one table, also with strict synchronous mode', replicatesOneTable],
    ['gives a synchronous standby that restarts a successor', restartsSynchronousStandby],
    ['replaces a synchronous standby that stopped replaying', replacesStuckStandby],
    ['has as many synchronous standbys as are asked for', hasTwoStandbys],
    ['fails over to the synchronous standby', failsOver],
    ['takes the former primary back, its own writes rewound', rejoinsByRewind],
  ];
  for (const [name, body] of steps) await step(name, async () => body(cluster));
  // Debian's Patroni has neither.
  if (agentUnderTest === 'patroni') return;
  await step('refuses a second member of the same name', async () => refusesDuplicateName(cluster));
  await step('keeps the last synchronous standby in strict mode', async () =>
    keepsStandbyWhenStrict(cluster),
  );
});
