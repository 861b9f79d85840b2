// TLS as sslmode asks for it, against servers with it, without it, and under another name.

import assert from 'node:assert/strict';
import { chmod, chown, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import {
  serverIdentity,
  temporaryDirectory,
  withPostgres,
} from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { withJobCache } from '../program/with-job-cache.ts';

const resources = new AsyncDisposableStack();
let encrypted: TestServer;
let plain: TestServer;
/** The certificate, which signed itself, for the name `db.test`. */
let certificate: string;
let otherCertificate: string;

async function openssl(args: readonly string[]): Promise<void> {
  const result = await runProgram({ file: '/usr/bin/openssl', args, timeoutMs: 30_000 });
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

async function makeCertificate(directory: string, name: string): Promise<string> {
  const path = join(directory, `${name}.crt`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2'];
  const files = ['-keyout', join(directory, `${name}.key`), '-out', path];
  await openssl(['req', '-x509', ...key, ...subject, ...files]);
  return path;
}

before(async () => {
  const directory = resources.use(await temporaryDirectory()).path;
  certificate = await makeCertificate(directory, 'db.test');
  otherCertificate = await makeCertificate(directory, 'other.test');
  const { uid, gid } = await serverIdentity();
  const key = join(directory, 'server.key');
  await copyFile(join(directory, 'db.test.key'), key);
  await chmod(key, 0o600);
  await chown(key, uid, gid);
  plain = resources.use(await withPostgres());
  encrypted = resources.use(
    await withPostgres({ ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key }),
  );
});
after(async () => resources.disposeAsync());

/** Whether the connection is encrypted; the error where there is none. */
async function tried(
  cache: JobCache,
  change: Readonly<Record<string, string>>,
): Promise<boolean | JobCacheError> {
  try {
    await using database = await openDatabase(targetOf(cache.conninfo(change)));
    const { rows } = await database.run({
      text: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    });
    return rows[0]?.['ssl'] === true;
  } catch (error) {
    if (error instanceof JobCacheError) return error;
    throw error;
  }
}

test('a server with TLS is used with it, unless it is disabled', async () => {
  await using cache = await withJobCache(encrypted);

  assert.equal(await tried(cache, {}), true);
  assert.equal(await tried(cache, { sslmode: 'require' }), true);
  assert.equal(await tried(cache, { sslmode: 'allow' }), false);
  assert.equal(await tried(cache, { sslmode: 'disable' }), false);
});

test('a server without TLS is used where it is only preferred', async () => {
  await using cache = await withJobCache(plain);

  assert.equal(await tried(cache, {}), false);
  const required = await tried(cache, { sslmode: 'require' });
  assert.ok(required instanceof JobCacheError);
  assert.match(required.message, /does not support SSL/u);
});

test('a certificate is checked against the authorities that are named', async () => {
  await using cache = await withJobCache(encrypted);
  const good = { sslmode: 'verify-ca', sslrootcert: certificate };

  assert.equal(await tried(cache, good), true);
  for (const change of [
    { ...good, sslrootcert: otherCertificate },
    { sslmode: 'require', sslrootcert: otherCertificate },
    { ...good, sslrootcert: 'system' },
    { ...good, sslrootcert: '/nonexistent/root.crt' },
    { sslmode: 'verify-full', sslrootcert: '/nonexistent/root.crt' },
  ]) {
    const found = await tried(cache, change);
    assert.ok(found instanceof JobCacheError, JSON.stringify(change));
    assert.match(found.message, /self-signed|unable to verify|can't be read/u);
  }
});

test('the name of the server has to be in the certificate, whatever its address', async () => {
  await using cache = await withJobCache(encrypted);
  const full = { sslmode: 'verify-full', sslrootcert: certificate, hostaddr: encrypted.host };

  assert.equal(await tried(cache, { ...full, host: 'db.test' }), true);
  assert.equal(await tried(cache, { ...full, sslmode: 'verify-ca', host: 'db2.test' }), true);
  const other = await tried(cache, { ...full, host: 'db2.test' });
  assert.ok(other instanceof JobCacheError);
  assert.match(other.message, /db2\.test/u);
});

test('where only encrypted connections are let in, preferring finds the way', async () => {
  await using cache = await withJobCache(encrypted);
  await using admin = await encrypted.session();
  const file = join(encrypted.dataDirectory, 'pg_hba.conf');
  await writeFile(file, 'local all all trust\nhostssl all all all scram-sha-256\n');
  await admin.query('SELECT pg_reload_conf()');
  const isRefused = async (): Promise<boolean> =>
    (await tried(cache, { sslmode: 'disable' })) !== false;
  const deadline = Date.now() + 20_000;
  while (!(await isRefused())) assert.ok(Date.now() < deadline, 'the server still lets us in');

  const disabled = await tried(cache, { sslmode: 'disable' });

  assert.ok(disabled instanceof JobCacheError);
  assert.equal(disabled.sqlstate, '28000');
  assert.equal(await tried(cache, { sslmode: 'allow' }), true);
  assert.equal(await tried(cache, {}), true);
});
