// A PostgreSQL that dies: started again where it was, given up at once, and given up when it can't be started.

import assert from 'node:assert/strict';
import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { within } from '../../cluster/within.ts';
import { untilCalledBack, untilReplica, untilReplicated } from './questions.ts';
import { scenario } from './scenario.ts';

async function timelineOf(cluster: Cluster, name: string): Promise<unknown> {
  return (await cluster.named(name).status())['timeline'];
}

/**
 * Gives a member programs of its own: PostgreSQL's, but its server does not start while the member's file
 * `refuse-to-start` is there.
 */
async function makeRefusable(member: Member): Promise<void> {
  const { binDirectory, directory } = member.place;
  await member.makeDirectory('bin');
  for (const name of await readdir(binDirectory)) {
    if (name !== 'postgres') {
      await symlink(join(binDirectory, name), join(directory, 'bin', name));
    }
  }
  const lines = [
    '#!/bin/sh',
    `test -e '${directory}/refuse-to-start' && exit 1`,
    `exec '${binDirectory}/postgres' "$@"`,
    '',
  ];
  await member.writeFile('bin/postgres', lines.join('\n'), 0o755);
  await member.configure({ postgresql: { bin_dir: join(directory, 'bin') } });
}

scenario('recovery', { members: 2 }, async (cluster, step) => {
  const [first, second] = [cluster.at(0), cluster.at(1)];

  await step('starts a primary that died again, on its timeline', async () => {
    await makeRefusable(second);
    await cluster.startAll();
    await untilReplicated(first, [second], 'foo', 20);
    const before = await first.postmasterPid();
    await first.signalPostmaster('SIGKILL');
    await within(10, 'another postmaster is the primary', async () => {
      assert.notEqual(await first.postmasterPid(), before);
      assert.equal(await first.value('SELECT pg_is_in_recovery()'), 'false');
      assert.equal(await first.code('/primary'), 200);
    });
    // Debian's Patroni may start it as a standby first and promote it.
    if (agentUnderTest !== 'patroni') assert.equal(await timelineOf(cluster, 'postgres-0'), 1);
    await untilReplicated(first, [second], 'bar', 20);
  });

  await step('fails over at once where primary_start_timeout is 0', async () => {
    await cluster.patchConfig({ primary_start_timeout: 0, master_start_timeout: 0 });
    await within(10, 'the change has reached the leader', async () =>
      assert.match((await first.get('/config')).text, /"master_start_timeout": ?0/u),
    );
    await first.signalPostmaster('SIGKILL');
    await cluster.untilLeader('postgres-1', 10);
    await untilReplica(first, 30);
    await cluster.untilStreaming(20);
  });

  await step('fails over where the primary can not be started again', async () => {
    await cluster.patchConfig({ primary_start_timeout: null, master_start_timeout: null });
    const refusal = await second.writeFile('refuse-to-start', '');
    await second.signalPostmaster('SIGKILL');
    await cluster.untilLeader('postgres-0', 15);
    // Debian's Patroni says replica, as it starts it read-only once more.
    const role = agentUnderTest === 'patroni' ? 'replica' : 'demoted';
    await untilCalledBack(second, `on_role_change ${role} batman`, 10);
    await rm(refusal);
    await untilReplica(second, 40);
  });
});
