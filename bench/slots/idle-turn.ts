// What a turn costs while so many permanent slots are as they should be: statements the server gets, and time of the
// processor the agent takes.

import assert from 'node:assert/strict';
import type { Cluster } from '../../test/cluster/cluster.ts';
import type { Member } from '../../test/cluster/member.ts';
import { withCluster } from '../../test/cluster/with-cluster.ts';
import { within } from '../../test/cluster/within.ts';
import { footprintOf } from '../failover/footprint.ts';

export interface IdleTurn {
  readonly slots: number;
  /** Statements of the agent for each turn of it. */
  readonly statements: number;
  /** Of the agent's process, milliseconds for each turn. */
  readonly cpuMs: number;
}

const watchedSeconds = 20;

interface Counted {
  readonly turns: number;
  readonly statements: number;
}

/** One line of either is written for each. */
async function counted(member: Member): Promise<Counted> {
  const turns = (await member.agentLog()).match(/no action\. I am /gu) ?? [];
  const statements =
    (await member.postgresLog()).match(/LOG: {2}(?:statement|execute [^:]*):/gu) ?? [];
  return { turns: turns.length, statements: statements.length };
}

async function configure(cluster: Cluster, slots: number): Promise<void> {
  const names = Array.from({ length: slots }, (_, number) => `bench_${number}`);
  await cluster.patchConfig({
    slots: Object.fromEntries(names.map((name) => [name, { type: 'physical' }])),
  });
  await within(120, `there are ${slots} slots`, async () => {
    const count = await cluster.at(0).value('SELECT count(*) FROM pg_replication_slots');
    assert.equal(count, String(slots));
  });
}

async function watch(cluster: Cluster, slots: number): Promise<IdleTurn> {
  const member = cluster.at(0);
  await configure(cluster, slots);
  await member.sql("ALTER SYSTEM SET log_statement = 'all'");
  await member.sql('SELECT pg_reload_conf()');
  await within(10, 'statements are logged', async () =>
    assert.equal(await member.value('SHOW log_statement'), 'all'),
  );
  const before = await counted(member);
  const { cpuPercent } = await footprintOf(member.agentPid, watchedSeconds);
  const after = await counted(member);
  await member.sql('ALTER SYSTEM RESET log_statement');
  await member.sql('SELECT pg_reload_conf()');
  const turns = after.turns - before.turns;
  assert.ok(turns > 0, 'the agent made no turn');
  return {
    slots,
    statements: (after.statements - before.statements) / turns,
    cpuMs: (cpuPercent / 100) * watchedSeconds * (1000 / turns),
  };
}

/** A member alone, with each of these numbers of slots, ascending. */
export async function idleTurns(sizes: readonly number[]): Promise<readonly IdleTurn[]> {
  const found: IdleTurn[] = [];
  const parameters = { max_replication_slots: Math.max(...sizes) + 10, fsync: 'off' };
  await withCluster(
    { members: 1, agent: 'pg-agent', dynamic: { postgresql: { parameters } } },
    async (cluster) => {
      await cluster.startAll(60);
      for (const slots of sizes) found.push(await watch(cluster, slots));
    },
  );
  return found;
}
