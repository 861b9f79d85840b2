// A cluster of Debian's Patroni is taken over by pg-agent while it serves, one member at a time, and a client
// writes throughout.

import assert from 'node:assert/strict';
import { isPatroniInstalled } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { superuser } from '../../cluster/member-document.ts';
import { within } from '../../cluster/within.ts';
import { hostsOf, Writer } from '../../cluster/writer.ts';
import { assertOnePrimaryAtMost } from './questions.ts';
import { scenario } from './scenario.ts';

/** Replaces the agent of a replica; its PostgreSQL is stopped and started with it. */
async function takeOver(cluster: Cluster, number: number): Promise<void> {
  const member = cluster.at(number);
  await member.stop();
  member.agent = 'pg-agent';
  await member.start();
  await cluster.untilStreaming(40);
  await within(20, `${member.name} is in the cluster with its new agent`, async () => {
    const { state, role } = await cluster.jsonKey(`members/${member.name}`);
    assert.deepEqual({ state, role }, { state: 'running', role: 'replica' });
  });
  await assertOnePrimaryAtMost(cluster.members);
}

scenario(
  'pg-agent takes over a cluster of Patroni',
  { members: 3, agent: 'patroni', dynamic: { synchronous_mode: true } },
  async (cluster, step) => {
    await cluster.startAll();
    await using writer = await Writer.start({ hosts: hostsOf(cluster.members), login: superuser });

    await step('one replica, under a leader that is Patroni', async () => takeOver(cluster, 1));
    await step('the other replica', async () => takeOver(cluster, 2));
    await step('the leader, after a switchover asked of Patroni', async () => {
      await cluster.untilStreaming(30);
      await within(20, 'a synchronous standby is there', async () => {
        const { sync_standby: standby } = await cluster.jsonKey('sync');
        assert.ok(typeof standby === 'string' && standby !== '');
      });
      const told = await cluster.patronictl('switchover', 'batman', '--force');
      assert.match(told, /Successfully switched over to "postgres-[12]"/u);
      await takeOver(cluster, 0);
    });
    await step('fails over among the three as a cluster of its own', async () => {
      const leader = await cluster.leadingMember();
      await within(20, 'a synchronous standby is there', async () => {
        const { sync_standby: standby } = await cluster.jsonKey('sync');
        assert.ok(typeof standby === 'string' && standby !== '');
      });
      await leader.killAll();
      const next = await cluster.untilOtherLeader(leader.name, 27);
      await writer.untilWriting(20);
      await within(30, 'another standby is synchronous', async () => {
        const { leader: written, sync_standby: standby } = await cluster.jsonKey('sync');
        assert.equal(written, next.name);
        assert.ok(typeof standby === 'string' && standby !== '');
      });
    });
    await step('loses no acknowledged write in all of it', async () => {
      await writer.stop();
      assert.ok(writer.count > 300, `only ${writer.count} writes were acknowledged`);
      assert.deepEqual(await writer.missingOn(await cluster.leadingMember()), []);
    });
  },
  isPatroniInstalled ? false : "Debian's package patroni is not installed",
);
