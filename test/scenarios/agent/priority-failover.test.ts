// Who becomes the primary: priorities, and what contradicts them.

import assert from 'node:assert/strict';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { YamlMap } from '../../cluster/member-document.ts';
import { within } from '../../cluster/within.ts';
import { untilLogged, untilReplica } from './questions.ts';
import { scenario } from './scenario.ts';

const tags: readonly YamlMap[] = [
  {},
  { failover_priority: 0 },
  { failover_priority: 1 },
  { failover_priority: 2 },
];

async function neverPromotes(cluster: Cluster): Promise<void> {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await first.start();
  await cluster.untilLeader('postgres-0', 20);
  await second.start();
  await cluster.untilStreaming(40);
  await first.stop();
  await untilLogged(
    second,
    /following a different leader because I am not allowed to promote/u,
    10,
  );
  await untilReplica(second, 10);
  await first.start();
  await cluster.untilLeader('postgres-0', 15);
}

async function higherWins(cluster: Cluster): Promise<void> {
  const [first, third, fourth] = [cluster.at(0), cluster.at(2), cluster.at(3)];
  await third.start();
  await fourth.start();
  await cluster.untilStreaming(40);
  await within(20, 'both have received the same', async () => {
    const wanted = await first.value('SELECT pg_current_wal_flush_lsn()');
    for (const member of [third, fourth]) {
      assert.equal(await member.value('SELECT pg_last_wal_receive_lsn()'), wanted, member.name);
    }
  });
  // Killed and not stopped: what a stopping primary writes last may reach one before the other.
  await first.killAll();
  await cluster.untilLeader('postgres-3', 20 + 5);
  // It says why it stood aside, unless the other one led before it came to ask.
  await untilLogged(
    third,
    /postgres-3 has equally tolerable WAL position and priority 2, while this node has priority 1|Wal position of postgres-3 is ahead of my wal position|following a leader \(postgres-3\)/u,
    10,
  );
  await first.start();
  await cluster.untilStreaming(40);
}

async function flagBeatsPriority(cluster: Cluster): Promise<void> {
  const [second, third] = [cluster.at(1), cluster.at(2)];
  await third.configure({ tags: { failover_priority: '1', nofailover: true } });
  third.signalAgent('SIGHUP');
  await untilLogged(
    third,
    /WARNING: Conflicting configuration between nofailover: True and failover_priority: 1\. Defaulting to nofailover: True/u,
    5,
  );
  await within(10, 'both tags are in the cluster', async () => {
    const { tags } = JSON.parse((await cluster.key('members/postgres-2')) ?? '{}') as YamlMap;
    assert.deepEqual(tags, { failover_priority: '1', nofailover: true });
  });
  const refused = await third.post('/failover', { candidate: 'postgres-2' });
  assert.equal(refused.status, 412, refused.text);

  await second.configure({ tags: { failover_priority: 0, nofailover: false } });
  second.signalAgent('SIGHUP');
  await untilLogged(
    second,
    /WARNING: Conflicting configuration between nofailover: False and failover_priority: 0\. Defaulting to nofailover: False/u,
    5,
  );
  await within(15, 'the member that may is failed over to', async () => {
    const answer = await second.post('/failover', { candidate: 'postgres-1' });
    assert.equal(answer.status, 200, answer.text);
  });
  await cluster.untilLeader('postgres-1', 10);
}

scenario(
  'failover priorities',
  { members: 4, member: (number) => ({ tags: tags[number] ?? {} }) },
  async (cluster, step) => {
    await step('never promotes a member of priority 0', async () => neverPromotes(cluster));
    await step('promotes the member of the higher priority', async () => higherWins(cluster));
    await step('lets nofailover decide where both are given', async () =>
      flagBeatsPriority(cluster),
    );
  },
  needsPatroni4('failover_priority'),
);
