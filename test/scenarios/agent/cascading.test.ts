// Replicas of replicas: where one is cloned from and whom it follows.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { untilReplicated, untilStreamingFrom } from './questions.ts';
import { scenario } from './scenario.ts';

scenario('cascading replication', { members: 2 }, async (cluster, step) => {
  const [first, second] = [cluster.at(0), cluster.at(1)];

  await step('clones a replica from the member tagged clonefrom', async () => {
    await second.configure({ tags: { clonefrom: true } });
    await cluster.startAll();
    // Only a copy of this member has it.
    await writeFile(join(second.dataDirectory, 'marker'), 'postgres-1\n', { mode: 0o644 });
    const third = await cluster.add({ tags: { replicatefrom: 'postgres-1' } });
    await third.start();
    await cluster.untilStreaming(30);
    assert.ok(existsSync(join(third.dataDirectory, 'marker')), 'it was cloned from another member');
  });

  await step('lets it follow the member named in replicatefrom', async () => {
    await untilStreamingFrom(cluster.at(2), second, 20);
    await untilReplicated(first, [cluster.at(2)], 'foo', 30);
  });

  await step('lets it follow the leader while that member lacks the WAL it needs', async () => {
    const third = cluster.at(2);
    await third.stop();
    await first.sql('SELECT pg_switch_wal()');
    await first.sql('CHECKPOINT');
    // Made anew it has no WAL of before; the leader keeps it for the member that is away.
    await second.stop();
    await rm(second.dataDirectory, { recursive: true });
    await second.start();
    await untilStreamingFrom(second, first, 30);
    await third.start();
    await untilStreamingFrom(third, first, 40);
    assert.match(await third.agentLog(), /gets no WAL from postgres-1, and follows the leader/u);
    await untilReplicated(first, [third], 'round', 20);
  });

  await step('lets it follow the leader once that member is gone', async () => {
    await second.stop();
    await untilStreamingFrom(cluster.at(2), first, 40);
    await untilReplicated(first, [cluster.at(2)], 'bar', 20);
  });
});
