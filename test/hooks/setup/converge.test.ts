// From nothing to a running server, and on from each state it may be found in.

import assert from 'node:assert/strict';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findPostmaster, getServicePort } from '#adapters/postgres-server/postmaster.ts';
import { inspect, stop } from '#hooks/setup/inspect.ts';
import { freeAddress, queryAs } from '../../adapters/pg/with-postgres.ts';
import type { ServerPlace } from './server-place.ts';
import { relationOf, serverPlace } from './server-place.ts';

let place: ServerPlace;
before(async () => {
  place = await serverPlace();
  const answer = await place.converge();
  assert.equal(answer.problem, null);
  assert.equal(answer.did[0], `Created a cluster in ${place.server.dataDirectory} (UTF8, C.UTF-8)`);
  assert.deepEqual(place.progress, [
    `Creating a cluster in ${place.server.dataDirectory}.`,
    'Starting PostgreSQL.',
  ]);
});
after(async () => {
  await place[Symbol.asyncDispose]();
});

function one(number: number, database = `app${number}`): Parameters<typeof queryAs>[0] {
  const { user, password } = relationOf(number).access;
  return { host: place.host, port: place.server.port, user, password, database };
}

/** Everything of the two relations that is given with each call, so that no test takes it from another. */
function relations(...numbers: readonly number[]): Parameters<ServerPlace['converge']>[1] {
  return {
    clients: numbers.map((number) => relationOf(number).client),
    access: numbers.map((number) => relationOf(number).access),
  };
}

test('T48: converging again changes nothing and says so', async () => {
  await place.converge({}, relations(1));
  const answer = await place.converge({}, relations(1));
  assert.deepEqual(answer.did, []);
  assert.deepEqual(answer.access, [{ relation: 'db:1', ok: true, did: [], problem: null }]);
  assert.equal(answer.ok, true);
  assert.match(answer.server.version, /^\d+\.\d+$/u);
});

test('files with settings and logs are readable by the server alone', async () => {
  const { dataDirectory, logDirectory } = place.server;
  for (const name of ['pg_hba.conf', 'pg_ident.conf', 'postgresql.juju-managed.conf']) {
    const { mode, uid } = await stat(join(dataDirectory, name));
    assert.equal(mode & 0o777, 0o600, name);
    assert.equal(uid, (await stat(join(dataDirectory, 'PG_VERSION'))).uid);
  }
  assert.equal((await stat(logDirectory)).mode & 0o777, 0o700);
});

test('a served relation connects from its address with its password, and over TCP only so', async () => {
  const answer = await place.converge({}, relations(2));
  assert.deepEqual(answer.access[0]?.problem, null);
  assert.deepEqual(await queryAs(one(2), 'SELECT 1 AS one'), [{ one: 1 }]);
  await assert.rejects(queryAs({ ...one(2), password: 'no' }, 'SELECT 1'), { code: '28P01' });
  // Relation 3 is in SQL and not in pg_hba.conf.
  const { access } = relationOf(3);
  await place.converge({}, { ...relations(2), access: [access] });
  await assert.rejects(queryAs(one(3), 'SELECT 1'), { code: '28000' });
});

test("rule 7: one relation's bad request or address is its own, and the others are served", async () => {
  const good = relationOf(5);
  const answer = await place.converge(
    {},
    {
      clients: [
        { ...relationOf(4).client, addresses: ['!'] },
        good.client,
        { ...relationOf(6).client, addresses: ['?', '127.0.0.0/8'] },
      ],
      access: [{ ...relationOf(4).access, database: 'template1' }, good.access],
    },
  );
  assert.equal(answer.ok, true);
  assert.deepEqual(
    answer.access.map(({ relation, problem }) => [relation, problem?.code ?? 'none']),
    [
      ['db:4', 'DATABASE_NAME_INVALID'],
      ['db:5', 'none'],
      ['db:6', 'ADDRESS_INVALID'],
    ],
  );
  await queryAs(one(5), 'SELECT 1');
});

test('a user whose relation is gone is shut out, in the same run that serves others', async () => {
  await place.converge({}, relations(7));
  const answer = await place.converge(
    {},
    {
      ...relations(8),
      revoke: [{ relation: 'db:7', owner: 'app7', user: 'db_7_app' }],
    },
  );
  assert.equal(answer.revoked[0]?.ok, true);
  assert.equal(answer.access[0]?.ok, true);
  await assert.rejects(queryAs(one(7), 'SELECT 1'), { code: '28000' });
});

