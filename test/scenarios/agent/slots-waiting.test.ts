// A logical slot can only be made once every transaction that runs has ended, and one slot may never be made at all.
// Neither keeps the leader from leading, or the other slots from being there.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { throughout, within } from '../../cluster/within.ts';
import { openTransaction, slotState, untilReady, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const logical = { type: 'logical', plugin: 'test_decoding' } as const;

/** The loop goes on: it decided something not long ago. */
async function isTurning(member: Member): Promise<void> {
  assert.equal(await member.code('/primary'), 200);
  assert.equal(await member.code('/liveness'), 200);
  const age = Number((await member.get('/liveness')).headers.get('X-Patroni-Age-Ms'));
  assert.ok(age < 2000, `the last look at the server was ${age} ms ago`);
}

async function waitsForTransactions(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const client = await openTransaction(first, 'SELECT txid_current()');
  try {
    await cluster.patchConfig({
      slots: {
        waiting: { ...logical, database: 'postgres' },
        of_nothing: { ...logical, database: 'no_such_database' },
        physical: 0,
      },
    });
    await untilSlots(first, ['physical'], 5);
    await within(5, 'it says that it is making the slot', async () =>
      assert.equal(await slotState(first, 'waiting'), 'creating'),
    );
    await throughout(6, 'the leader goes on', async () => {
      await isTurning(first);
      assert.equal(await slotState(first, 'waiting'), 'creating');
    });
  } finally {
    await client.end();
  }
  await untilReady(first, 'waiting', 5);
  assert.match(await first.agentLog(), /Failed to create logical replication slot 'of_nothing'/u);
}

scenario(
  'slots that have to wait',
  { members: 1, dynamic: { postgresql: { parameters: { wal_level: 'logical' } } } },
  async (cluster, step) => {
    await step('start', async () => {
      await cluster.startAll();
    });
    await step('a long transaction holds up one slot and nothing else', async () =>
      waitsForTransactions(cluster),
    );
  },
  needsPatroni4('readiness of slots'),
);
