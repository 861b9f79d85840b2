// What the charm does on a real machine: find its server, choose passwords, call pg-setup.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createServices, isServerAlive, md5Hex, newPassword } from '#hooks/services.ts';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'services-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** A process that works in the directory, as a postmaster works in its data directory. */
async function worker(t: TestContext, cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log()'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

test('a server is alive where its postmaster.pid names a process that works in the data directory', async (t) => {
  const path = directory(t);
  const child = await worker(t, path);
  writeFileSync(join(path, 'postmaster.pid'), `${child.pid}\n${path}\n`);

  assert.equal(isServerAlive(path), true);
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(isServerAlive(path), false);
});

test('the number of a process of somebody else is no server', async (t) => {
  const path = directory(t);
  const child = await worker(t, tmpdir());
  writeFileSync(join(path, 'postmaster.pid'), `${child.pid}\n`);

  assert.equal(isServerAlive(path), false);
});

test('no file, an empty file, one with words in it, and no directory at all are no server', (t) => {
  const path = directory(t);
  assert.equal(isServerAlive(path), false);
  for (const text of ['', 'words\n', '-1\n', '99999999\n']) {
    writeFileSync(join(path, 'postmaster.pid'), text);
    assert.equal(isServerAlive(path), false, JSON.stringify(text));
  }
  assert.equal(isServerAlive(join(path, 'postmaster.pid')), false);
  assert.equal(isServerAlive(join(path, 'absent')), false);
});

test('what can not be read for another reason is an error, not a dead server', (t) => {
  const path = directory(t);
  mkdirSync(join(path, 'postmaster.pid'));

  assert.throws(() => isServerAlive(path), { code: 'EISDIR' });
});

test('T17: a password is 32 letters and digits, and no two are the same', () => {
  const passwords = Array.from({ length: 50 }, newPassword);

  for (const password of passwords) assert.match(password, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(passwords).size, 50);
});

test('5.5: the digest of a long name is the one other charms make', () => {
  assert.equal(md5Hex(''), 'd41d8cd98f00b204e9800998ecf8427e');
});

test('each service is one call of the program beside the hook, with the command on standard input', (t) => {
  const path = directory(t);
  mkdirSync(join(path, 'lib'));
  writeFileSync(
    join(path, 'lib/pg-setup.cjs'),
    `const text = require('node:fs').readFileSync(0, 'utf8');
     process.stdout.write(JSON.stringify({ ok: true, args: process.argv.slice(2), ...JSON.parse(text) }));`,
  );
  const services = createServices(path);
  const server = {} as never;

  assert.deepEqual(services.install({ command: 'install', version: '15' }), {
    ok: true,
    args: [],
    command: 'install',
    version: '15',
  });
  assert.deepEqual(services.stop({ command: 'stop', server }), {
    ok: true,
    args: [],
    command: 'stop',
    server: {},
  });
  const nobody = { clients: [], adminAddresses: [], extraHba: [], access: [], revoke: [] };
  const answer = services.converge({ command: 'converge', server, ...nobody });
  assert.equal(answer.ok, true);
});
