// The charm, the program beside it and a real PostgreSQL together: what a client is told lets it in, and
// what it is not told does not.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callProgram } from '#charm/program/call-program.ts';
import * as events from '#charm/testing/events.ts';
import { runCharm } from '#charm/testing/run-charm.ts';
import { createServices, isServerAlive, type Services } from '#hooks/services.ts';
import type { InstallAnswer, SetupAnswer } from '#hooks/setup/answer.ts';
import { answer } from '#salt-job-cache/program/answer.ts';
import type { Login } from '../adapters/pg/with-postgres.ts';
import { freeAddress, queryAs, temporaryDirectory } from '../adapters/pg/with-postgres.ts';
import { files, main, UnitUnderTest } from './unit-under-test.ts';

const path = fileURLToPath(new URL('../../hooks/setup/pg-setup.ts', import.meta.url));
const setup = (command: unknown): unknown => callProgram(path, command, { timeoutMs: 120_000 });
const services: Services = {
  ...createServices('/nonexistent'),
  install: (command) => setup(command) as InstallAnswer,
  converge: (command) => setup(command) as SetupAnswer,
  stop: (command) => setup(command) as SetupAnswer,
};

/** A unit on this very machine. */
class RealUnit extends UnitUnderTest {
  override async try(
    ...[event, options]: Parameters<UnitUnderTest['try']>
  ): ReturnType<UnitUnderTest['try']> {
    const outcome = await runCharm(files, main, event, this.state, services, options);
    this.state = outcome.state;
    return outcome;
  }

  login(name: string): Login {
    const { host = '', port, user = '', password = '', database = '' } = this.bag(name);
    return { host, port: Number(port), user, password, database };
  }
}

const here = { 'egress-subnets': '127.0.0.0/8', 'ingress-address': '127.0.0.1' };

test('from nothing to clients that work, and to a server that is down', async () => {
  await using directory = await temporaryDirectory();
  const { host, port } = await freeAddress();
  const unit = new RealUnit({
    machine: { id: '0', address: host },
    config: { port },
    storage: [{ id: 'pgdata/0', location: directory.path }],
  });
  try {
    await unit.deploy();
    assert.match(unit.status, /^active: Primary, PostgreSQL \d/);

    await unit.relate(1, { units: { 'app/0': { ...here, database: 'It\'s "ours"' } } });
    await unit.relate(2, { application: 'salt', units: { 'salt/0': here } });
    assert.deepEqual(await queryAs(unit.login('db:1'), 'SELECT current_database() AS name'), [
      { name: 'It\'s "ours"' },
    ]);
    const crossed = { ...unit.login('db:1'), database: unit.login('db:2').database };
    await assert.rejects(queryAs(crossed, 'SELECT 1'), { code: '28000' });

    const connection = unit.bag('db:2')['master'];
    for (const command of ['migrate', 'check']) {
      const request = JSON.stringify({ command, connection, readers: [] });
      const done = await answer(request, BigInt(Date.now()) * 1000n);
      assert.equal(done.ok, true, done.problem?.message);
    }

    const login = unit.login('db:1');
    await unit.ask('db:1', { ...here, database: 'It\'s "ours"', extensions: 'no_such_extension' });
    assert.match(unit.status, /^blocked: Relation db:1 keeps what it has: .*no_such_extension/);
    assert.deepEqual(unit.login('db:1'), login);
    await queryAs(login, 'SELECT 1');

    await unit.unrelate('db:1');
    await assert.rejects(queryAs(login, 'SELECT 1'), { code: /^28/ });
    await queryAs(unit.login('db:2'), 'SELECT 1');

    // The same application comes again, by a relation of another number and with the user it had.
    await unit.relate(3, { units: { 'app/0': { ...here, database: 'It\'s "ours"' } } });
    assert.match(unit.status, /^active/);
    assert.notEqual(unit.login('db:3').password, login.password);
    await queryAs(unit.login('db:3'), 'SELECT 1');
  } finally {
    await unit.try(events.storageDetaching('pgdata/0'));
  }
  assert.equal(isServerAlive(join(directory.path, 'main')), false);
});
