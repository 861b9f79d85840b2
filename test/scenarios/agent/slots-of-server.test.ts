// From PostgreSQL 17 on the server itself can keep a logical slot on standbys (failover = true). Such slots are left to it,
// but for the leftover on a former primary that would be in its way.

import assert from 'node:assert/strict';
import { laterPostgresql } from '../../../scripts/fetch-postgresql.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { YamlMap } from '../../cluster/member-document.ts';
import type { Member, Row } from '../../cluster/member.ts';
import { within } from '../../cluster/within.ts';
import { untilReplica } from './questions.ts';
import { untilReady, untilSamePosition, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const slot = 'kept_by_server';

const later = await laterPostgresql();
const skip =
  later === null
    ? 'PostgreSQL before 17 does not keep slots on standbys by itself, and set-up could not fetch a later one'
    : false;

const dynamic: YamlMap = {
  slots: {
    [slot]: { type: 'logical', database: 'postgres', plugin: 'test_decoding', failover: true },
  },
  postgresql: { parameters: { wal_level: 'logical' } },
};

/** A standby takes a slot over once it has all WAL the slot needs, so the slot's consumer has to come along a little. */
async function consume(primary: Member): Promise<void> {
  await primary.sql('SELECT pg_log_standby_snapshot()');
  await primary.sql(`SELECT count(*) FROM pg_logical_slot_get_changes('${slot}', NULL, NULL)`);
}

async function untilSynced(primary: Member, standby: Member, seconds = 30): Promise<void> {
  await within(seconds, `${standby.name} has the slot from the server`, async () => {
    await consume(primary);
    const rows = await standby.sql(
      `SELECT failover, synced, temporary, invalidation_reason FROM pg_replication_slots
        WHERE slot_name = $1`,
      [slot],
    );
    assert.deepEqual(rows, [
      { failover: true, synced: true, temporary: false, invalidation_reason: null },
    ]);
  });
  await untilSamePosition(primary, standby, slot, 'confirmed_flush_lsn', 30);
  await untilReady(standby, slot, 10);
}

/** Without a setting the slot is its owner's, and its copies go with it rather than stay for ever. */
async function goesWithItsOwner(primary: Member, standby: Member): Promise<void> {
  await within(10, `${standby.name} knows that nobody asks for the slot`, async () => {
    const { slots } = (await standby.get('/slots')).json() as { readonly slots: readonly Row[] };
    assert.equal(slots.find(({ name }) => name === slot)?.['source'], 'server');
  });
  await untilSynced(primary, standby);
  await primary.sql('SELECT pg_drop_replication_slot($1)', [slot]);
  await untilSlots(standby, [], 30, [slot]);
}

/** What a consumer would get of a table's rows, without taking them. */
async function waitingRows(member: Member): Promise<readonly Row[]> {
  return member.sql(
    `SELECT data FROM pg_logical_slot_peek_changes('${slot}', NULL, NULL) WHERE data LIKE 'table%'`,
  );
}

async function restarted(member: Member): Promise<void> {
  const before = await member.postmasterPid();
  const answer = await member.post('/restart', {});
  assert.equal(answer.status, 200, answer.text);
  assert.notEqual(await member.postmasterPid(), before);
}

async function staysAfterSwitchover(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.sql('CREATE TABLE told AS SELECT 7 AS value');
  await untilSamePosition(first, second, slot, 'confirmed_flush_lsn', 30);
  const answer = await first.post('/switchover', { leader: first.name, candidate: second.name });
  assert.equal(answer.status, 200, answer.text);
  await cluster.untilLeader(second.name, 20);
  assert.deepEqual(await waitingRows(second), [
    { data: 'table public.told: INSERT: value[integer]:7' },
  ]);
  await untilReplica(first, 30);
  await untilSynced(second, first);
}

async function untilWaitsFor(primary: Member, slots: string, seconds: number): Promise<void> {
  await within(seconds, `consumers of ${primary.name} wait for ${slots}`, async () =>
    assert.equal(await primary.value('SHOW synchronized_standby_slots'), slots),
  );
}

/** While the standby takes nothing in, the slot gives out nothing of what was committed meanwhile. */
async function staysBehindStandby(primary: Member, standby: Member): Promise<void> {
  await primary.sql('CREATE TABLE told (value int)');
  await untilSamePosition(primary, standby, slot, 'confirmed_flush_lsn', 30);
  const receiver = Number(await standby.value('SELECT pid FROM pg_stat_wal_receiver'));
  process.kill(receiver, 'SIGSTOP');
  try {
    await primary.sql('SET synchronous_commit = local; INSERT INTO told VALUES (7)');
    await assert.rejects(
      primary.sql(
        `SET statement_timeout = '1s'; SELECT * FROM pg_logical_slot_get_changes('${slot}', NULL, NULL)`,
      ),
      /statement timeout/u,
    );
  } finally {
    process.kill(receiver, 'SIGCONT');
  }
  assert.deepEqual(await waitingRows(primary), [
    { data: 'table public.told: INSERT: value[integer]:7' },
  ]);
}

scenario(
  'a slot that the server keeps on standbys',
  {
    members: 2,
    binDirectory: later?.binDirectory,
    dynamic,
  },
  async (cluster, step) => {
    await step('is left to it', async () => {
      await cluster.startAll();
      await untilSynced(cluster.at(0), cluster.at(1), 60);
    });
    await step('is there after a restart of either server', async () => {
      const [primary, standby] = [cluster.at(0), cluster.at(1)];
      await restarted(primary);
      await restarted(standby);
      await cluster.untilStreaming(30);
      assert.deepEqual(
        await primary.sql(
          'SELECT failover, synced FROM pg_replication_slots WHERE slot_name = $1',
          [slot],
        ),
        [{ failover: true, synced: false }],
      );
      await untilSynced(primary, standby);
    });
    await step('a former primary takes it over from the new one', async () =>
      staysAfterSwitchover(cluster),
    );
    await step('once taken out of the configuration, goes with its owner', async () => {
      await cluster.patchConfig({ slots: null });
      await goesWithItsOwner(cluster.at(1), cluster.at(0));
    });
  },
  skip,
);

scenario(
  'in synchronous mode the consumer of such a slot',
  {
    members: 2,
    binDirectory: later?.binDirectory,
    dynamic: { ...dynamic, synchronous_mode: true },
  },
  async (cluster, step) => {
    const [first, second] = [cluster.at(0), cluster.at(1)];
    await step('does not get ahead of the synchronous standby', async () => {
      await cluster.startAll();
      await untilWaitsFor(first, 'postgres_1', 20);
      await untilSynced(first, second, 60);
      await staysBehindStandby(first, second);
    });
    await step('waits for the other after a switchover, which it loses nothing by', async () => {
      await untilSamePosition(first, second, slot, 'confirmed_flush_lsn', 30);
      const answer = await first.post('/switchover', { leader: first.name });
      assert.equal(answer.status, 200, answer.text);
      await cluster.untilLeader(second.name, 20);
      assert.equal((await waitingRows(second)).length, 1);
      await untilWaitsFor(second, 'postgres_0', 30);
      await untilSynced(second, first);
    });
    await step('waits for nobody once the standby is gone', async () => {
      await first.stop();
      await untilWaitsFor(second, '', 20);
      await second.sql('INSERT INTO told VALUES (8)');
      assert.equal((await waitingRows(second)).length, 1);
    });
  },
  skip,
);
