// Sessions: that they leave no trace, and that a transaction is all or nothing.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inTransaction } from '#adapters/pg/session.ts';
import {
  readHbaFaults,
  readParameterFacts,
  readRunningFacts,
  requestReload,
} from '#adapters/pg/server-facts.ts';
import type { TestServer } from './with-postgres.ts';
import { withPostgres } from './with-postgres.ts';

let server: TestServer;
before(async () => {
  // Everything a server can be told to keep of statements.
  server = await withPostgres({
    log_statement: 'all',
    log_min_duration_statement: '0',
    log_duration: 'on',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'all',
  });
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

test('no statement is kept in the log, the activity view or the statistics, also not a failing one', async () => {
  await using other = await server.session();
  await using session = await server.session();
  await session.query('CREATE EXTENSION pg_stat_statements SCHEMA public');
  await session.query("CREATE ROLE seen PASSWORD 'hidden_1'");
  await assert.rejects(session.query("ALTER ROLE absent PASSWORD 'hidden_2'"), { code: '42704' });
  const seen = await other.query('SELECT query FROM pg_stat_activity');
  const counted = await other.query('SELECT query FROM public.pg_stat_statements');
  const log = await readFile(join(server.socketDirectory, 'log'), 'utf8');
  // What PostgreSQL says of an error is kept, the statement that made it is not.
  assert.match(log, /role "absent" does not exist/u);
  for (const text of [JSON.stringify(seen), JSON.stringify(counted), log]) {
    assert.doesNotMatch(text, /hidden/u);
  }
});

test('a transaction that throws leaves nothing behind, and its cause is thrown', async () => {
  await using session = await server.session();
  const cause = new Error('half way');
  await assert.rejects(
    inTransaction(session, async () => {
      await session.query('CREATE ROLE half');
      throw cause;
    }),
    cause,
  );
  assert.deepEqual(await session.query("SELECT 1 FROM pg_roles WHERE rolname = 'half'"), []);
});

test('a session whose server ends it reports that with the next statement', async () => {
  await using other = await server.session();
  const session = await server.session();
  const [row] = await session.query('SELECT pg_backend_pid() AS pid');
  await other.query('SELECT pg_terminate_backend($1)', [row?.['pid']]);
  await assert.rejects(inTransaction(session, async () => session.query('SELECT 1')));
  await session[Symbol.asyncDispose]();
});

test('the server tells what it is, and what waits for a restart', async () => {
  await using session = await server.session();
  const facts = await readRunningFacts(session);
  assert.match(facts.version, /^\d+(?:\.\d+|\w+)$/u);
  assert.ok(facts.versionNumber >= 100_000);
  assert.match(facts.systemIdentifier, /^\d{15,}$/u);
  assert.equal(facts.inRecovery, false);
  assert.deepEqual(facts.pendingRestart, []);
  assert.match(facts.loadedAt, /^\d{16}$/u);
  await requestReload(session);
});

test('parameters come with type, bounds, unit and values', async () => {
  await using session = await server.session();
  const facts = await readParameterFacts(session);
  assert.deepEqual(facts.get('wal_level')?.values, ['minimal', 'replica', 'logical']);
  assert.equal(facts.get('shared_buffers')?.unit, '8kB');
  assert.equal(facts.get('port')?.max, '65535');
  assert.equal(facts.get('datestyle')?.type, 'string');
  assert.deepEqual(await readHbaFaults(session), []);
});
