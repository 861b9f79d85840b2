// The job cache as a Salt master's owner has it: a cluster below it that loses its primary under load, the files the
// master reads, the actions, and a unit beside each principal.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { parse } from 'yaml';
import { delay } from '#adapters/system/clock.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { JujuLocal } from '#juju-local/client.ts';
import { withModel } from '../juju-local/with-model.ts';
import { BusStandIn, newJobFrame, returnFrame } from '../salt-job-cache/ingest/bus-stand-in.ts';
import { withEtcd } from '../with-etcd.ts';
import {
  clusterConfig,
  UnitPlace,
  unitsOf,
  untilSynchronous,
  untilWhole,
  waits,
} from './charm-cluster.ts';
import { built, published, query, scenarioTimeoutMs, settled, statusOf } from './suite.ts';

const unit = 'salt-job-cache/0';
const program = new URL('../../bin/salt-job-cache.ts', import.meta.url).pathname;

/** A directory of a Salt master's configuration, of the test's own. */
function masterDirectory(): Disposable & { readonly path: string; readonly file: string } {
  const path = mkdtempSync(join(tmpdir(), 'salt-'));
  chmodSync(path, 0o755);
  mkdirSync(join(path, 'master.d'));
  return {
    path: join(path, 'master.d'),
    file: join(path, 'master.d/job-cache.conf'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** Waits for what the model does not tell of. */
async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + scenarioTimeoutMs;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `waited for long for ${what}`);
    await delay(20);
  }
}

/** Records one job after the other with one return each, and keeps the ids of those that were acknowledged. */
class Recorder {
  readonly acknowledged: string[] = [];
  readonly refused: string[] = [];
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #isStopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(config: string) {
    this.#child = spawn(process.execPath, [program, 'call', '--config', config], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    assert.ok(this.#child.stdout);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async start(): Promise<void> {
    const { ready } = JSON.parse(await this.#line()) as { readonly ready?: unknown };
    assert.ok(ready);
    this.#done = this.#run();
  }

