// Starting and stopping when it does not go well, with a pg_ctl of the test's own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCluster } from '#adapters/postgres-server/initdb.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';
import {
  signalReload,
  startServer,
  stopServer,
  waitUntilReady,
} from '#adapters/postgres-server/server-control.ts';
import { serverIdentity, temporaryDirectory } from '../pg/with-postgres.ts';

interface FakePlace extends AsyncDisposable {
  readonly place: ServerPlace;
  /** Makes it look as if a server ran in the data directory, in this state. */
  run(state: string): Promise<void>;
}

/** A place whose pg_ctl and initdb are this script. */
async function fakePlace(script: string): Promise<FakePlace> {
  const directory = await temporaryDirectory();
  const identity = await serverIdentity();
  const [binDirectory, dataDirectory, logDirectory] = ['bin', 'data', 'log'].map((name) =>
    join(directory.path, name),
  ) as [string, string, string];
  for (const path of [binDirectory, dataDirectory, logDirectory]) {
    await mkdir(path);
    await chown(path, identity.uid, identity.gid);
  }
  for (const name of ['pg_ctl', 'initdb']) {
    await writeFile(join(binDirectory, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(binDirectory, name), 0o755);
  }
  const child = spawn('/bin/sleep', ['600'], { cwd: dataDirectory });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  return {
    place: { binDirectory, dataDirectory, logDirectory, identity, waitSeconds: 0.2 },
    async run(state) {
      const text = `${child.pid}\n${dataDirectory}\n1\n5432\n/run\n\n\n${state}\n`;
      // In one go, as PostgreSQL does it: a reader never finds half of it.
      await writeFile(join(directory.path, 'postmaster.pid'), text);
      await rename(join(directory.path, 'postmaster.pid'), join(dataDirectory, 'postmaster.pid'));
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await gone;
      await directory[Symbol.asyncDispose]();
    },
  };
}

test('a server that ends again is told in the words of pg_ctl where its log has none', async () => {
  await using fake = await fakePlace('echo "pg_ctl: no luck" >&2; exit 1');
  const found = await startServer(fake.place);
  assert.ok('code' in found);
  assert.equal(found.code, 'START_FAILED');
  assert.match(found.message, /no luck/u);
});

test('a server that starts and does not answer in time is left to go on', async () => {
  await using fake = await fakePlace('exit 1');
  await fake.run('starting');
  const found = await waitUntilReady(fake.place);
  assert.ok('code' in found);
  assert.equal(found.code, 'START_TIMEOUT');
  const waiting = waitUntilReady({ ...fake.place, waitSeconds: 60 });
  await fake.run('ready   ');
  assert.ok('pid' in (await waiting));
});

test('a server that is not there can not be waited for', async () => {
  await using fake = await fakePlace('exit 1');
  const found = await waitUntilReady(fake.place);
  assert.ok('code' in found);
  assert.equal(found.code, 'START_FAILED');
});

test('a server that does not stop or does not hear is told in the words of pg_ctl', async () => {
  await using fake = await fakePlace('echo "deaf" >&2; exit 1');
  await fake.run('ready');
  assert.match((await stopServer(fake.place))?.message ?? '', /Cannot stop PostgreSQL.*deaf/u);
  assert.equal((await signalReload(fake.place))?.code, 'RELOAD_FAILED');
});

test('a server that is gone when pg_ctl fails to stop it is stopped', async () => {
  await using fake = await fakePlace('exit 1');
  assert.equal(await stopServer(fake.place), null);
});

test('a cluster that can not be moved into its place is kept beside it', async () => {
  await using fake = await fakePlace('touch "$2/made"');
  const { binDirectory, dataDirectory, identity } = fake.place;
  await writeFile(join(dataDirectory, 'in the way'), '');
  const request = { binDirectory, dataDirectory, locale: 'C', encoding: 'UTF8', identity };
  const first = await createCluster(request);
  assert.equal(first.problem?.code, 'INITDB_FAILED');
  assert.match(first.problem.hint, /mount point/u);
  assert.deepEqual(await readdir(dataDirectory), ['in the way']);
});
