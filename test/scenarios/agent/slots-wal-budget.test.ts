// A member that is away costs its primary no more WAL than is allowed; when it returns and can't follow any more it is
// cloned, without anybody's help.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { within } from '../../cluster/within.ts';
import { untilLogged, untilReplicated } from './questions.ts';
import { untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

/** Each is a segment of 16 MB. */
async function writeSegments(cluster: Cluster, count: number): Promise<void> {
  const first = cluster.at(0);
  for (let number = 0; number < count; number += 1) {
    await first.sql('INSERT INTO filler VALUES (1)');
    await first.sql('SELECT pg_switch_wal()');
  }
}

async function isGivenUp(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.sql('CREATE TABLE filler (value int)');
  await second.stop();
  await within(20, 'the member is away', async () =>
    assert.equal(await cluster.key('members/postgres-1'), null),
  );
  await untilSlots(first, ['postgres_1'], 5);
  await writeSegments(cluster, 3);
  await untilLogged(first, /'postgres_1' of an absent member keeps most of/u, 10);
  await untilSlots(first, ['postgres_1'], 5);
  await writeSegments(cluster, 3);
  await untilSlots(first, [], 10, ['postgres_1']);
  const { given_up_slots: givenUp } = await cluster.jsonKey('members/postgres-0');
  assert.deepEqual(Object.keys(givenUp ?? {}), ['postgres_1']);
}

async function isCloned(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  // What nothing keeps is thrown away by checkpoints.
  await writeSegments(cluster, 2);
  await first.sql('CHECKPOINT');
  await first.sql('CHECKPOINT');
  await second.start();
  await untilLogged(second, /does not have the WAL from .* on any more/u, 40);
  await cluster.untilStreaming(40);
  await untilReplicated(first, [second], 'after_clone', 10);
  await untilSlots(first, ['postgres_1'], 10);
}

scenario(
  'a budget of WAL for members that are away',
  {
    members: 2,
    dynamic: {
      ttl: 5,
      retry_timeout: 2,
      member_slots_wal_budget: '56MB',
      postgresql: {
        parameters: { wal_keep_size: '16MB', max_wal_size: '32MB', min_wal_size: '32MB' },
      },
    },
  },
  async (cluster, step) => {
    await step('start', async () => cluster.startAll());
    await step('its slot is given up, after a warning', async () => isGivenUp(cluster));
    await step('it is cloned when it returns', async () => isCloned(cluster));
  },
  needsPatroni4('budget of WAL'),
);
