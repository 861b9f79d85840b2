// A cluster as a user has it: three units on a real etcd, a client that writes over pgsql all the time, and everything
// that can happen to a primary.

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { delay } from '#adapters/system/clock.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { JujuLocal } from '#juju-local/client.ts';
import { withModel } from '../juju-local/with-model.ts';
import { type TestEtcd, withEtcd } from '../with-etcd.ts';
import {
  clusterConfig,
  UnitPlace,
  unitsOf,
  untilSynchronous,
  untilWhole,
  waits,
} from './charm-cluster.ts';
import { built, query, scenarioTimeoutMs, settled, statusOf } from './suite.ts';

/** What the client charm was told: its status is the master's connection string. */
async function clientMaster(juju: JujuLocal): Promise<string> {
  return statusOf(await juju.model(), 'client/0').replace(/^active: /u, '');
}

/** Writes one row after the other to where the client charm is told, and keeps what was acknowledged. */
class Writer {
  readonly acknowledged: number[] = [];
  /** Longest time between two acknowledged rows, milliseconds. */
  longestGapMs = 0;
  readonly #juju: JujuLocal;
  readonly #stop = new AbortController();
  #lastMs = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(juju: JujuLocal) {
    this.#juju = juju;
  }

  async start(): Promise<void> {
    await query(await clientMaster(this.#juju), 'CREATE TABLE written (n int PRIMARY KEY)');
    this.#lastMs = performance.now();
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Waits until rows are acknowledged again. */
  async untilWriting(): Promise<void> {
    const before = this.acknowledged.length;
    const deadline = performance.now() + scenarioTimeoutMs;
    while (this.acknowledged.length < before + 5) {
      assert.ok(performance.now() < deadline, 'nothing was written for long');
      await delay(20);
    }
  }

  async #run(): Promise<void> {
    let next = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const target = ConnectionString.parse(await clientMaster(this.#juju));
        const client = new Client({
          host: target.host ?? '',
          port: Number(target.port),
          database: target.dbname ?? '',
          user: target.user ?? '',
          password: target.password ?? '',
          connectionTimeoutMillis: 1000,
          query_timeout: 3000,
        });
        client.on('error', () => undefined);
        try {
          await client.connect();
          for (; !this.#stop.signal.aborted; next += 1) {
            await client.query('INSERT INTO written VALUES ($1)', [next]);
            this.#note(next);
            await delay(20);
          }
        } finally {
          void client.end().catch(() => undefined);
        }
      } catch {
        // Whether the row was written is not known: it is not written again, and not counted.
        next += 1;
        await delay(50);
      }
    }
  }

  #note(row: number): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastMs);
    this.#lastMs = now;
    this.acknowledged.push(row);
  }
}

/** Names of the members etcd has a key of. */
async function membersIn(etcd: TestEtcd): Promise<readonly string[]> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const answer = await fetch(`${etcd.url}/v3/kv/range`, {
    method: 'POST',
    body: JSON.stringify({
      key: encode('/service/postgresql/members/'),
      range_end: encode('/service/postgresql/members0'),
      keys_only: true,
    }),
  });
  const { kvs = [] } = (await answer.json()) as {
    readonly kvs?: readonly { readonly key: string }[];
  };
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString().split('/').at(-1) ?? '');
}

async function withCluster(
  body: (cluster: {
    readonly juju: JujuLocal;
    readonly etcd: TestEtcd;
    readonly stateDir: string;
    place(unit: string): Promise<UnitPlace>;
  }) => Promise<void>,
): Promise<void> {
  const path = await built('postgresql');
  await withEtcd(async (etcd) => {
    await withModel(async ({ juju, stateDir, charm }) => {
      const place = async (unit: string): Promise<UnitPlace> =>
        new UnitPlace(stateDir, await juju.model(), unit);
      try {
        await juju.deploy({
          path,
          units: 3,
          config: { ...clusterConfig, 'etcd-endpoints': etcd.endpoint },
        });
        await juju.deploy({ path: charm('pgsql-client'), application: 'client' });
        await juju.integrate('client:db', 'postgresql:db');
        await body({ juju, etcd, stateDir, place });
      } catch (error) {
        // What the agents said is gone with the model.
        const said: string[] = [];
        for (const unit of unitsOf(await juju.model())) {
          said.push(`${unit}: ${statusOf(await juju.model(), unit)}\n${(await place(unit)).log}`);
        }
        throw new Error(`${String(error)}\n${said.join('\n')}`, { cause: error });
      }
    }, waits);
  });
}

