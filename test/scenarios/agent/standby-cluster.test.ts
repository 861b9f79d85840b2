// A cluster that follows another one: how it begins, switches over within itself, loses its leader, is promoted,
// and how a cluster becomes one.

import assert from 'node:assert/strict';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import { untilCalledBack, untilCodes, untilReplicated, untilStreamingFrom } from './questions.ts';
import { untilSlots } from './slot-questions.ts';
import { siteScenario } from './scenario.ts';

const standbyLeaderCodes = { '/primary': 503, '/standby_leader': 200 };

/** The member of the standby cluster that leads it follows the source; the other follows that one. */
async function followsAsCluster(source: Cluster, standby: Cluster): Promise<void> {
  const [leader, follower] = [standby.at(0), standby.at(1)];
  await leader.start();
  await untilCodes(leader, standbyLeaderCodes, 40);
  await untilStreamingFrom(leader, source.at(0), 20);
  const action = agentUnderTest === 'patroni' ? 'on_start' : 'on_role_change';
  await untilCalledBack(leader, `${action} standby_leader ${standby.scope}`, 10);
  await follower.start();
  await untilStreamingFrom(follower, leader, 40);
  await untilReplicated(source.at(0), [leader, follower], 'foo', 20);
  const names = await source.at(0).sql('SELECT slot_name FROM pg_replication_slots');
  assert.ok(names.some(({ slot_name: name }) => name === 'pm_1'));
}

async function switchesOver(standby: Cluster): Promise<void> {
  const [before, after] = [standby.at(0), standby.at(1)];
  const called = (await after.callbacks()).length;
  const answer = await before.post('/switchover', {
    leader: 'postgres-0',
    candidate: 'postgres-1',
  });
  assert.equal(answer.status, 200, answer.text);
  await untilCodes(after, standbyLeaderCodes, 10);
  await untilStreamingFrom(before, after, 32);
  await within(10, 'the callback came after the one of its start', async () => {
    const lines = await after.callbacks();
    assert.deepEqual(lines.slice(called), [`on_role_change standby_leader ${standby.scope}`]);
  });
}

siteScenario('standby cluster', async (site, step) => {
  const source = await site.cluster(2, {
    dynamic: { slots: { pm_1: { type: 'physical' } } },
  });
  const [first, second] = [source.at(0), source.at(1)];

  await step('prepares the source with a permanent slot', async () => {
    await source.startAll();
    await within(15, 'the permanent slot is there', async () => {
      const rows = await first.sql('SELECT slot_name FROM pg_replication_slots');
      assert.ok(rows.some(({ slot_name: name }) => name === 'pm_1'));
    });
    await second.stop();
    await source.untilLeader('postgres-0', 10);
  });

  const standby = await site.cluster(2, {
    scope: 'batman1',
    dynamic: {
      standby_cluster: {
        host: first.place.host,
        port: first.place.postgresPort,
        primary_slot_name: 'pm_1',
        create_replica_methods: ['basebackup'],
      },
    },
  });

  await step('clones and follows the source, as a cascade', async () =>
    followsAsCluster(source, standby),
  );
  await step('switches over within the standby cluster', async () => switchesOver(standby));

  await step('gets another standby leader where the one is gone', async () => {
    await standby.at(1).killAll();
    await untilCodes(standby.at(0), standbyLeaderCodes, 32);
    await untilStreamingFrom(standby.at(0), first, 10);
  });

  // Debian's Patroni gives a demoted cluster's key away, and its primary with it.
  if (agentUnderTest !== 'patroni') {
    await step('its source becomes a standby cluster in turn', async () => {
      const { host, postgresPort: port } = standby.at(0).place;
      await source.patchConfig({ standby_cluster: { host, port } });
      await untilCodes(first, standbyLeaderCodes, 20);
    });
    await step('slots limited to standby clusters come, and those of primary ones go', async () => {
      const slots = {
        of_standby: { cluster_type: 'standby' },
        of_primary: { cluster_type: 'primary' },
      };
      await source.patchConfig({ slots });
      await untilSlots(first, ['of_standby'], 10, ['of_primary']);
    });
  }

  await step('becomes a cluster of its own', async () => {
    await standby.patchConfig({ standby_cluster: null });
    await standby.untilLeader('postgres-0', 10);
    await standby.at(0).sql('CREATE TABLE own AS SELECT 1 AS value');
  });

  if (agentUnderTest === 'patroni') return;
  await step('its former source follows it', async () => {
    await untilStreamingFrom(first, standby.at(0), 30);
    await untilReplicated(standby.at(0), [first], 'back', 20);
  });
});
