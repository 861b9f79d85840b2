// What can't be used is refused and left as it is.

import assert from 'node:assert/strict';
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCluster } from '#adapters/postgres-server/initdb.ts';
import { ensureDirectory } from '#adapters/postgres-server/atomic-file.ts';
import { startServer } from '#adapters/postgres-server/server-control.ts';
import { inspect, stop } from '#hooks/setup/inspect.ts';
import { serverIdentity } from '../../adapters/pg/with-postgres.ts';
import type { ServerPlace } from './server-place.ts';
import { relationOf, serverPlace } from './server-place.ts';

async function refusal(place: ServerPlace, change = {}): Promise<readonly [string, string]> {
  const answer = await place.converge(change, { access: [relationOf(1).access] });
  assert.equal(answer.ok, false);
  assert.equal(answer.access[0]?.problem?.code, answer.problem?.code);
  return [answer.problem?.code ?? '', answer.server.state];
}

/** What looks like a cluster from outside. */
async function fakeCluster(path: string, major: string): Promise<void> {
  await mkdir(join(path, 'global'), { recursive: true });
  await writeFile(join(path, 'PG_VERSION'), `${major}\n`);
  await writeFile(join(path, 'global', 'pg_control'), '');
}

test('a directory with something else in it is refused, and nothing in it is touched', async () => {
  await using place = await serverPlace();
  const { dataDirectory } = place.server;
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(join(dataDirectory, 'letter.txt'), 'dear');
  assert.deepEqual(await refusal(place), ['DATA_DIRECTORY_NOT_A_CLUSTER', 'unusable']);
  assert.deepEqual(await readdir(dataDirectory), ['letter.txt']);
});

test('T45: a cluster without its control file is not taken for an empty one', async () => {
  await using place = await serverPlace();
  const { dataDirectory } = place.server;
  await mkdir(join(dataDirectory, 'base'), { recursive: true });
  await writeFile(join(dataDirectory, 'PG_VERSION'), '15\n');
  assert.deepEqual(await refusal(place), ['DATA_DIRECTORY_NOT_A_CLUSTER', 'unusable']);
});

test('a cluster of another version, or of another user, is refused by name', async () => {
  await using place = await serverPlace();
  const { dataDirectory } = place.server;
  await fakeCluster(dataDirectory, '9.6');
  assert.deepEqual(await refusal(place), ['DATA_DIRECTORY_VERSION', 'unusable']);
  const { version } = (await inspect(place.server)).server;
  await fakeCluster(dataDirectory, version.split('.', 1)[0] ?? '');
  const identity = await serverIdentity();
  if (identity.isOther) {
    assert.deepEqual(await refusal(place), ['DATA_DIRECTORY_OWNER', 'unusable']);
    await chown(dataDirectory, identity.uid, identity.gid);
  }
  assert.equal((await inspect(place.server)).server.state, 'stopped');
});

test('a unit that may not create a cluster says that it is to wait', async () => {
  await using place = await serverPlace();
  assert.deepEqual(await refusal(place, { mayInitialise: false }), [
    'DATA_DIRECTORY_EMPTY',
    'absent',
  ]);
  assert.deepEqual(await readdir(place.directory), []);
  assert.equal((await inspect(place.server)).server.state, 'absent');
  assert.equal((await stop(place.server)).ok, true);
});

test('programs, users, paths and places that are not there are told as such', async () => {
  await using place = await serverPlace();
  assert.deepEqual(await refusal(place, { binDirectory: '/nowhere' }), [
    'NOT_INSTALLED',
    'unusable',
  ]);
  assert.deepEqual(await refusal(place, { runAs: { name: 'no such user' } }), [
    'RUN_AS_IMPOSSIBLE',
    'unusable',
  ]);
  const long = `/tmp/${'x'.repeat(100)}`;
  assert.deepEqual(await refusal(place, { socketDirectory: long }), [
    'SOCKET_PATH_TOO_LONG',
    'absent',
  ]);
  const file = join(place.directory, 'file');
  await writeFile(file, '');
  const [code] = await refusal(place, { dataDirectory: join(file, 'data') });
  assert.match(code, /^DATA_DIRECTORY_OWNER$/u);
  assert.deepEqual(await refusal(place, { logDirectory: join(file, 'log') }), [
    'FILE_NOT_WRITABLE',
    'absent',
  ]);
  assert.equal((await inspect({ ...place.server, binDirectory: '/nowhere' })).ok, false);
  assert.equal((await stop({ ...place.server, binDirectory: '/nowhere' })).ok, false);
});

test('a locale the machine does not have is told in the words of initdb', async () => {
  await using place = await serverPlace();
  const answer = await place.converge({ locale: 'xx_YY' });
  assert.equal(answer.problem?.code, 'INITDB_FAILED');
  assert.match(answer.problem.message, /locale/u);
  assert.equal(answer.server.state, 'absent');
});

test('a server that runs with files of somebody else is taken over without a restart', async () => {
  await using place = await serverPlace();
  const { server } = place;
  const identity = await serverIdentity();
  await ensureDirectory(join(place.directory, 'data'), 0o755, identity);
  await ensureDirectory(server.logDirectory, 0o700, identity);
  await ensureDirectory(server.socketDirectory, 0o755, identity);
  const left = `${server.dataDirectory}.unfinished`;
  await mkdir(left);
  await writeFile(join(left, 'half'), '');
  const made = await createCluster({ ...server, identity });
  assert.equal(made.problem, null);
  // What an interrupted attempt left is kept, under another name.
  assert.deepEqual(await readdir(`${left}-1`), ['half']);
  const parameters = {
    listen_addresses: server.listenAddress,
    port: server.port,
    unix_socket_directories: server.socketDirectory,
    shared_buffers: '8MB',
    fsync: 'off',
  };
  const lines = Object.entries(parameters).map(([name, value]) => `${name} = '${value}'\n`);
  await writeFile(join(server.dataDirectory, 'postgresql.conf'), lines.join(''), { flag: 'a' });
  const started = await startServer({ ...server, identity, waitSeconds: 60 });
  assert.ok('pid' in started);
  // Its files do not let us in yet.
  const before = await inspect(server);
  assert.deepEqual([before.server.state, before.problem?.code], ['running', 'SQL_FAILED']);

  const answer = await place.converge({ mayRestart: false }, { access: [relationOf(1).access] });
  assert.equal(answer.problem, null);
  assert.equal(answer.access[0]?.ok, true);
  assert.ok(answer.server.pendingRestart.includes('wal_level'));
  assert.ok(!answer.did.some((sentence) => /start/iu.test(sentence)));
});
