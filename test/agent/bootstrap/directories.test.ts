// Removing, moving and measuring data directories whose parts are elsewhere.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { directorySize } from '#adapters/files/directory-size.ts';
import { moveDataDirectory } from '#adapters/files/move-data-directory.ts';
import { removeDataDirectory } from '#adapters/files/remove-data-directory.ts';
import { createSecretFile } from '#adapters/files/secret-file.ts';
import { serverUser } from './bootstrap-parts.ts';

interface Tree extends AsyncDisposable {
  readonly root: string;
  readonly data: string;
  readonly wal: string;
  readonly tablespace: string;
}

/** A data directory of 6 bytes, with WAL of 20 and a tablespace of 300 bytes elsewhere. */
async function withTree(): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'pg-tree-'));
  const tree = {
    root,
    data: join(root, 'data'),
    wal: join(root, 'wal'),
    tablespace: join(root, 'ts'),
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true, force: true });
    },
  };
  await mkdir(join(tree.data, 'global'), { recursive: true });
  await mkdir(join(tree.data, 'pg_tblspc'));
  await mkdir(tree.wal);
  await mkdir(join(tree.tablespace, 'PG_15_1'), { recursive: true });
  await writeFile(join(tree.data, 'PG_VERSION'), '15\n');
  await writeFile(join(tree.data, 'global', 'pg_control'), 'abc');
  await writeFile(join(tree.wal, '000000010000000000000001'), 'x'.repeat(20));
  await writeFile(join(tree.tablespace, 'PG_15_1', '1'), 'x'.repeat(300));
  await symlink(tree.wal, join(tree.data, 'pg_wal'));
  await symlink(tree.tablespace, join(tree.data, 'pg_tblspc', '16384'));
  // None of the server's: it leads somewhere nobody may touch.
  await mkdir(join(root, 'foreign'));
  await writeFile(join(root, 'foreign', 'precious'), 'x');
  await symlink(join(root, 'foreign'), join(tree.data, 'pg_tblspc', 'foreign'));
  await symlink(join(root, 'foreign'), join(tree.data, 'link'));
  return tree;
}

describe('directorySize', () => {
  it('counts WAL and tablespaces that are elsewhere, and nothing else that is', async () => {
    await using tree = await withTree();
    assert.equal(await directorySize(tree.data), 326);
    assert.equal(await directorySize(join(tree.root, 'none')), 0);
    await assert.rejects(
      directorySize(tree.data, AbortSignal.abort(new Error('enough'))),
      /enough/u,
    );
  });
});

describe('removeDataDirectory', () => {
  it('removes it with its WAL and its tablespaces, and nothing else it links to', async () => {
    await using tree = await withTree();
    await removeDataDirectory(tree.data);
    assert.ok(!existsSync(tree.data));
    assert.deepEqual(readdirSync(tree.root).sort(), ['foreign', 'ts', 'wal']);
    assert.deepEqual(readdirSync(tree.wal), []);
    assert.deepEqual(readdirSync(tree.tablespace), []);
    assert.equal(readFileSync(join(tree.root, 'foreign', 'precious'), 'utf8'), 'x');
  });

  it('empties what a link leads to, and keeps the link', async () => {
    await using tree = await withTree();
    const link = join(tree.root, 'link');
    await symlink(tree.data, link);
    await removeDataDirectory(link);
    assert.equal(await readlink(link), tree.data);
    assert.deepEqual(readdirSync(tree.data), []);
    assert.deepEqual(readdirSync(tree.wal), []);
  });

  it('has nothing to do where there is nothing', async () => {
    await using tree = await withTree();
    await removeDataDirectory(join(tree.root, 'none'));
    await symlink(join(tree.root, 'none'), join(tree.root, 'dangling'));
    await removeDataDirectory(join(tree.root, 'dangling'));
    assert.ok(existsSync(tree.data));
  });

  it('removes what an earlier removal that was cut off left', async () => {
    await using tree = await withTree();
    await mkdir(`${tree.data}.removing`);
    await removeDataDirectory(tree.data);
    assert.ok(!existsSync(`${tree.data}.removing`));
  });

  it('never removes everything', async () => {
    await assert.rejects(removeDataDirectory('/'), /the root of all files/u);
    await assert.rejects(removeDataDirectory('//'), /the root of all files/u);
  });
});

describe('moveDataDirectory', () => {
  it('moves WAL and tablespaces too, numbers them, and deletes nothing', async () => {
    await using tree = await withTree();
    assert.equal(await moveDataDirectory(tree.data, 'failed'), `${tree.data}.failed`);
    assert.equal(await readlink(`${tree.data}.failed/pg_wal`), `${tree.wal}.failed`);
    assert.equal(
      await readlink(`${tree.data}.failed/pg_tblspc/16384`),
      `${tree.tablespace}.failed`,
    );
    assert.equal(await directorySize(`${tree.data}.failed`), 326);
    assert.equal(await readlink(`${tree.data}.failed/link`), join(tree.root, 'foreign'));

    await mkdir(tree.data);
    await mkdir(tree.wal, { recursive: true });
    await writeFile(join(tree.wal, '1'), 'x');
    await symlink(tree.wal, join(tree.data, 'pg_wal'));
    assert.equal(await moveDataDirectory(tree.data, 'failed'), `${tree.data}.failed.2`);
    assert.equal(await directorySize(`${tree.data}.failed`), 326, 'the first one is as it was');
    assert.equal(await directorySize(`${tree.data}.failed.2`), 1);
  });

  it('moves what a link leads to, and keeps the link', async () => {
    await using tree = await withTree();
    const link = join(tree.root, 'link');
    await symlink(tree.data, link);
    assert.equal(await moveDataDirectory(link, 'failed'), `${tree.data}.failed`);
    assert.equal(await readlink(link), tree.data);
    assert.deepEqual(readdirSync(link), []);
    assert.equal(await moveDataDirectory(link, 'failed'), `${tree.data}.failed.2`);
  });

  it('has nothing to do where there is nothing', async () => {
    await using tree = await withTree();
    assert.equal(await moveDataDirectory(join(tree.root, 'none'), 'failed'), null);
    await symlink(join(tree.root, 'none'), join(tree.root, 'dangling'));
    assert.equal(await moveDataDirectory(join(tree.root, 'dangling'), 'failed'), null);
  });
});

describe('createSecretFile', () => {
  it('is for its owner alone, and gone afterwards', async () => {
    const owner = await serverUser();
    let path = '';
    {
      await using file = await createSecretFile('secret', owner);
      path = file.path;
      const { mode, uid } = await stat(path);
      assert.equal(mode & 0o777, 0o600);
      assert.equal(uid, owner.uid);
      assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
      assert.equal(readFileSync(path, 'utf8'), 'secret');
    }
    assert.ok(!existsSync(path));
    assert.ok(!existsSync(join(path, '..')));
  });
});
