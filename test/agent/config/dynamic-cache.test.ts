// The dynamic configuration kept in the data directory.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  dynamicCacheFile,
  readDynamicCache,
  writeDynamicCache,
} from '#agent/config/dynamic-cache.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const { username, uid, gid } = userInfo();
const self = { name: username, uid, gid, isOther: false };

test('what is written is read again, integers of any size included, and nobody else may read it', async (t) => {
  const directory = await temporaryDirectory(t);
  const dynamic = { ttl: 30, big: 9007199254740993n, slots: { a: null } };

  assert.deepEqual(await readDynamicCache(directory), { kind: 'absent' });
  await writeDynamicCache(directory, dynamic, self);

  assert.deepEqual(await readDynamicCache(directory), { kind: 'found', dynamic });
  assert.equal((await stat(join(directory, dynamicCacheFile))).mode & 0o777, 0o600);
});

test('a broken file counts as none and is not touched', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, dynamicCacheFile);
  for (const text of ['', '{', '[]', 'null']) {
    await writeFile(path, text);
    assert.equal((await readDynamicCache(directory)).kind, 'broken', text);
    assert.equal(await readFile(path, 'utf8'), text);
  }
});
