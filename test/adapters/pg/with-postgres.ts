// A PostgreSQL server of a test's own: in a directory of its own, on a loopback address of its own, gone with
// the test. Runs as `postgres` when the tests run as root, else as whoever runs them.

import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { Client } from 'pg';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { findInstallation } from '#adapters/postgres-server/installed.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import type { OpenSession } from '#adapters/pg/session.ts';
import { openSession } from '#adapters/pg/session.ts';

/** A loopback address nobody else is likely to use, and a port that is free on it. */
export async function freeAddress(): Promise<{ readonly host: string; readonly port: number }> {
  const host = `127.${randomInt(1, 255)}.${randomInt(0, 255)}.${randomInt(1, 255)}`;
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  const port = await promise;
  await new Promise((done) => server.close(done));
  return { host, port };
}

/** A directory of the test's own that the server's user may enter. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'pg-test-'));
  await chmod(path, 0o755);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export interface TestServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly dataDirectory: string;
  readonly binDirectory: string;
  readonly identity: Identity;
  /** A session as the superuser. */
  session(database?: string): Promise<OpenSession>;
}

/** The installed PostgreSQL's directory of programs. */
export async function installedBinDirectory(): Promise<string> {
  const found = await findInstallation('/usr/lib/postgresql', '');
  if (found === null) throw new Error('these tests need PostgreSQL in /usr/lib/postgresql');
  return found.binDirectory;
}

export async function serverIdentity(): Promise<Identity> {
  const found = await findIdentity(null);
  if (found.kind === 'impossible') throw new Error(found.problem.message);
  return found.identity;
}

/**
 * Starts a server; dispose of it to stop it and remove its files. The socket lets everybody in without a
 * password, TCP asks for one.
 */
export async function withPostgres(
  parameters: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const binDirectory = await installedBinDirectory();
  const identity = await serverIdentity();
  const directory = await temporaryDirectory();
  const { host, port } = await freeAddress();
  await chown(directory.path, identity.uid, identity.gid);
  const dataDirectory = join(directory.path, 'data');
  const run = async (file: string, args: readonly string[]): Promise<void> => {
    const result = await runProgram({
      file: join(binDirectory, file),
      args,
      as: identity,
      timeoutMs: 60_000,
    });
    if (result.exitCode !== 0) throw new Error(`${file}: ${result.stderr || result.failure}`);
  };
  const stop = async (): Promise<void> => {
    await run('pg_ctl', ['-D', dataDirectory, 'stop', '-m', 'immediate', '-w']).catch(() => null);
    await directory[Symbol.asyncDispose]();
  };
  const initdb = ['--no-sync', '-U', 'postgres', '-A', 'scram-sha-256', '--auth-local=trust'];
  const allParameters = {
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: directory.path,
    fsync: 'off',
    shared_buffers: '8MB',
    max_connections: '20',
    ...parameters,
  };
  const lines = Object.entries(allParameters).map(([name, value]) => `${name} = '${value}'\n`);
  try {
    // The superuser's password is never used, but initdb wants one where TCP asks for it.
    const passwordFile = join(directory.path, 'password');
    await writeFile(passwordFile, 'not used\n', { mode: 0o644 });
    await run('initdb', [
      '-D',
      dataDirectory,
      ...initdb,
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C.UTF-8',
    ]);
    await writeFile(join(dataDirectory, 'postgresql.conf'), lines.join(''), { flag: 'a' });
    await run('pg_ctl', ['-D', dataDirectory, '-w', '-l', join(directory.path, 'log'), 'start']);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    port,
    socketDirectory: directory.path,
    dataDirectory,
    binDirectory,
    identity,
    session: async (database = 'postgres') => openSession({ host: directory.path, port, database }),
    [Symbol.asyncDispose]: stop,
  };
}

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Runs one statement as a client would, over TCP with a password. Throws what `pg` throws. */
export async function queryAs(
  login: Login,
  statement: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { host, port, user, password, database } = login;
  const client = new Client({ host, port, user, password, database, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