test('a client writes through a crash, a switchover and the loss of a machine, and loses nothing', async () => {
  await withCluster(async ({ juju, place }) => {
    const first = await untilWhole(juju, 3);
    await juju.waitForStatus('client', 'active', waits);
    await untilSynchronous(juju, first);
    const writer = new Writer(juju);
    await writer.start();
    try {
      await writer.untilWriting();

      // The server alone crashes: its agent is there and does what is to be done at once.
      (await place(first)).crash();
      await writer.untilWriting();
      const second = await untilWhole(juju, 3);

      await untilSynchronous(juju, second);
      const switched = await juju.run(second, 'switchover', {}, waits);
      assert.equal(switched.status, 'completed', switched.message);
      await writer.untilWriting();
      const third = await untilWhole(juju, 3, second);
      assert.notEqual(third, second);

      await untilSynchronous(juju, third);
      // All of a machine is gone, its hooks too; nobody tells, the lease runs out.
      const machine = (await juju.model()).units[third]?.machine ?? '';
      await juju.faults.stopMachine(machine);
      await writer.untilWriting();
      await juju.faults.startMachine(machine);
      const fourth = await untilWhole(juju, 3, third);

      const told = await clientMaster(juju);
      const found = await juju.run(third, 'get-primary', {}, waits);
      assert.equal(found.results['unit'], fourth);
      assert.equal(ConnectionString.parse(told).host, found.results['host']);
    } finally {
      await writer.stop();
    }
    const rows = await query(await clientMaster(juju), 'SELECT n FROM written');
    const there = new Set(rows.map(({ n }) => n));
    const lost = writer.acknowledged.filter((row) => !there.has(row));
    assert.ok(writer.acknowledged.length > 20);
    assert.deepEqual(lost, [], `of ${writer.acknowledged.length} rows`);
  });
});

test('units join and leave while the cluster serves, and a unit that left is forgotten', async () => {
  await withCluster(async ({ juju, etcd }) => {
    const primary = await untilWhole(juju, 3);
    await juju.waitForStatus('client', 'active', waits);
    const writer = new Writer(juju);
    await writer.start();
    try {
      await juju.addUnits('postgresql', 1);
      await untilWhole(juju, 4);
      await juju.removeUnit(primary);
      await writer.untilWriting();
      await untilWhole(juju, 3, primary);
    } finally {
      await writer.stop();
    }

    // Its last hooks may still be under way.
    await settled(juju);
    const members = await membersIn(etcd);
    assert.equal(members.length, 3);
    assert.ok(!members.includes(primary.replace('/', '-')), members.join(', '));
  });
});

test('actions look at the cluster and tell it what to do', async () => {
  await withCluster(async ({ juju }) => {
    const primary = await untilWhole(juju, 3);
    const standby = unitsOf(await juju.model()).find((unit) => unit !== primary) ?? '';
    const act = async (unit: string, action: string, parameters = {}): Promise<string> => {
      const done = await juju.run(unit, action, parameters, waits);
      return `${done.status} ${done.message} ${JSON.stringify(done.results)}`;
    };
    assert.match(await act(standby, 'show-cluster'), /completed .*leader, running, at 127\./);
    assert.match(await act(standby, 'pause'), /completed .*Paused/);
    await juju.waitFor(
      (model) => unitsOf(model).every((unit) => /paused.*'resume'/.test(statusOf(model, unit))),
      'all units to say they are paused',
      waits,
    );
    assert.match(await act(primary, 'resume'), /completed .*Resumed/);
    assert.match(await act(standby, 'restart'), /completed .*restarted successfully/);
    assert.match(
      await act(primary, 'reinitialize'),
      /failed Cannot make this standby anew: .*leader/i,
    );
    assert.match(await act(standby, 'reinitialize'), /completed .*reinitialize started/);
    await untilWhole(juju, 3);
    assert.match(await act(primary, 'explain'), /Last decision/);
    await settled(juju);
  });
});

test('a single server with data becomes a cluster, which outlives an upgrade of the charm and a reboot', async () => {
  const path = await built('postgresql');
  await withEtcd(async (etcd) => {
    await withModel(async ({ juju, stateDir, charm }) => {
      await juju.deploy({ path });
      await juju.deploy({ path: charm('pgsql-client'), application: 'client' });
      await juju.integrate('client:db', 'postgresql:db');
      await juju.waitForStatus('client', 'active', waits);
      await query(await clientMaster(juju), 'CREATE TABLE kept AS SELECT 42 AS n');

      await juju.setConfig('postgresql', { ...clusterConfig, 'etcd-endpoints': etcd.endpoint });
      const before = await clientMaster(juju);
      await untilWhole(juju, 1);
      await juju.addUnits('postgresql', 1);
      const primary = await untilWhole(juju, 2);
      assert.equal(primary, 'postgresql/0', 'whoever has the data leads');
      assert.equal(await clientMaster(juju), before);
      assert.deepEqual(await query(before, 'SELECT n FROM kept'), [{ n: 42 }]);

      // Another version of the charm brings another agent; the server goes on meanwhile.
      const first = new UnitPlace(stateDir, await juju.model(), 'postgresql/0');
      const { agent: old, postmaster } = first;
      const upgrade = join(stateDir, '..', 'upgrade');
      cpSync(path, upgrade, { recursive: true });
      writeFileSync(join(upgrade, 'version'), 'another\n');
      await juju.refresh('postgresql', upgrade);
      await juju.waitFor(
        () => first.agent !== null && first.agent.pid !== old?.pid,
        'the agent to be replaced',
        waits,
      );
      assert.equal(await untilWhole(juju, 2), 'postgresql/0');
      assert.equal(first.postmaster, postmaster);

      // The start hook brings the supervisor back where neither systemd nor cron does.
      const place = new UnitPlace(stateDir, await juju.model(), 'postgresql/1');
      const { agent } = place;
      await juju.faults.rebootMachine((await juju.model()).units['postgresql/1']?.machine ?? '');
      await juju.waitFor(
        () => place.agent !== null && place.agent.pid !== agent?.pid,
        'the agent to be started again',
        waits,
      );
      await untilWhole(juju, 2);
    }, waits);
  });
});
