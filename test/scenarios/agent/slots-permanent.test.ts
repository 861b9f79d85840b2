// Permanent slots and those of members, in a cluster with a cascade and a member that may not lead: who has which,
// that they move together, and what becomes of them when members go and come back.

import assert from 'node:assert/strict';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import { slotNames, slotsOf, untilReady, untilSamePosition, untilSlots } from './slot-questions.ts';
import { untilReplica } from './questions.ts';
import { scenario } from './scenario.ts';

async function physicalOnes(cluster: Cluster): Promise<void> {
  const [first, , third] = [cluster.at(0), cluster.at(1), cluster.at(2)];
  await cluster.patchConfig({ slots: { test_physical: 0, postgres_3: 0 } });
  await untilSlots(first, ['test_physical', 'postgres_1', 'postgres_2', 'postgres_3'], 10);
  await untilSlots(third, ['postgres_3'], 10, ['test_physical']);
}

async function aLogicalOne(cluster: Cluster): Promise<void> {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((number) => cluster.at(number));
  assert.ok(first && second && third && fourth);
  await cluster.patchConfig({
    slots: { test_logical: { type: 'logical', database: 'postgres', plugin: 'test_decoding' } },
  });
  await untilSlots(first, ['test_logical'], 10);
  for (const member of [second, fourth]) {
    await untilSlots(member, ['test_logical', 'test_physical'], 10);
    await untilSamePosition(first, member, 'test_logical', 'confirmed_flush_lsn', 10);
    if (agentUnderTest === 'pg-agent') await untilReady(member, 'test_logical', 10);
  }
  assert.ok(!(await slotNames(third)).includes('test_logical'));
}

async function thoseOfMembers(cluster: Cluster): Promise<void> {
  await untilSlots(cluster.at(1), ['postgres_0', 'postgres_2', 'postgres_3'], 10, ['postgres_1']);
  await untilSlots(cluster.at(2), ['postgres_3'], 10, ['postgres_0', 'postgres_1']);
  await untilSlots(cluster.at(3), ['postgres_0', 'postgres_1', 'postgres_2'], 10);
  await untilSlots(cluster.at(0), ['postgres_3'], 10, ['postgres_0']);
}

async function moveTogether(cluster: Cluster): Promise<void> {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((number) => cluster.at(number));
  assert.ok(first && second && third && fourth);
  await first.sql('CREATE TABLE bar AS SELECT 1 AS value');
  await first.sql(`SELECT count(*) FROM pg_logical_slot_get_changes('test_logical', NULL, NULL)`);
  await first.sql(
    `SELECT pg_replication_slot_advance('test_physical', pg_current_wal_flush_lsn())`,
  );
  await untilSamePosition(first, second, 'test_logical', 'confirmed_flush_lsn', 10);
  await untilSamePosition(first, fourth, 'test_logical', 'confirmed_flush_lsn', 10);
  await untilSamePosition(first, second, 'test_physical', 'restart_lsn', 10);
  await untilSamePosition(first, fourth, 'test_physical', 'restart_lsn', 10);
  await untilSamePosition(first, fourth, 'postgres_1', 'restart_lsn', 20);
  await untilSamePosition(third, first, 'postgres_3', 'restart_lsn', 20);
  await untilSamePosition(third, second, 'postgres_3', 'restart_lsn', 20);
}

async function areInTheStatus(cluster: Cluster): Promise<void> {
  await within(10, 'the status has the slots and who retains them', async () => {
    const status = await cluster.jsonKey('status');
    const slots = Object.keys(status['slots'] ?? {});
    for (const name of ['test_physical', 'postgres_0', 'postgres_1', 'postgres_2', 'postgres_3']) {
      assert.ok(slots.includes(name), `${name} is not among ${slots.join(', ')}`);
    }
    assert.deepEqual(status['retain_slots'], ['postgres_0', 'postgres_1', 'postgres_2']);
  });
}

async function stayForTheAbsent(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  for (const number of [3, 2, 0]) await cluster.at(number).stop();
  await cluster.untilLeader('postgres-1', 20);
  await untilSlots(second, ['test_physical', 'test_logical', 'postgres_0', 'postgres_3'], 10);
  await first.start();
  await untilReplica(first, 20);
  await untilSlots(first, ['postgres_1', 'postgres_2', 'postgres_3', 'test_logical'], 10);
  await within(10, 'the slot of the new primary holds no rows on the old one', async () =>
    assert.equal((await slotsOf(first)).get('postgres_1')?.['xmin'], null),
  );
}

scenario(
  'permanent slots',
  {
    members: 4,
    dynamic: { postgresql: { parameters: { wal_level: 'logical' } } },
    member: (number) =>
      number === 2
        ? { tags: { nofailover: true } }
        : number === 3
          ? { tags: { replicatefrom: 'postgres-2' } }
          : {},
  },
  async (cluster, step) => {
    await step('start four members', async () => cluster.startAll());
    await step('physical ones are made where they are to be', async () => physicalOnes(cluster));
    await step('a logical one comes to whoever may lead', async () => aLogicalOne(cluster));
    await step('members keep slots for each other', async () => thoseOfMembers(cluster));
    await step('they move on together', async () => moveTogether(cluster));
    await step('they stand in the status', async () => areInTheStatus(cluster));
    await step('they stay for members that are away', async () => stayForTheAbsent(cluster));
  },
);
