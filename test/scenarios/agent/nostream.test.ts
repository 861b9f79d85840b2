// A member that does not stream and reads the archive, and one that streams from it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import { within } from '../../cluster/within.ts';
import { untilStreamingFrom } from './questions.ts';
import { scenario } from './scenario.ts';

// Logical slots on such a member are not looked at here.
scenario(
  'a member that does not stream',
  { members: 2 },
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
  },
  needsPatroni4('tag nostream'),
);