  /** Waits until jobs are acknowledged again. */
  async untilRecording(): Promise<void> {
    const before = this.acknowledged.length;
    const isRecording = (): boolean => this.acknowledged.length >= before + 20;
    await until(isRecording, 'jobs to be recorded').catch((error: unknown) => {
      throw new Error(`${String(error)}; it last said: ${this.refused.at(-1)}`, { cause: error });
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#answers.next();
    assert.ok(done !== true, 'the program ended');
    return value;
  }

  async #ask(request: unknown): Promise<string | null> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = JSON.parse(await this.#line()) as { readonly msg?: string };
    return answer.msg ?? null;
  }

  async #run(): Promise<void> {
    for (let next = 0; !this.#isStopped; next += 1) {
      const jid = `20260101${String(next).padStart(12, '0')}`;
      const load = { fun: 'test.ping', tgt: 'web1', tgt_type: 'glob', arg: [], user: 'root', jid };
      const back = { fun: 'test.ping', jid, id: 'web1', return: true, retcode: 0, success: true };
      const problem =
        (await this.#ask({ fn: 'save_load', args: [jid, load] })) ??
        (await this.#ask({ fn: 'returner', args: [back] }));
      // Whether a refused one was recorded is not known: it is not counted, and not asked for again.
      if (problem === null) this.acknowledged.push(jid);
      else {
        this.refused.push(problem);
        await delay(20);
      }
    }
  }
}

async function act(
  juju: JujuLocal,
  name: string,
  parameters = {},
): Promise<Readonly<Record<string, unknown>>> {
  const done = await juju.run(unit, name, parameters, waits);
  assert.equal(done.status, 'completed', `${name}: ${done.message}`);
  return done.results;
}

test('a primary is killed under load and no acknowledged job is lost; the cache is looked into and cleaned', async () => {
  using master = masterDirectory();
  const paths = [await built('postgresql'), await built('salt-job-cache')] as const;
  await withEtcd(async (etcd) => {
    await withModel(async ({ juju, stateDir, inCharm }) => {
      const [path, cache] = paths;
      const config = { ...clusterConfig, 'etcd-endpoints': etcd.endpoint };
      await juju.deploy({ path, units: 3, config });
      await juju.deploy({
        path: cache,
        config: { 'master-config': master.path, 'keep-jobs-seconds': '0' },
      });
      await juju.integrate('salt-job-cache:db', 'postgresql:db');
      const first = await untilWhole(juju, 3);
      await juju.waitForStatus('salt-job-cache', 'active', waits);
      await untilSynchronous(juju, first);
      const hosts = (): readonly string[] => {
        const file = parse(readFileSync(master.file, 'utf8')) as Readonly<Record<string, unknown>>;
        return String(file['master_job_cache.postgres.host']).split(',');
      };
      await until(
        () => existsSync(master.file) && hosts().length === 3,
        'all three servers to be named',
      );
      assert.equal(statSync(master.file).mode & 0o007, 0);

      const recorder = new Recorder(inCharm(unit, '.service/config.json'));
      try {
        await recorder.start();
        await recorder.untilRecording();
        new UnitPlace(stateDir, await juju.model(), first).crash();
        await recorder.untilRecording();
        await untilWhole(juju, 3);
        await untilSynchronous(juju, await untilWhole(juju, 3));
        // All of its machine: somebody else is the primary then.
        const second = await untilWhole(juju, 3);
        const machine = (await juju.model()).units[second]?.machine ?? '';
        await juju.faults.stopMachine(machine);
        await recorder.untilRecording();
        await juju.faults.startMachine(machine);
        await untilWhole(juju, 3, second);
        await recorder.stop();
      } finally {
        recorder.kill();
      }

      const model = await settled(juju);
      const primary = unitsOf(model).find((name) =>
        statusOf(model, name).startsWith('active: Primary'),
      );
      const told = hosts();
      assert.equal(told.length, 3);
      const { host } = ConnectionString.parse(
        Object.values(model.relations)
          .flatMap(({ units }) => units[primary ?? '']?.bag.settings['master'] ?? [])
          .at(0) ?? '',
      );
      assert.equal(told[0], host, 'the new primary is the first');

      const found = await act(juju, 'list-jobs', { limit: 1000, function: 'test.*' });
      assert.ok(Number(found['jobs']) > 20);
      const [jid = ''] = recorder.acknowledged;
      assert.match(String((await act(juju, 'show-job', { jid }))['output']), /web1/);
      const file = join(stateDir, '..', 'jobs.ndjson');
      await act(juju, 'export', { path: file });
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const exported = readFileSync(file, 'utf8');
      const lost = recorder.acknowledged.filter((one) => !exported.includes(one));
      assert.deepEqual(lost, [], `of ${recorder.acknowledged.length}`);

      const stats = await act(juju, 'stats');
      assert.ok(Number(stats['jobs']) >= recorder.acknowledged.length);
      const dry = await act(juju, 'clean', { 'keep-jobs': 5, 'dry-run': true });
      assert.ok(Number(dry['jobs']) >= recorder.acknowledged.length - 5, JSON.stringify(dry));
      await act(juju, 'clean', { 'keep-jobs': 5 });
      assert.equal((await act(juju, 'stats'))['jobs'], '5');
    }, waits);
  });
});

test('the service is started, restarted for another configuration, and gone with the relation', async () => {
  using master = masterDirectory();
  await withModel(async ({ juju, inCharm }) => {
    await juju.deploy({ path: await built('postgresql') });
    const config = { 'master-config': master.path };
    await juju.deploy({ path: await built('salt-job-cache'), config });
    await juju.integrate('salt-job-cache:db', 'postgresql:db');
    await settled(juju);
    const status = inCharm(unit, '.service/status.json');
    const pid = (): number | null =>
      existsSync(status)
        ? (JSON.parse(readFileSync(status, 'utf8')) as { readonly pid: number }).pid
        : null;
    await until(() => pid() !== null, 'the service to tell how it is');
    const first = pid();
    assert.equal(statSync(inCharm(unit, '.service')).mode & 0o777, 0o700);
    assert.equal(statSync(inCharm(unit, '.service/config.json')).mode & 0o777, 0o600);

    const said = execFileSync(inCharm(unit, 'bin/salt-job-cache'), ['stats', '-o', 'json']);
    assert.match(said.toString(), /"oldest_jid": null/);

    await juju.setConfig('salt-job-cache', { 'keep-jobs': '7' });
    await until(() => pid() !== null && pid() !== first, 'the service to be another');
    assert.ok(existsSync(master.file));

    await juju.removeRelation('salt-job-cache:db', 'postgresql:db');
    await settled(juju);
    assert.equal(existsSync(inCharm(unit, '.service/config.json')), false);
    assert.equal(existsSync(master.file), false);
  });
});

test("the master's bus is recorded, also what came while the database was away", async () => {
  using master = masterDirectory();
  const socket = join(master.path, '../bus.ipc');
  await using bus = new BusStandIn(socket);
  await bus.start();
  await withModel(async ({ juju, stateDir }) => {
    await juju.deploy({ path: await built('postgresql') });
    const config = {
      'master-config': master.path,
      'keep-jobs-seconds': '0',
      'ingest-events': 'true',
      'event-socket': socket,
    };
    await juju.deploy({ path: await built('salt-job-cache'), config });
    await juju.integrate('salt-job-cache:db', 'postgresql:db');
    await settled(juju);
    assert.match(readFileSync(master.file, 'utf8'), /^job_cache: false$/m);
    await bus.joined();

    const jid = '20261127120000000000';
    await bus.publish(newJobFrame(jid, ['web1', 'web2']));
    await bus.publish(returnFrame(jid, 'web1'));
    const returns = async (): Promise<number> => Number((await act(juju, 'stats'))['returns']);
    const untilReturns = async (count: number): Promise<void> =>
      until(async () => (await returns()) >= count, `${count} returns to be recorded`);
    await untilReturns(1);
    // The return waits on the spool until the server is started again, as its machine comes up.
    new UnitPlace(stateDir, await juju.model(), 'postgresql/0').crash();
    await bus.publish(returnFrame(jid, 'web2', { success: false, retcode: 1 }));
    await juju.faults.rebootMachine((await juju.model()).units['postgresql/0']?.machine ?? '');
    await juju.waitForStatus('postgresql', 'active', waits);
    await untilReturns(2);
    const failed = await act(juju, 'list-jobs', { failed: true, minion: 'web2' });
    assert.equal(failed['jobs'], '1');
  });
});

test('the subordinate comes to each unit of the application it is related to, and goes with it', async () => {
  using master = masterDirectory();
  await withModel(async ({ juju, charm }) => {
    await juju.deploy({ path: await built('postgresql') });
    await juju.deploy({ path: charm('shell-dispatch'), application: 'salt-master' });
    await juju.deploy({
      path: await built('salt-job-cache-subordinate'),
      application: 'salt-job-cache',
      config: { 'master-config': master.path },
    });
    assert.equal((await settled(juju)).units[unit], undefined);

    await juju.integrate('salt-job-cache:host', 'salt-master:juju-info');
    await juju.integrate('salt-job-cache:db', 'postgresql:db');
    const model = await settled(juju);
    assert.match(statusOf(model, unit), /^active: Job cache in database salt/);
    assert.equal(model.units[unit]?.machine, model.units['salt-master/0']?.machine);
    const target = published(model, 'salt-job-cache')['master'] ?? '';
    assert.deepEqual(await query(target, 'SELECT count(*)::int AS jobs FROM jids'), [{ jobs: 0 }]);

    await juju.removeRelation('salt-job-cache:host', 'salt-master:juju-info');
    assert.equal((await settled(juju)).units[unit], undefined);
    assert.equal(existsSync(master.file), false);
  });
});
