// Failsafe mode: a primary whose store is gone goes on while all members answer it, and only then.

import assert from 'node:assert/strict';
import type { Cluster } from '../../cluster/cluster.ts';
import { throughout, within } from '../../cluster/within.ts';
import { untilCodes, untilReplica, untilReplicated } from './questions.ts';
import { untilSamePosition, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

async function untilFailsafe(cluster: Cluster, number: number): Promise<void> {
  const member = cluster.at(number);
  await within(12, `${member.name} is in failsafe mode`, async () => {
    const answer = await member.get('/primary');
    assert.match(answer.text, /failsafe_mode_is_active/u);
    assert.equal(answer.status, 200);
  });
}

/** Each of these members knows exactly these as the ones to ask. */
async function untilKnown(cluster: Cluster, numbers: readonly number[]): Promise<void> {
  const members = numbers.map((number) => cluster.at(number));
  const known = Object.fromEntries(
    members.map(({ name, restUrl }) => [name, `${restUrl}/patroni`]),
  );
  for (const member of members) {
    await within(15, `/failsafe of ${member.name} has all members`, async () => {
      const answer = await member.get('/failsafe');
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json(), known);
    });
  }
}

async function knowsItself(cluster: Cluster): Promise<void> {
  await cluster.at(0).start();
  await cluster.untilLeader('postgres-0', 20);
  await cluster.patchConfig({ loop_wait: 2, ttl: 20, retry_timeout: 3, failsafe_mode: true });
  await untilKnown(cluster, [0]);
}

async function goesOnAlone(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await cluster.etcd.stop();
  await untilFailsafe(cluster, 0);
  await throughout(6, 'it stays the primary', async () =>
    assert.equal(await first.value('SELECT pg_is_in_recovery()'), 'false'),
  );
  await cluster.etcd.start();
  await within(15, 'failsafe mode is over', async () =>
    assert.doesNotMatch((await first.get('/primary')).text, /failsafe_mode_is_active/u),
  );
}

/** A member the primary never knew may hold less than what was acknowledged. */
async function unknownStaysReplica(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.sql('CHECKPOINT');
  await first.stop();
  // A cold copy is the simplest backup, and the member is restored from it without a leader.
  const command = await second.writeFile(
    'restore.sh',
    [
      '#!/bin/sh',
      'for argument in "$@"; do',
      '  case "$argument" in --datadir=*) target="${argument#--datadir=}" ;; esac',
      'done',
      `cp -R '${first.dataDirectory}' "$target" && chmod 0700 "$target"`,
      `rm -f "$target/postmaster.pid"`,
      '',
    ].join('\n'),
    0o755,
  );
  await second.configure({
    postgresql: {
      create_replica_methods: ['restore', 'basebackup'],
      restore: { command, no_leader: true },
    },
  });
  await second.start();
  await untilReplica(second, 30);
  await throughout(6, 'it does not promote itself', async () =>
    assert.equal(await second.value('SELECT pg_is_in_recovery()'), 'true'),
  );
  await first.start();
  await cluster.untilLeader('postgres-0', 20);
  await cluster.untilStreaming(20);
  await untilKnown(cluster, [0, 1]);
  await cluster.patchConfig({
    slots: {
      dcs_slot_0: { type: 'logical', database: 'postgres', plugin: 'test_decoding' },
      dcs_slot_1: { type: 'physical' },
    },
  });
  await untilSlots(second, ['dcs_slot_0', 'dcs_slot_1'], 20);
  await cluster.untilStreaming(20);
}

async function goesOnWithBoth(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await cluster.etcd.stop();
  await untilFailsafe(cluster, 0);
  await untilReplicated(first, [second], 'with_both', 20);
  await untilCodes(second, { '/primary': 503, '/replica': 200 }, 10);
}

/** What the consumers of the primary confirm reaches the replica by failsafe messages. */
async function slotsMoveWithBoth(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.sql('CREATE TABLE without_store_1 AS SELECT 1 AS value');
  await first.sql("SELECT count(*) FROM pg_logical_slot_get_changes('dcs_slot_0', NULL, NULL)");
  await first.sql("SELECT pg_replication_slot_advance('dcs_slot_1', pg_current_wal_flush_lsn())");
  await untilSamePosition(first, second, 'dcs_slot_0', 'confirmed_flush_lsn', 20);
  await untilSamePosition(first, second, 'dcs_slot_1', 'restart_lsn', 10);
}

/** Of a cascade: who leads keeps the slot of the last one, which streams from the one between. */
async function memberSlotsMoveWithThree(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await second.sql('CREATE TABLE without_store_2 AS SELECT 1 AS value');
  await untilSamePosition(first, second, 'postgres_2', 'restart_lsn', 20);
}

async function stopsWithoutOne(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await cluster.at(1).killAll();
  await within(12, 'the primary is one no more', async () => {
    assert.equal(await first.code('/primary'), 503);
    assert.equal(await first.value('SELECT pg_is_in_recovery()'), 'true');
  });
}

async function knownIsPromoted(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.killAll();
  await cluster.etcd.start();
  await second.start();
  await cluster.untilLeader('postgres-1', 35);
  await first.start();
  await untilReplica(first, 40);
}

async function goesOnWithThree(cluster: Cluster): Promise<void> {
  const [first, second, third] = [cluster.at(0), cluster.at(1), cluster.at(2)];
  await third.start();
  await cluster.untilStreaming(40);
  await untilKnown(cluster, [0, 1, 2]);
  await untilReplicated(second, [first, third], 'with_three', 20);
  await cluster.etcd.stop();
  await untilFailsafe(cluster, 1);
  await untilReplicated(second, [first, third], 'without_store', 20);
  await untilCodes(first, { '/primary': 503 }, 5);
  await untilCodes(third, { '/primary': 503 }, 5);
  await memberSlotsMoveWithThree(cluster);
  await cluster.etcd.start();
  await cluster.untilLeader('postgres-1', 20);
}

const dynamic = { postgresql: { parameters: { wal_level: 'logical' } } } as const;

scenario('failsafe mode', { members: 3, dynamic }, async (cluster, step) => {
  await cluster.at(2).configure({ tags: { replicatefrom: 'postgres-0' } });
  await step('knows whom it would ask', async () => knowsItself(cluster));
  await step('a primary alone goes on without the store', async () => goesOnAlone(cluster));
  await step('a member unknown to the primary is not promoted', async () =>
    unknownStaysReplica(cluster),
  );
  await step('a primary goes on while its replica answers', async () => goesOnWithBoth(cluster));
  await step('slots move on without the store', async () => slotsMoveWithBoth(cluster));
  await step('a primary stops when its replica does not answer', async () =>
    stopsWithoutOne(cluster),
  );
  await step('a known replica is promoted when the store is back', async () =>
    knownIsPromoted(cluster),
  );
  await step('three members go on without the store', async () => goesOnWithThree(cluster));
});
