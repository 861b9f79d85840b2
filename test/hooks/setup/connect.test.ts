// Waiting for a server to let us in and to read its files, always to an end.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunningFacts } from '#adapters/pg/server-facts.ts';
import type { OpenSession } from '#adapters/pg/session.ts';
import { connectSoon, reloadIfNeeded } from '#hooks/setup/connect.ts';
import { temporaryDirectory } from '../../adapters/pg/with-postgres.ts';

/** A session with a server whose files were read at `loadedAt()`. */
function sessionAt(loadedAt: () => string): OpenSession {
  return {
    async query() {
      const [version, identifier, loaded] = ['15.1', '7', loadedAt()];
      return [{ version, number: 150_001, identifier, recovery: false, pending: [], loaded }];
    },
    async [Symbol.asyncDispose]() {},
  };
}

function refused(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

const facts: RunningFacts = {
  version: '15.1',
  versionNumber: 150_001,
  systemIdentifier: '7',
  inRecovery: false,
  pendingRestart: [],
  loadedAt: '1000',
};

test('a server that does not let us in yet is asked again', async () => {
  let tries = 0;
  const session = sessionAt(() => '1');
  const found = await connectSoon(async () => {
    tries += 1;
    if (tries < 3) throw refused('ECONNREFUSED');
    return session;
  });
  assert.equal(found, session);
});

test('a server that never lets us in is told as such after a while', async () => {
  const found = await connectSoon(async () => Promise.reject(refused('ENOENT')), 30);
  assert.ok('code' in found);
  assert.equal(found.code, 'SERVER_UNREACHABLE');
});

test('a mistake of ours is not waited for', async () => {
  await assert.rejects(
    connectSoon(async () => Promise.reject(new TypeError('x'))),
    TypeError,
  );
});

test('a server that has read its files is left alone', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'pg_hba.conf'), '');
  const late = { ...facts, loadedAt: String((Date.now() + 60_000) * 1000) };
  const connect = async (): Promise<OpenSession> => assert.fail('no need to connect');
  const found = await reloadIfNeeded(
    directory.path,
    sessionAt(() => '1'),
    connect,
    late,
  );
  assert.equal(found, late);
});

test('a server that has older files reads them again, and what it then says is taken', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'pg_hba.conf'), '');
  let asked = 0;
  const session = sessionAt(() => {
    asked += 1;
    return asked < 4 ? '1000' : '2000';
  });
  const found = await reloadIfNeeded(directory.path, session, async () => session, facts);
  assert.ok('loadedAt' in found);
  assert.equal(found.loadedAt, '2000');
});

test('a server that does not read its files is told as such after a while', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'pg_hba.conf'), '');
  const session = sessionAt(() => '1000');
  const found = await reloadIfNeeded(directory.path, session, async () => session, facts, 30);
  assert.ok('code' in found);
  assert.equal(found.code, 'RELOAD_FAILED');
});
