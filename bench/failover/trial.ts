// One life of a cluster of three: it is made, left alone, its primary's PostgreSQL is killed, it is switched over,
// and its primary is lost with agent and all. A client writes a row every 20 ms all along.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentName } from '../../test/cluster/agent-program.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { superuser } from '../../test/cluster/member-document.ts';
import { withCluster } from '../../test/cluster/with-cluster.ts';
import { Hopeless, within } from '../../test/cluster/within.ts';
import { hostsOf, Writer } from '../../test/cluster/writer.ts';
import { type Footprint, footprintOf } from './footprint.ts';
import { dynamicOf, type Timings } from './timings.ts';

export interface Trial {
  /** From the start of three agents until two replicas stream, seconds. */
  readonly newClusterS: number;
  /** The longest time without an acknowledged write, seconds. */
  readonly postmasterKilledS: number;
  readonly switchoverS: number;
  /** In synchronous mode. */
  readonly allKilledS: number;
  /** Acknowledged in synchronous mode and gone after all was killed. */
  readonly lostRows: number;
  readonly acknowledgedRows: number;
  /** Of one replica's agent and the leader's, the larger of each. */
  readonly idle: Footprint;
}

const idleSeconds = 10;
const writesBeforeFaultMs = 1_000;

async function untilTwoStream(cluster: Cluster): Promise<void> {
  await within(120, 'two replicas stream', async () => {
    const ended = cluster.members.filter((member) => !member.isAgentRunning);
    if (ended.length > 0) throw new Hopeless(`the agent of ${ended[0]?.name} has ended`);
    const leader = await cluster.leadingMember();
    const streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
    assert.equal(await leader.value(streaming), '2');
  });
}

async function makeCluster(cluster: Cluster): Promise<number> {
  const began = performance.now();
  await Promise.all(cluster.members.map(async (member) => member.start()));
  await untilTwoStream(cluster);
  return (performance.now() - began) / 1000;
}

async function idleFootprint(cluster: Cluster): Promise<Footprint> {
  const all = await Promise.all(
    cluster.members.map(async ({ agentPid }) => footprintOf(agentPid, idleSeconds)),
  );
  const largest = (key: keyof Footprint): number => Math.max(...all.map((one) => one[key]));
  return { rssMb: largest('rssMb'), pssMb: largest('pssMb'), cpuPercent: largest('cpuPercent') };
}

/** Does harm to the cluster and measures how long the client could not write, in seconds. */
async function outageOf(
  writer: Writer,
  phaseMs: number,
  harm: () => Promise<unknown>,
  over: () => Promise<unknown>,
): Promise<number> {
  await delay(writesBeforeFaultMs + phaseMs);
  const since = performance.now();
  await harm();
  await over();
  await writer.untilWriting(120);
  return writer.longestOutage(since).ms / 1000;
}

async function switchOver(cluster: Cluster): Promise<void> {
  const leader = await cluster.leadingMember();
  const answer = await leader.post('/switchover', { leader: leader.name });
  assert.equal(answer.status, 200, `POST /switchover: ${answer.text}`);
}

async function untilSynchronous(cluster: Cluster): Promise<void> {
  await cluster.patchConfig({ synchronous_mode: true });
  await within(60, 'there is a synchronous standby', async () => {
    const { leader, sync_standby: standby } = await cluster.jsonKey('sync');
    assert.equal(leader, await cluster.leader());
    assert.ok(typeof standby === 'string' && standby !== '');
  });
}

async function liveThrough(cluster: Cluster, timings: Timings, phase: number): Promise<Trial> {
  const newClusterS = await makeCluster(cluster);
  const idle = await idleFootprint(cluster);
  await using writer = await Writer.start({ hosts: hostsOf(cluster.members), login: superuser });
  // Where in its turn an agent is when it happens decides much, so the runs are spread over the turn.
  const phaseMs = phase * timings.loopWait * 1000;
  const allStream = async (): Promise<void> => untilTwoStream(cluster);

  const first = await cluster.leadingMember();
  const killed = await first.postmasterPid();
  const postmasterKilledS = await outageOf(
    writer,
    phaseMs,
    async () => first.signalPostmaster('SIGKILL'),
    async () => {
      await within(120, 'another postmaster serves', async () => {
        const leader = await cluster.leadingMember();
        assert.ok(leader !== first || (await first.postmasterPid()) !== killed);
        await allStream();
      });
    },
  );
  const switchoverS = await outageOf(writer, phaseMs, async () => switchOver(cluster), allStream);
  await untilSynchronous(cluster);
  const last = await cluster.leadingMember();
  const allKilledS = await outageOf(
    writer,
    phaseMs,
    async () => last.killAll(),
    async () => cluster.untilOtherLeader(last.name, 120),
  );
  await writer.stop();
  const missing = await writer.missingOn(await cluster.leadingMember());
  return {
    newClusterS,
    postmasterKilledS,
    switchoverS,
    allKilledS,
    lostRows: missing.length,
    acknowledgedRows: writer.count,
    idle,
  };
}

/** @param phase from 0 to 1: how far into its turn an agent is given before each fault */
export async function failoverTrial(
  agent: AgentName,
  timings: Timings,
  phase: number,
): Promise<Trial> {
  const trials: Trial[] = [];
  await withCluster({ members: 3, agent, dynamic: dynamicOf(timings) }, async (cluster) => {
    trials.push(await liveThrough(cluster, timings, phase));
  });
  const trial = trials[0];
  assert.ok(trial);
  return trial;
}
