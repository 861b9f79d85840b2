// From PostgreSQL 17 on the server itself can keep a logical slot on standbys (failover = true). Such slots are left to it,
// but for the leftover on a former primary that would be in its way.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { within } from '../../cluster/within.ts';
import { untilReplica } from './questions.ts';
import { untilSamePosition } from './slot-questions.ts';
import { scenario } from './scenario.ts';

const slot = 'kept_by_server';

function newestInstalled(): number {
  try {
    return Math.max(0, ...readdirSync('/usr/lib/postgresql').map(Number));
  } catch {
    return 0;
  }
}

async function untilSynced(primary: Member, standby: Member): Promise<void> {
  await within(30, `${standby.name} has the slot from the server`, async () => {
    const rows = await standby.sql(
      'SELECT failover, synced FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    assert.deepEqual(rows, [{ failover: true, synced: true }]);
  });
  await primary.sql(`SELECT count(*) FROM pg_logical_slot_get_changes('${slot}', NULL, NULL)`);
  await untilSamePosition(primary, standby, slot, 'confirmed_flush_lsn', 30);
}

async function staysAfterSwitchover(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  const answer = await first.post('/switchover', { leader: first.name, candidate: second.name });
  assert.equal(answer.status, 200, answer.text);
  await cluster.untilLeader(second.name, 20);
  await untilReplica(first, 30);
  await untilSynced(second, first);
}

scenario(
  'a slot that the server keeps on standbys',
  {
    members: 2,
    dynamic: {
      slots: {
        [slot]: { type: 'logical', database: 'postgres', plugin: 'test_decoding', failover: true },
      },
      postgresql: {
        parameters: {
          wal_level: 'logical',
          sync_replication_slots: 'on',
          hot_standby_feedback: 'on',
        },
      },
    },
  },
  async (cluster, step) => {
    await step('is left to it', async () => {
      await cluster.startAll();
      await untilSynced(cluster.at(0), cluster.at(1));
    });
    await step('a former primary takes it over from the new one', async () =>
      staysAfterSwitchover(cluster),
    );
  },
  newestInstalled() >= 17
    ? false
    : 'PostgreSQL before 17 does not keep slots on standbys by itself',
);
