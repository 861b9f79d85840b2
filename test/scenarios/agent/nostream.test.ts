// A member that does not stream and reads the archive, and one that streams from it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import { throughout, within } from '../../cluster/within.ts';
import { untilStreamingFrom } from './questions.ts';
import { slotNames, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

scenario(
  'a member that does not stream',
  { members: 2, dynamic: { postgresql: { parameters: { wal_level: 'logical' } } } },
  async (cluster, step) => {
    const [first, second] = [cluster.at(0), cluster.at(1)];
    const archive = join(first.place.directory, 'archive');

    await step('follows by the archive', async () => {
      await first.makeDirectory('archive');
      await first.configure({
        postgresql: {
          parameters: { archive_mode: 'on', archive_command: `cp %p '${archive}/%f'` },
        },
      });
      await second.configure({
        tags: { nostream: true },
        postgresql: { recovery_conf: { restore_command: `cp '${archive}/%f' %p` } },
      });
      await first.start();
      await cluster.untilLeader('postgres-0', 20);
      await second.start();
      await within(30, 'it is in archive recovery', async () =>
        assert.equal((await second.status())['replication_state'], 'in archive recovery'),
      );
      await first.sql('CREATE TABLE foo AS SELECT 1 AS value');
      await first.sql('SELECT pg_switch_wal()');
      await within(30, 'what was archived is there', async () =>
        assert.equal(await second.value('SELECT value FROM foo'), '1'),
      );
      assert.deepEqual(await second.sql('SELECT status FROM pg_stat_wal_receiver'), []);
    });

    await step('has no slot on the primary, and its follower streams from it', async () => {
      const third = await cluster.add({ tags: { replicatefrom: 'postgres-1' } });
      await third.start();
      await untilStreamingFrom(third, second, 40);
      const rows = await first.sql('SELECT slot_name FROM pg_replication_slots ORDER BY 1');
      assert.ok(!rows.some(({ slot_name: name }) => name === 'postgres_1'));
    });

    await step('has no logical slot, and neither has who follows it', async () => {
      const logical = { type: 'logical', database: 'postgres', plugin: 'test_decoding' };
      await cluster.patchConfig({ slots: { test_logical: logical, test_physical: 0 } });
      await untilSlots(first, ['test_logical', 'test_physical', 'postgres_2'], 10, ['postgres_1']);
      for (const number of [1, 2]) {
        await untilSlots(cluster.at(number), ['test_physical'], 10, ['test_logical']);
      }
      await within(10, 'the status has its slots and not that of the member', async () => {
        const names = Object.keys((await cluster.jsonKey('status'))['slots'] ?? {});
        for (const name of ['postgres_0', 'postgres_2', 'test_logical']) {
          assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`);
        }
        assert.ok(!names.includes('postgres_1'));
      });
      await throughout(3, 'nobody gets the logical slot later', async () => {
        for (const number of [1, 2]) {
          assert.ok(!(await slotNames(cluster.at(number))).includes('test_logical'));
        }
      });
    });
  },
  needsPatroni4('tag nostream'),
);