test('T53: a parameter out of bounds is refused with its name, and the settings in force stay', async () => {
  const { parameters } = place.server;
  await place.converge({ parameters: { ...parameters, work_mem: '5MB' } }, relations(1));
  const answer = await place.converge(
    { parameters: { ...parameters, work_mem: '9MB', max_connections: '999999' } },
    relations(1),
  );
  assert.equal(answer.ok, false);
  assert.equal(answer.problem?.code, 'PARAMETER_REFUSED');
  assert.match(
    answer.problem.message,
    /max_connections to "999999": it is above the maximum 262143/u,
  );
  assert.equal(answer.access[0]?.ok, true);
  assert.deepEqual(await queryAs(one(1), 'SHOW work_mem'), [{ work_mem: '5MB' }]);
});

test('a value only PostgreSQL knows to be wrong is refused in its words, and the settings in force stay', async () => {
  const parameters = { ...place.server.parameters, datestyle: 'nonsense' };
  const answer = await place.converge({ parameters }, relations(1));
  assert.match(answer.problem?.message ?? '', /invalid value for parameter "datestyle"/iu);
  assert.equal((await place.converge({}, relations(1))).ok, true);
});

test('what is configured too low is raised and said once', async () => {
  const parameters = { ...place.server.parameters, max_connections: '3' };
  const answer = await place.converge({ parameters }, relations(1));
  assert.match(answer.did.join(), /Raised max_connections from 3 to 20/u);
  assert.deepEqual((await place.converge({ parameters }, relations(1))).did, []);
});

test('a parameter that needs a restart waits for leave to, and is in force after it', async () => {
  const parameters = { ...place.server.parameters, max_connections: '33' };
  const waiting = await place.converge({ parameters, mayRestart: false }, relations(1));
  assert.deepEqual(waiting.server.pendingRestart, ['max_connections']);
  assert.equal(waiting.ok, true);
  const done = await place.converge({ parameters }, relations(1));
  assert.deepEqual(done.server.pendingRestart, []);
  assert.match(done.did.join(), /Restarted PostgreSQL for max_connections/u);
  assert.deepEqual(await queryAs(one(1), 'SHOW max_connections'), [{ max_connections: '33' }]);
});

test('parameters the server does not start with are taken back, and not tried again until they change', async () => {
  const bad = { ...place.server.parameters, shared_preload_libraries: 'no_such_library' };
  const first = await place.converge({ parameters: bad }, relations(1));
  assert.equal(first.problem?.code, 'PARAMETER_REFUSED');
  assert.match(first.problem.message, /no_such_library/u);
  assert.equal(first.server.state, 'running');
  assert.equal(first.access[0]?.ok, true);

  const pid = (await findPostmaster(place.server.dataDirectory))?.pid;
  const second = await place.converge({ parameters: bad }, relations(1));
  assert.equal(second.problem?.code, 'PARAMETER_REFUSED');
  assert.equal((await findPostmaster(place.server.dataDirectory))?.pid, pid);

  assert.equal((await place.converge({}, relations(1))).ok, true);
});

test('parameters are not blamed for a start that fails without them as well', async () => {
  const { dataDirectory } = place.server;
  const parameters = { ...place.server.parameters, work_mem: '7MB' };
  await stop(place.server);
  await rename(join(dataDirectory, 'pg_xact'), join(dataDirectory, 'away'));
  const failed = await place.converge({ parameters }, relations(1));
  assert.equal(failed.problem?.code, 'START_FAILED');
  assert.match(failed.problem.message, /status of transaction/u);
  assert.equal(failed.server.state, 'stopped');
  await rename(join(dataDirectory, 'away'), join(dataDirectory, 'pg_xact'));
  assert.equal((await place.converge({ parameters }, relations(1))).problem, null);
  assert.deepEqual(await queryAs(one(1), 'SHOW work_mem'), [{ work_mem: '7MB' }]);
});

test('a mistake somebody made in postgresql.conf is told, and the server goes on', async () => {
  const path = join(place.server.dataDirectory, 'postgresql.conf');
  const text = await readFile(path, 'utf8');
  await writeFile(path, `${text}not_a_parameter = 1\n`);
  const answer = await place.converge({}, relations(1));
  assert.equal(answer.problem?.code, 'PARAMETER_REFUSED');
  assert.match(answer.problem.message, /not_a_parameter/u);
  assert.equal(answer.server.state, 'running');
  await writeFile(path, text);
  assert.equal((await place.converge({}, relations(1))).ok, true);
});

test('T55: a further line PostgreSQL does not take is refused in its words, and new relations are let in', async () => {
  const good = 'hostssl all all 10.99.0.0/16 scram-sha-256';
  assert.equal((await place.converge({}, { ...relations(1), extraHba: [good] })).ok, true);
  const answer = await place.converge(
    {},
    {
      ...relations(1, 9),
      extraHba: ['host all all 10.98.0.0/16 telepathy'],
    },
  );
  assert.equal(answer.problem?.code, 'HBA_LINE_INVALID');
  assert.match(answer.problem.message, /telepathy.*invalid authentication method/u);
  assert.equal(answer.access[1]?.ok, true);
  await queryAs(one(9), 'SELECT 1');
  const hba = await readFile(join(place.server.dataDirectory, 'pg_hba.conf'), 'utf8');
  assert.match(hba, /10\.99\.0\.0/u);
  assert.doesNotMatch(hba, /telepathy/u);
});

