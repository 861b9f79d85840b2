// A consumer of a permanent logical slot reads on through failovers and switchovers: whatever was acknowledged to the
// writer comes to it, some of it maybe twice.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { LogicalConsumer } from '../../cluster/logical-consumer.ts';
import { superuser } from '../../cluster/member-document.ts';
import { hostsOf, Writer } from '../../cluster/writer.ts';
import { untilSync } from './questions.ts';
import { untilReady, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const slot = 'consumer';

/** With a pause between them that grows with each crash of one member, so that they come to both in turns. */
const changes = Array.from({ length: 20 }, (_, index) =>
  index % 5 === 1 ? 'crash' : index % 5 === 4 ? 'shutdown' : 'switchover',
);

async function switchOver(cluster: Cluster): Promise<void> {
  const before = await cluster.leadingMember();
  const answer = await before.post('/switchover', { leader: before.name });
  assert.equal(answer.status, 200, answer.text);
  await cluster.untilOtherLeader(before.name, 20);
}

/** With `primary_start_timeout` 0 nobody waits for a primary that crashed. */
async function crash(cluster: Cluster): Promise<void> {
  const before = await cluster.leadingMember();
  await before.signalPostmaster('SIGKILL');
  await cluster.untilOtherLeader(before.name, 30);
}

/** A machine is restarted in good order. */
async function shutDown(cluster: Cluster): Promise<void> {
  const before = await cluster.leadingMember();
  await before.stop();
  await cluster.untilOtherLeader(before.name, 30);
  await before.start();
}

const carryOut = { switchover: switchOver, crash, shutdown: shutDown } as const;

/** Everybody follows, whoever leads next has the slot, and is allowed to lead. */
async function untilWell(cluster: Cluster): Promise<void> {
  await cluster.untilStreaming(30);
  const leader = (await cluster.leader()) ?? '';
  const others = cluster.members.filter(({ name }) => name !== leader).map(({ name }) => name);
  await untilSync(cluster, leader, others, 30);
  for (const member of cluster.members) {
    if (member.name !== leader) await untilReady(member, slot, 30);
  }
}

scenario(
  'a consumer of a logical slot',
  {
    members: 2,
    dynamic: {
      synchronous_mode: true,
      primary_start_timeout: 0,
      slots: { [slot]: { type: 'logical', database: 'postgres', plugin: 'test_decoding' } },
      postgresql: { parameters: { wal_level: 'logical' } },
    },
  },
  async (cluster, step) => {
    await step('the slot is on every member', async () => {
      await cluster.startAll();
      for (const member of cluster.members) await untilSlots(member, [slot], 20);
      await untilWell(cluster);
    });
    const { directory, binDirectory } = cluster.ground;
    const table = 'written';
    await using writer = await Writer.start({
      hosts: hostsOf(cluster.members),
      login: superuser,
      table,
    });
    await using consumer = new LogicalConsumer({
      directory,
      binDirectory,
      members: cluster.members,
      slot,
      table,
    });
    for (const [index, what] of changes.entries()) {
      await step(`${what}, change of leader ${index + 1}`, async () => {
        await carryOut[what](cluster);
        await writer.untilWriting(20);
        await untilWell(cluster);
      });
    }
    await step('it has received all that was acknowledged', async () => {
      await writer.stop();
      assert.ok(writer.count > 100, `only ${writer.count} rows were acknowledged`);
      await consumer.untilReceived(writer.acknowledged, 20);
    });
  },
  needsPatroni4('readiness of slots'),
);
