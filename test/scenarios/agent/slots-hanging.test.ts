// New sessions of the server hang, so that no statement about slots gets anywhere: the leader goes on all the same.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { needsPatroni4 } from '../../cluster/agent-program.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { superuser } from '../../cluster/member-document.ts';
import { throughout, within } from '../../cluster/within.ts';
import { untilReady, untilSlots } from './slot-questions.ts';
import { scenario } from './scenario.ts';

/** An LDAP server that takes connections and never says a word. */
class SilentServer implements AsyncDisposable {
  readonly sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
  });

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    silent.#server.listen(0, '127.0.0.1');
    await once(silent.#server, 'listening');
    return silent;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Seconds the leader key has left, and those it was granted. */
async function leaseOf({ etcd, scope }: Cluster): Promise<{ left: number; granted: number }> {
  const found = await etcd.ctl('get', `/service/${scope}/leader`, '--write-out=json');
  const lease = /"lease":(\d+)/u.exec(found)?.[1];
  assert.ok(lease, `the leader key has no lease: ${found}`);
  const told = await etcd.ctl('lease', 'timetolive', BigInt(lease).toString(16));
  const { granted, left } =
    /TTL\((?<granted>\d+)s\), remaining\((?<left>\d+)s\)/u.exec(told)?.groups ?? {};
  assert.ok(granted !== undefined && left !== undefined, told);
  return { left: Number(left), granted: Number(granted) };
}

async function changeAccess(cluster: Cluster, rules: readonly string[]): Promise<void> {
  const first = cluster.at(0);
  const reloads = async (): Promise<number> =>
    ((await first.postgresLog()).match(/received SIGHUP/gu) ?? []).length;
  const before = await reloads();
  await first.configure({ postgresql: { pg_hba: [...rules] } });
  first.signalAgent('SIGHUP');
  await within(10, 'the server has read who may come in', async () =>
    assert.ok((await reloads()) > before),
  );
}

async function goesOn(cluster: Cluster): Promise<void> {
  const first = cluster.at(0);
  const { left, granted } = await leaseOf(cluster);
  // Both are whole seconds.
  assert.ok(granted - left <= 3, `the leader key has ${left} s of ${granted} s left`);
  const answer = await first.get('/primary');
  assert.equal(answer.status, 200);
  const age = Number((await first.get('/liveness')).headers.get('X-Patroni-Age-Ms'));
  assert.ok(age < 2000, `the last look at the server was ${age} ms ago`);
}

scenario(
  'slots whose statements hang',
  { members: 1, dynamic: { postgresql: { parameters: { wal_level: 'logical' } } } },
  async (cluster, step) => {
    const usual = ['local all all trust', 'host all all 127.0.0.0/8 scram-sha-256'];
    await using silent = await SilentServer.start();
    await step('start', async () => cluster.startAll());
    await step('the leader key is refreshed while every session for slots hangs', async () => {
      const hanging = `host all ${superuser.username} 127.0.0.0/8 ldap ldapserver=127.0.0.1 ldapport=${silent.port} ldapprefix="cn="`;
      await changeAccess(cluster, [hanging]);
      const before = silent.sockets.size;
      await cluster.patchConfig({
        slots: {
          physical: 0,
          logical: { type: 'logical', database: 'postgres', plugin: 'test_decoding' },
        },
      });
      await within(10, 'a session for slots hangs', () => assert.ok(silent.sockets.size > before));
      await throughout(15, 'the leader goes on', async () => goesOn(cluster));
    });
    await step('afterwards the slots are made', async () => {
      await changeAccess(cluster, usual);
      for (const socket of silent.sockets) socket.destroy();
      await within(20, 'it lets people in again', async () => cluster.at(0).sql('SELECT 1'));
      await untilSlots(cluster.at(0), ['physical', 'logical'], 40);
      await untilReady(cluster.at(0), 'logical', 10);
    });
  },
  needsPatroni4('readiness of slots'),
);
