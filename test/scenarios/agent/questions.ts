// What scenarios ask about a cluster, as assertions to wait for.

import assert from 'node:assert/strict';
import { agentUnderTest } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Member } from '../../cluster/member.ts';
import { within } from '../../cluster/within.ts';

/** What `synchronous_standby_names` says where strict mode has nobody: it blocks every commit. */
export const nobody =
  agentUnderTest === 'patroni' ? '*' : '__patroni_strict_sync_replica_placeholder__';

/** `synchronous_standby_names` as the server has it in force. */
export async function synchronousNames(member: Member): Promise<string> {
  return member.value('SHOW synchronous_standby_names');
}

export async function untilSynchronousNames(
  member: Member,
  wanted: string,
  seconds: number,
): Promise<void> {
  await within(seconds, `synchronous_standby_names of ${member.name} is '${wanted}'`, async () =>
    assert.equal(await synchronousNames(member), wanted),
  );
}

/** Who is in the key `sync` as a synchronous standby, in alphabetical order. */
export async function synchronousStandbys(cluster: Cluster): Promise<readonly string[]> {
  const text = (await cluster.jsonKey('sync'))['sync_standby'];
  const names = typeof text === 'string' ? text.split(',') : [];
  return names.filter((name) => name !== '').sort();
}

/** Waits until the key `sync` says this leader and exactly these standbys (`quorum` where given). */
export async function untilSync(
  cluster: Cluster,
  leader: string,
  standbys: readonly string[],
  seconds: number,
  quorum?: number,
): Promise<void> {
  const what = `the key sync says ${leader} with ${standbys.join(', ') || 'nobody'}`;
  await within(seconds, what, async () => {
    const { leader: written, quorum: writtenQuorum } = await cluster.jsonKey('sync');
    assert.equal(written, leader);
    assert.deepEqual(await synchronousStandbys(cluster), [...standbys].sort());
    if (quorum !== undefined) assert.equal(writtenQuorum, quorum);
  });
}

/** Waits until GET of each path answers its status code. */
export async function untilCodes(
  member: Member,
  codes: Readonly<Record<string, number>>,
  seconds: number,
): Promise<void> {
  await within(seconds, `${member.name} answers ${JSON.stringify(codes)}`, async () => {
    const seen: Record<string, number> = {};
    for (const path of Object.keys(codes)) seen[path] = await member.code(path);
    assert.deepEqual(seen, codes);
  });
}

/** Waits until the member's PostgreSQL is a standby and its API says so. */
export async function untilReplica(member: Member, seconds: number): Promise<void> {
  await within(seconds, `${member.name} is a replica`, async () => {
    const { role, state } = await member.status();
    assert.deepEqual({ role, state }, { role: 'replica', state: 'running' });
    assert.equal(await member.value('SELECT pg_is_in_recovery()'), 'true');
  });
}

/** Waits until the member streams from another: its WAL receiver is connected to that one's port. */
export async function untilStreamingFrom(
  member: Member,
  source: Member,
  seconds: number,
): Promise<void> {
  await within(seconds, `${member.name} streams from ${source.name}`, async () => {
    const rows = await member.sql(
      'SELECT status, sender_host, sender_port FROM pg_stat_wal_receiver',
    );
    assert.deepEqual(rows, [
      {
        status: 'streaming',
        sender_host: source.place.host,
        sender_port: source.place.postgresPort,
      },
    ]);
  });
}

/** Waits until the member's log has a line that matches. */
export async function untilLogged(member: Member, wanted: RegExp, seconds: number): Promise<void> {
  await within(seconds, `${member.name} logs ${wanted}`, async () => {
    const log = await member.agentLog();
    assert.ok(wanted.test(log), `its log ends: ${log.slice(-600)}`);
  });
}

/** Waits until a callback was called so. */
export async function untilCalledBack(
  member: Member,
  line: string,
  seconds: number,
): Promise<void> {
  await within(seconds, `${member.name} calls back '${line}'`, async () => {
    const lines = await member.callbacks();
    assert.ok(lines.includes(line), `it called ${JSON.stringify(lines)}`);
  });
}

/** Makes a table and waits until another member has it: replication works from the one to the other. */
export async function untilReplicated(
  from: Member,
  to: readonly Member[],
  table: string,
  seconds: number,
): Promise<void> {
  await from.sql(`CREATE TABLE ${table} AS SELECT 1 AS value`);
  for (const member of to) {
    await within(seconds, `${table} of ${from.name} is on ${member.name}`, async () =>
      assert.equal(await member.value(`SELECT value FROM ${table}`), '1'),
    );
  }
}

/** At most one of the members accepts writes. */
export async function assertOnePrimaryAtMost(members: readonly Member[]): Promise<void> {
  const answers = await Promise.all(
    members.map(async (member) => ({
      name: member.name,
      isReadOnly: await member.value('SELECT pg_is_in_recovery()').catch(() => 'true'),
    })),
  );
  const writable = answers.filter(({ isReadOnly }) => isReadOnly === 'false');
  assert.ok(
    writable.length <= 1,
    `${writable.map(({ name }) => name).join(' and ')} accept writes`,
  );
}
