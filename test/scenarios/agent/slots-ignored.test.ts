// Slots that `ignore_slots` names are left alone through changes of the leader, those of nobody are dropped; in pause,
// and while an agent is killed, no slot of a member that is away is lost.

import assert from 'node:assert/strict';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { throughout, within } from '../../cluster/within.ts';
import { untilReplica } from './questions.ts';
import { slotNames, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const kept = ['kept_by_all', 'kept_by_two', 'kept_by_database', 'kept_by_name'] as const;

const ignored = [
  { name: kept[0], database: 'postgres', plugin: 'test_decoding', type: 'logical' },
  { database: 'second', plugin: 'test_decoding' },
  { database: 'third' },
  { name: kept[3] },
];

async function makeSlots(cluster: Cluster): Promise<void> {
  await cluster.startAll();
  await cluster.patchConfig({ ignore_slots: ignored });
  const first = cluster.at(0);
  for (const database of ['second', 'third']) await first.sql(`CREATE DATABASE ${database}`);
  const databases = ['postgres', 'second', 'third', 'postgres'];
  for (const [index, name] of [...kept, 'dummy_slot'].entries()) {
    const database = databases[index] ?? 'postgres';
    await first.sqlIn(
      database,
      `SELECT pg_create_logical_replication_slot('${name}', 'test_decoding')`,
    );
  }
  await untilSlots(first, [...kept, 'dummy_slot'], 5);
}

async function switchOver(cluster: Cluster, to: Member): Promise<void> {
  const before = await cluster.leadingMember();
  const answer = await before.post('/switchover', { leader: before.name, candidate: to.name });
  assert.equal(answer.status, 200, answer.text);
  await cluster.untilLeader(to.name, 20);
  await untilReplica(before, 30);
}

async function leadersKeepThem(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await switchOver(cluster, second);
  await untilSlots(first, kept, 10, ['dummy_slot']);
  await switchOver(cluster, first);
  await untilSlots(first, kept, 10, ['dummy_slot']);
}

/** An agent that is killed begins with what the store says, not with nothing. */
async function killedInPause(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await second.stop();
  await within(10, 'the slot of the absent member is retained', async () => {
    const { retain_slots: retained } = await cluster.jsonKey('status');
    assert.deepEqual(retained, ['postgres_0', 'postgres_1']);
  });
  await cluster.patchConfig({ pause: true });
  await within(10, 'the leader knows of the pause', async () =>
    assert.equal((await first.status())['pause'], true),
  );
  await first.killAgent();
  await first.start();
  await within(20, 'the agent is back', async () =>
    assert.equal(await first.code('/primary'), 200),
  );
  await cluster.patchConfig({ pause: null });
  await throughout(4, 'the slot of the absent member is there', async () =>
    assert.ok((await slotNames(first)).includes('postgres_1')),
  );
}

/** Limited to standby clusters it has no place here. */
async function ofStandbyClusters(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await cluster.patchConfig({
    slots: {
      of_standby: { type: 'physical', cluster_type: 'standby' },
      of_primary: { type: 'physical', cluster_type: 'primary' },
    },
  });
  await untilSlots(first, ['of_primary'], 10, ['of_standby']);
}

scenario(
  'slots that are ignored, and those of members that are away',
  { members: 2, dynamic: { postgresql: { parameters: { wal_level: 'logical' } } } },
  async (cluster, step) => {
    await step('make slots that nobody configured', async () => makeSlots(cluster));
    await step('ignored ones stay through changes of the leader', async () =>
      leadersKeepThem(cluster),
    );
    await step('an agent that is killed in pause forgets nobody', async () =>
      killedInPause(cluster),
    );
    await step('one of standby clusters is none of a primary cluster', async () =>
      ofStandbyClusters(cluster),
    );
  },
);
