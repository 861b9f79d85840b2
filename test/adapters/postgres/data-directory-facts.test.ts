// Data directories that can't be used: each is told of in words, and none is touched.

import assert from 'node:assert/strict';
import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asPrimary, withMember } from './with-member.ts';

async function makeDirectory(
  path: string,
  files: readonly string[],
  version: string,
): Promise<void> {
  await mkdir(join(path, 'global'), { recursive: true, mode: 0o700 });
  for (const file of files) await writeFile(join(path, file), file === 'PG_VERSION' ? version : '');
}

describe('a data directory that can not be used', () => {
  it('of another major version', async () => {
    await using one = await withMember();
    await makeDirectory(one.dataDirectory, ['PG_VERSION', 'global/pg_control'], '12\n');
    const { identity } = one.member.place;
    await chown(one.dataDirectory, identity.uid, identity.gid);
    const facts = await one.member.observe();
    assert.equal(facts.dataDirectory, 'foreign');
    assert.match(facts.dataDirectoryProblem, /PostgreSQL 12, and the programs are those of \d+/u);
    const outcome = await one.member.start(asPrimary);
    assert.equal(outcome.kind, 'failed');
    assert.deepEqual((await readdir(one.dataDirectory)).sort(), ['PG_VERSION', 'global']);
  });

  it('half cloned', async () => {
    await using one = await withMember();
    await makeDirectory(one.dataDirectory, ['PG_VERSION', 'backup_label'], '15\n');
    const facts = await one.member.observe();
    assert.equal(facts.dataDirectory, 'foreign');
    assert.match(facts.dataDirectoryProblem, /backup_label.*interrupted copy/u);
  });

  it('owned by somebody else', { skip: process.getuid?.() !== 0 }, async () => {
    await using one = await withMember();
    const major = await one.member.observer.programsMajor();
    await makeDirectory(one.dataDirectory, ['PG_VERSION', 'global/pg_control'], `${major}\n`);
    const facts = await one.member.observe();
    assert.equal(facts.dataDirectory, 'unreadable');
    assert.match(facts.dataDirectoryProblem, /belongs to the user with number 0/u);
  });

  it('no directory at all, and one that is not there', async () => {
    await using one = await withMember();
    assert.equal((await one.member.observe()).dataDirectory, 'empty');
    await writeFile(one.dataDirectory, '');
    const facts = await one.member.observe();
    assert.equal(facts.dataDirectory, 'foreign');
    assert.match(facts.dataDirectoryProblem, /is no directory/u);
    await rm(one.dataDirectory);
  });
});
