// Programs, users, running servers and taken ports.

import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import { findInstallation } from '#adapters/postgres-server/installed.ts';
import { listeningInodes, portProblem } from '#adapters/postgres-server/port-probe.ts';
import {
  findPostmaster,
  getServicePort,
  readPostmasterFile,
  waitForRemains,
} from '#adapters/postgres-server/postmaster.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import { freeAddress, temporaryDirectory } from '../pg/with-postgres.ts';

test('a program does not get our environment, and its end is told whatever it is', async () => {
  process.env['HIDDEN_FROM_PROGRAMS'] = 'yes';
  const shell = async (script: string, timeoutMs = 10_000): ReturnType<typeof runProgram> =>
    runProgram({ file: '/bin/sh', args: ['-c', script], timeoutMs, environment: { OWN: '1' } });
  const clean = await shell('echo "$HIDDEN_FROM_PROGRAMS$OWN$LC_ALL"; pwd; echo bad >&2; exit 3');
  assert.deepEqual(clean, { exitCode: 3, stdout: '1C\n/', stderr: 'bad', failure: '' });
  const slow = await shell('exec sleep 60', 100);
  assert.equal(slow.exitCode, null);
  assert.match(slow.failure, /timed out/u);
  const missing = await runProgram({ file: '/no/such', args: [], timeoutMs: 1000 });
  assert.equal(missing.exitCode, null);
  assert.match(missing.failure, /ENOENT/u);
});

test('the last words of a program are one short line', () => {
  assert.equal(lastWords('a\n\n b \nc\nd\ne\n'), 'b; c; d; e');
  assert.equal(lastWords('x'.repeat(2000)).length, 600);
});

test('PostgreSQL runs as oneself, for root as postgres, and never as root', async () => {
  const self = userInfo();
  const own = await findIdentity(null);
  assert.ok(own.kind === 'found');
  assert.equal(own.identity.name, self.uid === 0 ? 'postgres' : self.username);
  assert.equal(own.identity.isOther, self.uid === 0);
  for (const name of ['root', 'no such user', '-h', 'a:b']) {
    const found = await findIdentity(name);
    assert.equal(found.kind === 'impossible' ? found.problem.code : '', 'RUN_AS_IMPOSSIBLE', name);
  }
});

test('the file of a running server is read line by line as the server writes it', () => {
  const lines = [
    '41',
    '/data',
    '1700000000',
    '5433',
    '/run/pg',
    '10.0.0.1',
    '  5432001 0',
    'ready   ',
  ];
  assert.deepEqual(readPostmasterFile(lines.join('\n')), {
    pid: 41,
    port: 5433,
    socketDirectory: '/run/pg',
    isReady: true,
  });
  assert.equal(readPostmasterFile(lines.with(7, 'standby ').join('\n'))?.isReady, true);
  assert.equal(readPostmasterFile(lines.with(7, 'starting').join('\n'))?.isReady, false);
  assert.equal(readPostmasterFile(lines.slice(0, 5).join('\n'))?.isReady, false);
  for (const text of ['', '41', '41\n/data\n1700000000\n', 'x\n\n\n5432', '-41\n\n\n5432\n']) {
    assert.equal(readPostmasterFile(text), null, JSON.stringify(text));
  }
});

test('a file that names a process that is something else by now is no running server', async () => {
  await using directory = await temporaryDirectory();
  assert.equal(await getServicePort(directory.path), null);
  for (const pid of [process.pid, 2 ** 22 + 1]) {
    await writeFile(
      join(directory.path, 'postmaster.pid'),
      `${pid}\n/x\n1\n5432\n/run\n\n\nready\n`,
    );
    assert.equal(await findPostmaster(directory.path), null);
    await waitForRemains(directory.path, 60_000);
  }
});

test('what is left of a killed server is waited for, but not for ever', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'postmaster.pid');
  await writeFile(path, '4194305\n/x\n1\n5432\n/run\n\n\nready\n');
  const { spawn } = await import('node:child_process');
  const child = spawn('/bin/sleep', ['60'], { cwd: directory.path });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.once('spawn', resolve));
  const start = performance.now();
  await waitForRemains(directory.path, 120);
  assert.ok(performance.now() - start >= 120);
  const waiting = waitForRemains(directory.path, 60_000);
  child.kill('SIGKILL');
  await Promise.all([waiting, gone]);
});

test('a port in use is told with its address and the process that has it', async () => {
  const { host, port } = await freeAddress();
  assert.equal(await portProblem(`${host}, `, port, false), null);
  assert.equal(await portProblem('', port, false), null);
  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.listen(port, host, resolve);
  });
  try {
    const found = await portProblem(`localhost,${host}`, port, false);
    assert.equal(found?.code, 'PORT_IN_USE');
    assert.match(
      found.message,
      new RegExp(`${host} port ${port}.*process ${process.pid} \\(`, 'u'),
    );
    assert.equal((await portProblem('*', port, false))?.code, 'PORT_IN_USE');
    assert.equal(await portProblem(host, port, true), null);
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
});

test('an address of another machine is told, also after one that we hold', async () => {
  const { host, port } = await freeAddress();
  for (const address of ['192.0.2.1', '2001:db8::1']) {
    const found = await portProblem(`${host},${address}`, port, true);
    assert.equal(found?.code, 'ADDRESS_NOT_AVAILABLE');
    assert.match(found.message, new RegExp(address, 'u'));
  }
});

test("the kernel's table tells who listens on exactly that port", () => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const line = (port: string, state: string, inode: number): string =>
    `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000   101        0 ${inode} 1`;
  const table = [head, line('1538', '0A', 11), line('1538', '01', 12), line('1539', '0A', 13), ''];
  assert.deepEqual(listeningInodes(table.join('\n'), 0x1538), ['11']);
  assert.deepEqual(listeningInodes('', 5432), []);
});

test("the newest complete server is found, and a client's directory is none", async () => {
  await using directory = await temporaryDirectory();
  const make = async (version: string, names: readonly string[], prints: string): Promise<void> => {
    const bin = join(directory.path, version, 'bin');
    await mkdir(bin, { recursive: true });
    for (const name of names) {
      await writeFile(join(bin, name), `#!/bin/sh\necho "${prints}"\n`);
      await chmod(join(bin, name), 0o755);
    }
  };
  const all = ['postgres', 'initdb', 'pg_ctl', 'pg_controldata'];
  await make('9', all, 'postgres (PostgreSQL) 9.1');
  await make('14', all, 'postgres (PostgreSQL) 14.2 (Debian)');
  await make('17', ['psql'], 'psql (PostgreSQL) 17.0');
  await make('18', all, 'what?');
  assert.equal((await findInstallation(directory.path, ''))?.version.text, '14.2');
  assert.equal((await findInstallation(directory.path, '9'))?.version.major, '9');
  assert.equal(await findInstallation(directory.path, '17'), null);
  assert.equal(await findInstallation(join(directory.path, 'none'), ''), null);
});
