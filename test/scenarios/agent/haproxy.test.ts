// HAProxy before a cluster, with Patroni's health checks: writes go to the primary and reads to replicas,
// through a failover.

import assert from 'node:assert/strict';
import { Client } from 'pg';
import { superuser } from '../../cluster/member-document.ts';
import { within } from '../../cluster/within.ts';
import { type HaProxy, withHaproxy } from '../../cluster/with-haproxy.ts';
import { type Host, Writer } from '../../cluster/writer.ts';
import { scenario } from './scenario.ts';

/** What a server reached over this port says about itself. */
async function isStandby(at: Host): Promise<boolean> {
  const client = new Client({
    host: at.host,
    port: at.port,
    user: superuser.username,
    password: superuser.password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>(
      'SELECT pg_is_in_recovery() AS standby',
    );
    return rows[0]?.standby === true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function untilRouted(proxy: HaProxy, seconds: number): Promise<void> {
  await within(seconds, 'writes reach the primary and reads a replica', async () => {
    assert.equal(await isStandby(proxy.writes), false, 'the port for writes');
    assert.equal(await isStandby(proxy.reads), true, 'the port for reads');
  });
}

scenario('HAProxy', { members: 3 }, async (cluster, step) => {
  await cluster.startAll();
  await using proxy = await withHaproxy(cluster.ground, cluster.members);
  await step('routes writes and reads', async () => untilRouted(proxy, 10));

  await using writer = await Writer.start({ hosts: [proxy.writes], login: superuser });
  await step('routes them through a switchover', async () => {
    await cluster.patronictl('switchover', 'batman', '--force', '--candidate', 'postgres-1');
    await writer.untilWriting(15);
    await untilRouted(proxy, 10);
    await cluster.untilStreaming(30);
  });
  await step('routes them through a failover', async () => {
    await cluster.at(1).killAll();
    await cluster.untilOtherLeader('postgres-1', 27);
    await writer.untilWriting(15);
    await untilRouted(proxy, 10);
  });
  await step('lost no acknowledged write in the switchover', async () => {
    await writer.stop();
    const leader = await cluster.leadingMember();
    const missing = await writer.missingOn(leader);
    // What an asynchronous failover may lose is what was written last before the kill.
    assert.ok(missing.length <= 5, `${missing.length} of ${writer.count} rows are missing`);
  });
});
