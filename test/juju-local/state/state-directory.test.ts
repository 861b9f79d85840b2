import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import {
  checkPathLength,
  closedAncestor,
  chooseStateDir,
  prepareStateDir,
  removeStateDir,
} from '#juju-local/state/state-directory.ts';

const base = mkdtempSync(join(tmpdir(), 'jd-'));
after(() => rmSync(base, { recursive: true }));

test("the state directory is what was given, else the environment's, else the usual one of the user", () => {
  const user = (environment: Record<string, string>): string =>
    chooseStateDir(null, { environment, isRoot: false });
  assert.equal(chooseStateDir('/x', { environment: {}, isRoot: true }), '/x');
  assert.equal(user({ JUJU_LOCAL_DATA: '/d', HOME: '/h' }), '/d');
  assert.equal(user({ JUJU_LOCAL_DATA: '', XDG_STATE_HOME: '/s', HOME: '/h' }), '/s/juju-local');
  assert.equal(user({ XDG_STATE_HOME: 'relative', HOME: '/h' }), '/h/.local/state/juju-local');
  assert.match(user({}), /^\/.*\.local\/state\/juju-local$/u);
  const root = { environment: { XDG_STATE_HOME: '/s' }, isRoot: true };
  assert.equal(chooseStateDir(null, root), '/var/lib/juju-local');
});

test('a path that leaves no room for sockets is refused with what to do', () => {
  checkPathLength(`/${'x'.repeat(46)}`);
  assert.throws(() => checkPathLength(`/${'x'.repeat(47)}`), {
    name: 'UserError',
    message: /has 48 bytes.*at most 47/u,
    hint: /--state-dir or JUJU_LOCAL_DATA/u,
  });
  assert.throws(() => checkPathLength(`/${'é'.repeat(24)}`), /has 49 bytes/u);
});

test('a directory that holds other things is left alone', () => {
  const folder = join(base, 'a');
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.txt'), '');
  assert.throws(() => prepareStateDir(folder), /holds other files \("thesis.txt"\)/u);
  assert.deepEqual(readdirSync(folder), ['thesis.txt']);
});

test('a file in the way and a folder without permission are told in words', (context) => {
  const file = join(base, 'f');
  writeFileSync(file, '');
  assert.throws(() => prepareStateDir(file), { message: /is a file/u });
  assert.throws(() => prepareStateDir(join(file, 'x')), { message: /leads through one/u });
  if (process.getuid?.() === 0) {
    context.diagnostic('root may write everywhere: the read-only case is left to other users');
    assert.throws(() => prepareStateDir('/proc/x'), { name: 'UserError' });
    return;
  }
  const closed = join(base, 'c');
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  assert.throws(() => prepareStateDir(join(closed, 'x')), { message: /cannot be written/u });
});

test('a folder on the way that only its owner may pass is found', () => {
  const closed = join(base, 'p');
  mkdirSync(join(closed, 'q'), { recursive: true });
  chmodSync(closed, 0o700);
  chmodSync(base, 0o711);
  assert.equal(closedAncestor(join(closed, 'q', 's')), closed);
  chmodSync(closed, 0o711);
  assert.equal(closedAncestor(join(closed, 'q', 's')), null);
});

test("removal takes what is the model's and nothing else", () => {
  const folder = join(base, 'r');
  prepareStateDir(folder);
  writeFileSync(join(folder, 'notes'), '');
  removeStateDir(folder);
  assert.deepEqual(readdirSync(folder), ['notes']);
  rmSync(join(folder, 'notes'));
  prepareStateDir(folder);
  removeStateDir(folder);
  assert.equal(existsSync(folder), false);
  removeStateDir(folder);
});
