// Who becomes the synchronous standby: priorities, and what contradicts them.

import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { YamlMap } from '../../cluster/member-document.ts';
import { untilLogged, untilSync } from './questions.ts';
import { scenario } from './scenario.ts';

const tags: readonly YamlMap[] = [
  {},
  { sync_priority: 0 },
  { sync_priority: 1 },
  { sync_priority: 2 },
];

async function neverChooses(cluster: Cluster): Promise<void> {
  await cluster.at(0).start();
  await cluster.untilLeader('postgres-0', 20);
  await cluster.at(1).start();
  await cluster.untilStreaming(40);
  await untilSync(cluster, 'postgres-0', [], 10);
}

async function higherWins(cluster: Cluster): Promise<void> {
  await cluster.at(2).start();
  await cluster.at(3).start();
  await cluster.untilStreaming(40);
  await untilSync(cluster, 'postgres-0', ['postgres-3'], 20);
}

async function flagBeatsPriority(cluster: Cluster): Promise<void> {
  const [second, third, fourth] = [cluster.at(1), cluster.at(2), cluster.at(3)];
  await fourth.configure({ tags: { nosync: true, sync_priority: 2 } });
  fourth.signalAgent('SIGHUP');
  await untilLogged(
    fourth,
    /WARNING: Conflicting configuration between nosync: True and sync_priority: 2\. Defaulting to nosync: True/u,
    5,
  );
  await untilSync(cluster, 'postgres-0', ['postgres-2'], 20);
  await second.configure({ tags: { nosync: false, sync_priority: 0 } });
  second.signalAgent('SIGHUP');
  await untilLogged(
    second,
    /WARNING: Conflicting configuration between nosync: False and sync_priority: 0\. Defaulting to nosync: False/u,
    5,
  );
  await third.stop();
  await fourth.stop();
  await untilSync(cluster, 'postgres-0', ['postgres-1'], 20);
}

scenario(
  'priorities of synchronous standbys',
  {
    members: 4,
    dynamic: { synchronous_mode: true },
    member: (number) => ({ tags: tags[number] ?? {} }),
  },
  async (cluster, step) => {
    await step('never chooses a member of priority 0', async () => neverChooses(cluster));
    await step('chooses the member of the higher priority', async () => higherWins(cluster));
    await step('lets nosync decide where both are given', async () => flagBeatsPriority(cluster));
  },
  needsPatroni4('sync_priority'),
);
