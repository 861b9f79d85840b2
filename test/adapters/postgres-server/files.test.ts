// Files and directories: written whole or not at all, for the right user, and never through a link.

import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ensureDirectory,
  readIfThere,
  writeAtomically,
} from '#adapters/postgres-server/atomic-file.ts';
import { readDataDirectory } from '#adapters/postgres-server/data-directory.ts';
import { newWords, readMark } from '#adapters/postgres-server/server-log.ts';
import { serverIdentity, temporaryDirectory } from '../pg/with-postgres.ts';

test('an unchanged file is not touched, a changed one is replaced', async () => {
  await using directory = await temporaryDirectory();
  const owner = await serverIdentity();
  const path = join(directory.path, 'file');
  assert.equal(await writeAtomically(path, 'one', owner), true);
  await utimes(path, 1, 1);
  assert.equal(await writeAtomically(path, 'one', owner), false);
  assert.equal((await stat(path)).mtimeMs, 1000);
  assert.equal(await writeAtomically(path, 'two', owner), true);
  const { mode, uid } = await stat(path);
  assert.deepEqual([mode & 0o777, uid], [0o600, owner.uid]);
  assert.deepEqual(await readdir(directory.path), ['file']);
});

test('a link in the place of the file is replaced, and what it points to stays', async () => {
  await using directory = await temporaryDirectory();
  const target = join(directory.path, 'target');
  const path = join(directory.path, 'file');
  await writeFile(target, 'precious');
  await symlink(target, path);
  await writeAtomically(path, 'new', await serverIdentity());
  assert.equal(await readFile(target, 'utf8'), 'precious');
});

test('a file that can not be put in its place leaves nothing behind', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'taken');
  await mkdir(path);
  await assert.rejects(writeAtomically(path, 'x', await serverIdentity()), { code: 'EISDIR' });
  await mkdir(join(directory.path, 'other'));
  assert.deepEqual((await readdir(directory.path)).sort(), ['other', 'taken']);
});

test('a file that is not there reads as none', async () => {
  await using directory = await temporaryDirectory();
  assert.equal(await readIfThere(join(directory.path, 'none')), null);
  await writeFile(join(directory.path, 'file'), '');
  assert.equal(await readIfThere(join(directory.path, 'file', 'none')), null);
});

test('a directory gets its mode whatever the mask is, and one that is there is left alone', async () => {
  await using directory = await temporaryDirectory();
  const owner = await serverIdentity();
  const path = join(directory.path, 'a', 'b');
  const mask = process.umask(0o077);
  try {
    await ensureDirectory(path, 0o755, owner);
  } finally {
    process.umask(mask);
  }
  const { mode, uid } = await stat(path);
  assert.deepEqual([mode & 0o777, uid], [0o755, owner.uid]);
  await ensureDirectory(path, 0o700, owner);
  assert.equal((await stat(path)).mode & 0o777, 0o755);
  await writeFile(join(directory.path, 'file'), '');
  await assert.rejects(ensureDirectory(join(directory.path, 'file', 'x'), 0o700, owner));
});

test('a data directory is absent, empty, a cluster, or something else', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'data');
  assert.deepEqual(await readDataDirectory(path), { kind: 'absent' });
  await mkdir(path);
  assert.equal((await readDataDirectory(path)).kind, 'empty');
  await writeFile(join(path, 'PG_VERSION'), '15\n');
  assert.deepEqual(await readDataDirectory(path), { kind: 'other', found: ['PG_VERSION'] });
  await mkdir(join(path, 'global'));
  await writeFile(join(path, 'global', 'pg_control'), '');
  const { uid } = await stat(path);
  assert.deepEqual(await readDataDirectory(path), { kind: 'cluster', major: '15', uid });
});

test('what a server wrote since a moment ago is told by its gravest lines', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'one.log');
  await writeFile(path, 'FATAL:  an old story\n');
  await writeFile(join(directory.path, 'note.txt'), 'FATAL:  no log\n');
  const mark = await readMark(directory.path);
  assert.equal(await newWords(directory.path, mark), '');
  await writeFile(path, 'starting\nlast words\n', { flag: 'a' });
  assert.equal(await newWords(directory.path, mark), 'starting; last words');
  await writeFile(path, '2026-01-01 UTC [1] LOG:  hm\n2026-01-01 UTC [1] FATAL:  no more\n', {
    flag: 'a',
  });
  await writeFile(join(directory.path, 'two.log'), 'x HINT:  look here\n');
  assert.equal(await newWords(directory.path, mark), 'FATAL:  no more; HINT:  look here');
  // A log that was emptied since is read from its beginning.
  await writeFile(path, 'PANIC:  new\n');
  assert.match(await newWords(directory.path, mark), /PANIC: {2}new/u);
});
