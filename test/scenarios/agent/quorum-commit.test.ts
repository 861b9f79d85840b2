// Quorum commit: who votes, how many have to, and what the server is told of it.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import {
  nobody,
  untilCodes,
  untilLogged,
  untilReplicated,
  untilSync,
  untilSynchronousNames,
} from './questions.ts';
import { scenario } from './scenario.ts';

async function startsAlone(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  await first.start();
  await cluster.untilLeader('postgres-0', 20);
  await cluster.patchConfig({ ttl: 20, synchronous_mode: 'quorum' });
  await untilSync(cluster, 'postgres-0', [], 20, 0);
  await untilSynchronousNames(first, '', 10);
  await first.stop();
  await first.start();
  await cluster.untilLeader('postgres-0', 30);
  await cluster.patchConfig({ synchronous_mode_strict: true });
  await untilSynchronousNames(first, `ANY 1 (${nobody})`, 10);
}

async function failsOverWithTwo(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await second.start();
  await cluster.untilStreaming(40);
  await untilSync(cluster, 'postgres-0', ['postgres-1'], 20, 0);
  await untilSynchronousNames(first, 'ANY 1 ("postgres-1")', 10);
  await untilReplicated(first, [second], 'foo', 20);
  await first.stop();
  await cluster.untilLeader('postgres-1', 10);
  await untilLogged(second, /WARNING: No active replication connections from Patroni members/u, 10);
  await untilSync(cluster, 'postgres-1', ['postgres-0'], 10, 0);
  await untilSynchronousNames(second, 'ANY 1 ("postgres-0")', 10);
}

async function growsToThree(cluster: Cluster): Promise<void> {
  const second = cluster.at(1);
  await cluster.at(2).start();
  await cluster.at(0).start();
  await cluster.untilStreaming(40);
  await cluster.patchConfig({ synchronous_mode_strict: null });
  await untilSync(cluster, 'postgres-1', ['postgres-0', 'postgres-2'], 20, 1);
  await untilSynchronousNames(second, 'ANY 1 ("postgres-0","postgres-2")', 10);
  await cluster.patchConfig({ synchronous_node_count: 2 });
  await untilSync(cluster, 'postgres-1', ['postgres-0', 'postgres-2'], 10, 0);
  await untilSynchronousNames(second, 'ANY 2 ("postgres-0","postgres-2")', 10);
}

async function changesModeAndBack(cluster: Cluster): Promise<void> {
  const second = cluster.at(1);
  await cluster.patchConfig({ synchronous_node_count: 1, synchronous_mode: true });
  await cluster.at(0).stop();
  await untilSync(cluster, 'postgres-1', ['postgres-2'], 15);
  await untilSynchronousNames(second, '"postgres-2"', 10);
  await cluster.patchConfig({ synchronous_mode: 'quorum' });
  await cluster.at(0).start();
  await cluster.untilStreaming(40);
  await untilSync(cluster, 'postgres-1', ['postgres-0', 'postgres-2'], 20, 1);
  await untilSynchronousNames(second, 'ANY 1 ("postgres-0","postgres-2")', 10);
}

async function showsQuorum(cluster: Cluster): Promise<void> {
  // Debian's patronictl does not know the mode: it has to keep working, and calls them what it knows.
  const { members } = (await cluster.at(1).get('/cluster')).json() as {
    members: readonly { name: string; role: string }[];
  };
  const roles = Object.fromEntries(members.map(({ name, role }) => [name, role]));
  assert.equal(roles['postgres-0'], 'quorum_standby');
  assert.equal(roles['postgres-2'], 'quorum_standby');
  assert.match(await cluster.patronictl('list'), /postgres-1 .*Leader/u);
  for (const number of [0, 2]) await untilCodes(cluster.at(number), { '/quorum': 200 }, 10);
}

async function leavesOutNosync(cluster: Cluster): Promise<void> {
  const third = cluster.at(2);
  await third.configure({ tags: { nosync: true } });
  third.signalAgent('SIGHUP');
  await untilSync(cluster, 'postgres-1', ['postgres-0'], 10, 0);
  await untilSynchronousNames(cluster.at(1), 'ANY 1 ("postgres-0")', 10);
  await untilCodes(third, { '/quorum': 503 }, 10);
}

scenario(
  'quorum commit',
  { members: 3 },
  async (cluster, step) => {
    await step('starts with nobody, and blocks when strict', async () => startsAlone(cluster));
    await step('fails over with one standby', async () => failsOverWithTwo(cluster));
    await step('counts a third member', async () => growsToThree(cluster));
    await step('changes to synchronous mode and back', async () => changesModeAndBack(cluster));
    await step('shows who votes', async () => showsQuorum(cluster));
    await step('leaves out a member tagged nosync', async () => leavesOutNosync(cluster));
  },
  needsPatroni4('quorum commit'),
);
