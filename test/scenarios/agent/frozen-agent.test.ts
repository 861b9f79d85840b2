// An agent that is frozen while its PostgreSQL runs on. There is no watchdog device here; the lease keeper does what
// can be done without one.

import assert from 'node:assert/strict';
import { agentUnderTest, needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Member } from '../../cluster/member.ts';
import { hostsOf, Writer } from '../../cluster/writer.ts';
import { superuser } from '../../cluster/member-document.ts';
import { untilLogged, untilReplica, untilReplicated } from './questions.ts';
import { scenario } from './scenario.ts';

/** Whether it takes a write at this moment; one that is not there takes none. */
async function acceptsWrites(member: Member): Promise<boolean> {
  try {
    return (await member.value('SELECT pg_is_in_recovery()')) === 'false';
  } catch {
    return false;
  }
}

scenario('a frozen agent', { members: 2 }, async (cluster, step) => {
  const [first, second] = [cluster.at(0), cluster.at(1)];

  await step('is succeeded once its lease has run out', async () => {
    await cluster.startAll();
    first.signalAgent('SIGSTOP');
    // ttl and what a member takes to be promoted.
    await cluster.untilOtherLeader('postgres-0', 20 + 5);
  });

  if (agentUnderTest !== 'patroni') {
    await step('has no PostgreSQL any more by then', async () => {
      assert.equal(await acceptsWrites(first), false);
      assert.equal(await acceptsWrites(second), true);
    });
  }

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

scenario('an agent that was killed', { members: 2 }, async (cluster, step) => {
  const [first, second] = [cluster.at(0), cluster.at(1)];
  await step('is succeeded, and its PostgreSQL has ended by then', async () => {
    await cluster.startAll();
    await first.killAgent();
    assert.equal(await acceptsWrites(first), true);
    await cluster.untilOtherLeader('postgres-0', 20 + 5);
    // Debian's Patroni leaves it to a watchdog, and two primaries where there is none.
    if (agentUnderTest !== 'patroni') assert.equal(await acceptsWrites(first), false);
    assert.equal(await acceptsWrites(second), true);
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
