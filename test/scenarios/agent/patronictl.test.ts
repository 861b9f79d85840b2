// What users do with patronictl of Debian's package.

import assert from 'node:assert/strict';
import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import { untilReplica } from './questions.ts';
import { scenario } from './scenario.ts';

async function lists(cluster: Cluster): Promise<void> {
  const sysid = await cluster.key('initialize');
  const table = await cluster.patronictl('list', 'batman');
  assert.match(table, /\+ Cluster: batman/u);
  assert.match(table, /postgres-0 +\|.*\| Leader +\| running +\| +1 \|/u);
  assert.match(table, /postgres-1 +\|.*\| Replica +\|/u);
  assert.match(table, /postgres-2 +\|.*\| Replica +\|/u);
  const rows = JSON.parse(
    await cluster.patronictl('list', 'batman', '-f', 'json'),
  ) as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual(
    rows.map(({ Cluster: scope, Member: name, TL: timeline }) => ({ scope, name, timeline })),
    [0, 1, 2].map((number) => ({ scope: 'batman', name: `postgres-${number}`, timeline: 1 })),
  );
  assert.match(sysid ?? '', /^\d+$/u);
}

async function showsTopology(cluster: Cluster): Promise<void> {
  const table = await cluster.patronictl('topology', 'batman');
  const names = [...table.matchAll(/^\| ([ +]*postgres-\d)/gmu)].map(([, name]) => name?.trimEnd());
  assert.deepEqual(names, ['postgres-0', '+ postgres-1', '  + postgres-2']);
}

async function changesConfig(cluster: Cluster): Promise<void> {
  const changed = await cluster.patronictl(
    'edit-config',
    'batman',
    '--force',
    '-s',
    'maximum_lag_on_failover=2000000',
    '-p',
    'work_mem=7MB',
  );
  assert.match(changed, /\+maximum_lag_on_failover: 2000000/u);
  assert.match(changed, /Configuration changed/u);
  const shown = await cluster.patronictl('show-config', 'batman');
  assert.match(shown, /maximum_lag_on_failover: 2000000/u);
  assert.match(shown, /work_mem: 7MB/u);
  for (const member of cluster.members) {
    await within(15, `the change is in force on ${member.name}`, async () =>
      assert.equal(await member.value('SHOW work_mem'), '7MB'),
    );
  }
  const again = await cluster.patronictl('edit-config', 'batman', '--force', '-p', 'work_mem=7MB');
  assert.match(again, /Not changed/u);
}

async function pausesAndResumes(cluster: Cluster): Promise<void> {
  assert.match(
    await cluster.patronictl('pause', '--wait', 'batman'),
    /Success: cluster management is paused/u,
  );
  assert.match(await cluster.patronictl('list', 'batman'), /Maintenance mode: on/u);
  const again = await cluster.ctl('pause', 'batman');
  assert.match(again.stdout + again.stderr, /Cluster is already paused/u);
  assert.match(
    await cluster.patronictl('resume', '--wait', 'batman'),
    /Success: cluster management is resumed/u,
  );
  assert.doesNotMatch(await cluster.patronictl('list', 'batman'), /Maintenance mode/u);
}

async function restarts(cluster: Cluster): Promise<void> {
  const before = await cluster.at(1).value('SELECT pg_postmaster_start_time()');
  await cluster.patronictl('edit-config', 'batman', '--force', '-p', 'max_connections=110');
  await within(15, 'list tells that a restart is pending', async () =>
    assert.match(await cluster.patronictl('list', 'batman'), /Pending restart/u),
  );
  const told = await cluster.patronictl('restart', 'batman', 'postgres-1', '--force');
  assert.match(told, /Success: restart on member postgres-1/u);
  await within(20, 'it restarted', async () =>
    assert.notEqual(await cluster.at(1).value('SELECT pg_postmaster_start_time()'), before),
  );
  assert.match(
    await cluster.patronictl('restart', 'batman', '--force', '--pending'),
    /Success: restart on member postgres-0/u,
  );
  for (const member of cluster.members) {
    await within(20, `no restart is pending on ${member.name}`, async () => {
      assert.equal(await member.value('SHOW max_connections'), '110');
      assert.equal((await member.status())['pending_restart'], undefined);
    });
  }
  assert.match(
    await cluster.patronictl('reload', 'batman', '--force'),
    /(?:Reload request received|No changes to apply)/u,
  );
}

async function reinitializes(cluster: Cluster): Promise<void> {
  const told = await cluster.patronictl('reinit', 'batman', 'postgres-2', '--force', '--wait');
  assert.match(told, /Success: reinitialize for member postgres-2/u);
  assert.match(told, /Reinitialize is completed on: postgres-2/u);
  await untilReplica(cluster.at(2), 20);
}

async function switchesOver(cluster: Cluster): Promise<void> {
  await cluster.untilStreaming(20);
  const told = await cluster.patronictl(
    'switchover',
    'batman',
    '--force',
    '--leader',
    'postgres-0',
    '--candidate',
    'postgres-1',
  );
  assert.match(told, /Successfully switched over to "postgres-1"/u);
  await cluster.untilLeader('postgres-1', 10);
  await cluster.untilStreaming(30);
}

async function failsOver(cluster: Cluster): Promise<void> {
  const told = await cluster.patronictl(
    'failover',
    'batman',
    '--force',
    '--candidate',
    'postgres-0',
  );
  // Debian's patronictl names the leader too, which makes a switchover of it.
  assert.match(told, /Successfully (?:failed|switched) over to "postgres-0"/u);
  await cluster.untilLeader('postgres-0', 10);
  await cluster.untilStreaming(30);
}

async function showsHistory(cluster: Cluster): Promise<void> {
  const rows = JSON.parse(
    await cluster.patronictl('history', 'batman', '-f', 'json'),
  ) as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual(
    rows.map((row) => ({ timeline: row['TL'], reason: row['Reason'], leader: row['New Leader'] })),
    [1, 2].map((timeline) => ({
      timeline,
      reason: 'no recovery target specified',
      leader: timeline === 1 ? 'postgres-1' : 'postgres-0',
    })),
  );
}

scenario('patronictl', { members: 3 }, async (cluster, step) => {
  await cluster.at(2).configure({ tags: { replicatefrom: 'postgres-1' } });
  await step('list', async () => {
    await cluster.startAll();
    await lists(cluster);
  });
  await step('topology', async () => showsTopology(cluster));
  await step('edit-config and show-config', async () => changesConfig(cluster));
  await step('pause and resume', async () => pausesAndResumes(cluster));
  await step('restart and reload', async () => restarts(cluster));
  await step('reinit', async () => reinitializes(cluster));
  await step('switchover', async () => switchesOver(cluster));
  await step('failover', async () => failsOver(cluster));
  await step('history', async () => showsHistory(cluster));
  await step('query and dsn', async () => {
    assert.match(
      await cluster
        .patronictl('dsn', 'batman', '-r', 'primary')
        .catch(async () => cluster.patronictl('dsn', 'batman', '-r', 'master')),
      new RegExp(`host=${cluster.at(0).place.host} port=${cluster.at(0).place.postgresPort}`, 'u'),
    );
  });
});
