// Looks at real directories: one that takes writes, one that is full, one that is not there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createStorageProbe } from '#adapters/files/storage-probe.ts';
import { createMachineClock } from '#adapters/system/machine-clock.ts';

const clock = createMachineClock();
const isRoot = process.getuid?.() === 0;

async function directory(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'storage-probe-'));
  t.after(async () => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, 'pg_wal'));
  return path;
}

test('a disk that takes writes has no problem, and nothing is left on it', async (t) => {
  const path = await directory(t);
  assert.equal(await createStorageProbe(path, clock).check(), null);
  assert.deepEqual(await readdir(path), ['pg_wal']);
  assert.deepEqual(await readdir(join(path, 'pg_wal')), []);
});

test('what another probe left is in nobody’s way, and no link is followed', async (t) => {
  const path = await directory(t);
  const other = join(path, 'other');
  await writeFile(other, 'mine');
  await symlink(other, join(path, 'pg-agent.probe'));
  assert.equal(await createStorageProbe(path, clock).check(), null);
  assert.deepEqual((await readdir(path)).toSorted(), ['other', 'pg_wal']);
});

test('a data directory that is not there is no finding of the probe', async () => {
  assert.equal(await createStorageProbe('/nonexistent/data', clock).check(), null);
});

test('a full disk is told as one', { skip: isRoot ? false : 'only root mounts' }, async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'storage-probe-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]);
  t.after(async () => {
    execFileSync('umount', [path]);
    await rm(path, { recursive: true });
  });
  await mkdir(join(path, 'pg_wal'));
  await assert.rejects(writeFile(join(path, 'filler'), Buffer.alloc(200_000)));
  const problem = await createStorageProbe(path, clock).check();
  assert.match(problem ?? '', /can't be written: no space is left/u);
});
