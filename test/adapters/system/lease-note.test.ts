// What the next agent knows of a lease.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { createLeaseNote } from '#adapters/system/lease-note.ts';

const warnings: string[] = [];
const ignore = (): void => undefined;
const log: LogPort = {
  debug: ignore,
  info: ignore,
  warning: (message) => void warnings.push(message),
  error: ignore,
  critical: ignore,
};

test('the next agent reads how long the lease still lasts, and nothing once it was given up', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lease-note-'));
  t.after(async () => rm(directory, { recursive: true }));
  const path = join(directory, 'data.lease');
  const note = createLeaseNote(path, log);
  assert.equal(await note.read(), null);
  note.write(20_000);
  note.write(30_000);
  const left = await createLeaseNote(path, log).read();
  assert.ok(left !== null && left > 25_000 && left <= 30_020, `${left} ms are left`);
  assert.deepEqual(await readdir(directory), ['data.lease']);
  note.write(null);
  assert.equal(await note.read(), null);
  assert.deepEqual(warnings, []);
});

test('a note of another start of the machine, or that makes no sense, is none', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lease-note-'));
  t.after(async () => rm(directory, { recursive: true }));
  const path = join(directory, 'data.lease');
  for (const text of ['', '{', '{"boot":"another","untilMs":1e15}', '[1]']) {
    await writeFile(path, text);
    assert.equal(await createLeaseNote(path, log).read(), null, text);
  }
});

test('a link somebody put in its way is not followed, and a disk that refuses is no end', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lease-note-'));
  t.after(async () => rm(directory, { recursive: true }));
  const path = join(directory, 'data.lease');
  await symlink('/nonexistent/elsewhere', `${path}.new`);
  createLeaseNote(path, log).write(1000);
  assert.deepEqual(await readdir(directory), ['data.lease']);
  createLeaseNote(join(directory, 'missing', 'data.lease'), log).write(1000);
  assert.match(warnings.at(-1) ?? '', /^Cannot note the lease .*ENOENT/u);
});