test("T54: a bad administrators' address is refused, and those in force stay", async () => {
  await place.converge({}, { ...relations(1), adminAddresses: ['10.97.0.0/16'] });
  const answer = await place.converge({}, { ...relations(1), adminAddresses: ['10.97.0.0/99'] });
  assert.equal(answer.problem?.code, 'ADDRESS_INVALID');
  const hba = await readFile(join(place.server.dataDirectory, 'pg_hba.conf'), 'utf8');
  assert.match(hba, /"10\.97\.0\.0\/16"/u);
});

test('T31: files written by a run that was cut off are read by the server in the next one', async () => {
  await place.converge({}, relations(1));
  const path = join(place.server.dataDirectory, 'pg_hba.conf');
  const text = await readFile(path, 'utf8');
  // As if the run that served relation 10 had ended before it told the server.
  await place.converge({}, { ...relations(1), access: [relationOf(10).access] });
  const { client } = relationOf(10);
  const line = `host "${client.database}" "${client.user}" "127.0.0.0/8" scram-sha-256`;
  await writeFile(path, text.replace('# db:1\n', `# db:1\n${line}\n`));
  await assert.rejects(queryAs(one(10), 'SELECT 1'), { code: '28000' });
  await place.converge({}, relations(1, 10));
  await queryAs(one(10), 'SELECT 1');
});

test('the server moves to another port, and stays where it is when that one is in use', async () => {
  const { port } = await freeAddress();
  const moved = await place.converge({ port }, relations(1));
  assert.equal(moved.problem, null);
  assert.equal(await getServicePort(place.server.dataDirectory), port);
  const net = await import('node:net');
  const holder = net.createServer().listen(place.server.port, place.host);
  await new Promise((resolve) => holder.once('listening', resolve));
  const kept = await place.converge({}, relations(1));
  assert.equal(kept.problem?.code, 'PORT_IN_USE');
  assert.match(
    kept.problem.message,
    new RegExp(`${place.host} port ${place.server.port}.*process ${process.pid}`, 'u'),
  );
  assert.equal(kept.server.state, 'running');
  assert.equal(kept.access[0]?.ok, true);

  await stop(place.server);
  const down = await place.converge({}, relations(1));
  assert.equal(down.problem?.code, 'PORT_IN_USE');
  assert.equal(down.server.state, 'stopped');
  assert.equal(down.access[0]?.problem?.code, 'PORT_IN_USE');
  await new Promise((resolve) => holder.close(resolve));
  assert.equal((await place.converge({}, relations(1))).ok, true);
});

test('an address this machine does not have is told before anything is stopped', async () => {
  const answer = await place.converge({ listenAddress: `${place.host},2001:db8::1` }, relations(1));
  assert.equal(answer.problem?.code, 'ADDRESS_NOT_AVAILABLE');
  assert.match(answer.problem.message, /2001:db8::1/u);
  assert.equal((await place.converge({}, relations(1))).ok, true);
});

test('a server that was killed is started again', async () => {
  const found = await findPostmaster(place.server.dataDirectory);
  assert.ok(found);
  process.kill(found.pid, 'SIGKILL');
  while ((await findPostmaster(place.server.dataDirectory)) !== null);
  const answer = await place.converge({}, relations(1));
  assert.equal(answer.problem, null);
  await queryAs(one(1), 'SELECT 1');
});

test('inspect tells what runs, and stop is at rest when it does not', async () => {
  const running = await inspect(place.server);
  assert.equal(running.server.state, 'running');
  assert.deepEqual((await stop(place.server)).did, ['Stopped PostgreSQL']);
  const stopped = await stop(place.server);
  assert.deepEqual([stopped.ok, stopped.did, stopped.server.state], [true, [], 'stopped']);
  const inspected = await inspect(place.server);
  assert.equal(inspected.server.systemIdentifier, running.server.systemIdentifier);
  assert.equal(inspected.server.versionNumber, running.server.versionNumber);
});

test('T28: a standby does no SQL, and says that it is one', async () => {
  const { dataDirectory } = place.server;
  await stop(place.server);
  await writeFile(join(dataDirectory, 'standby.signal'), '', { mode: 0o644 });
  const answer = await place.converge(
    {},
    {
      ...relations(1),
      revoke: [{ relation: 'db:99', owner: 'nobody', user: 'nobody' }],
    },
  );
  assert.equal(answer.problem, null);
  assert.equal(answer.server.inRecovery, true);
  assert.equal(answer.access[0]?.problem?.code, 'SERVER_IN_RECOVERY');
  assert.equal(answer.revoked[0]?.problem?.code, 'SERVER_IN_RECOVERY');
});
