// A slot that was copied decodes as it would have on the primary, also a transaction that was open all along while others
// ended: without the primary's snapshot it would be passed over.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { untilReplica } from './questions.ts';
import { openTransaction, untilReady, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const slot = 'copied';

async function consume(member: Member): Promise<string> {
  const rows = await member.sql(
    `SELECT data FROM pg_logical_slot_get_changes('${slot}', NULL, NULL)`,
  );
  return rows.map(({ data }) => String(data)).join('\n');
}

/** A checkpoint writes down which transactions run; the consumer then goes on from there. */
async function moveOn(member: Member): Promise<void> {
  for (let time = 0; time < 2; time += 1) {
    await member.sql('CHECKPOINT');
    await consume(member);
  }
}

async function isNotPassedOver(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await second.stop();
  await cluster.patchConfig({
    slots: { [slot]: { type: 'logical', database: 'postgres', plugin: 'test_decoding' } },
  });
  await untilReady(first, slot, 10);
  const before = await openTransaction(first, 'SELECT txid_current()');
  await moveOn(first);
  const spanning = await openTransaction(first, "INSERT INTO words VALUES ('spanning')");
  await consume(first);
  await before.query('COMMIT');
  await first.sql('CHECKPOINT');

  await second.start();
  await untilReplica(second, 30);
  await untilSlots(second, [slot], 20);
  await untilReady(second, slot, 20);

  await spanning.query('COMMIT');
  await Promise.all([before.end(), spanning.end()]);
  const answer = await first.post('/switchover', { leader: first.name, candidate: second.name });
  assert.equal(answer.status, 200, answer.text);
  await cluster.untilLeader(second.name, 20);
  assert.match(await consume(second), /INSERT: word\[text\]:'spanning'/u);
}

scenario(
  'a copied slot and transactions that were open',
  { members: 2, dynamic: { postgresql: { parameters: { wal_level: 'logical' } } } },
  async (cluster, step) => {
    await step('start', async () => {
      await cluster.startAll();
      await cluster.at(0).sql('CREATE TABLE words (word text)');
    });
    await step('a transaction that spans the copy is decoded', async () =>
      isNotPassedOver(cluster),
    );
  },
  needsPatroni4('readiness of slots'),
);
