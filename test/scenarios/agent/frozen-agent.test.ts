// An agent that is frozen while its PostgreSQL runs on. There is no watchdog device here; what one would have
// to do is looked at where one can be had.

import assert from 'node:assert/strict';
import { agentUnderTest, needsPatroni4 } from '../../cluster/agent-program.ts';
import { hostsOf, Writer } from '../../cluster/writer.ts';
import { superuser } from '../../cluster/member-document.ts';
import { untilLogged, untilReplica, untilReplicated } from './questions.ts';
import { scenario } from './scenario.ts';

scenario('a frozen agent', { members: 2 }, async (cluster, step) => {
  const [first, second] = [cluster.at(0), cluster.at(1)];

  await step('is succeeded once its lease has run out', async () => {
    await cluster.startAll();
    first.signalAgent('SIGSTOP');
    // ttl and what a member takes to be promoted.
    await cluster.untilOtherLeader('postgres-0', 20 + 5);
  });

  // Debian's Patroni writes itself into the leader key again: there are two primaries from then on.
  if (agentUnderTest === 'patroni') return;
  await step('steps down when it thaws, and follows', async () => {
    first.signalAgent('SIGCONT');
    await untilReplica(first, 20);
    await untilReplicated(second, [first], 'after', 20);
    const leader = await cluster.leader();
    assert.equal(leader, 'postgres-1');
  });
});

scenario(
  'a frozen agent whose PostgreSQL is still written to',
  { members: 2, dynamic: { loop_wait: 3, retry_timeout: 8, primary_race_backoff: 6 } },
  async (cluster, step) => {
    const [first, second] = [cluster.at(0), cluster.at(1)];
    await step('is succeeded after the backoff, not before', async () => {
      await cluster.startAll();
      await using writer = await Writer.start({ hosts: hostsOf([first]), login: superuser });
      first.signalAgent('SIGSTOP');
      await untilLogged(
        second,
        /My \(postgres-1\) wal position moved since last heart beat loop, \d+ seconds until leader race/u,
        20 + 12,
      );
      await cluster.untilLeader('postgres-1', 20);
      first.signalAgent('SIGCONT');
      await untilReplica(first, 20);
      await writer.stop();
    });
  },
  needsPatroni4('primary_race_backoff'),
);
