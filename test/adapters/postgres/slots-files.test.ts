// Putting the state of slots in place: whole or not at all, for the server's user alone, last through a crash.

import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  installSlotFiles,
  pgReplslotDir,
  removeSlotDirectory,
} from '#adapters/postgres/slot-files.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { serverIdentity, temporaryDirectory } from '../pg/with-postgres.ts';

interface Place extends AsyncDisposable {
  readonly dataDirectory: string;
  readonly slots: string;
  readonly identity: Identity;
}

async function withPlace(mode = 0o700): Promise<Place> {
  const directory = await temporaryDirectory();
  const identity = await serverIdentity();
  const dataDirectory = join(directory.path, 'data');
  const slots = pgReplslotDir(dataDirectory);
  await mkdir(slots, { recursive: true });
  await chmod(dataDirectory, mode);
  for (const path of [dataDirectory, slots]) await chown(path, identity.uid, identity.gid);
  return {
    dataDirectory,
    slots,
    identity,
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function modesOf(...parts: readonly string[]): Promise<string> {
  const { mode, uid, gid } = await stat(join(...parts));
  const { uid: ours, gid: group } = await serverIdentity();
  assert.deepEqual([uid, gid], [ours, group]);
  return (mode & 0o777).toString(8);
}

describe('installSlotFiles()', () => {
  it('S-45: makes each slot with the rights of the data directory, and leaves nothing else', async () => {
    for (const [mode, directoryMode, fileMode] of [
      [0o700, '700', '600'],
      [0o750, '750', '640'],
    ] as const) {
      await using place = await withPlace(mode);
      const { dataDirectory, slots, identity } = place;
      const outcome = await installSlotFiles(
        dataDirectory,
        [
          { name: 'a', state: bytes('one') },
          { name: 'b', state: bytes('two') },
        ],
        identity,
      );
      assert.deepEqual(outcome, { installed: ['a', 'b'], failed: [] });
      assert.deepEqual((await readdir(slots)).toSorted(), ['a', 'b']);
      assert.deepEqual(await readdir(join(slots, 'a')), ['state']);
      assert.equal(await readFile(join(slots, 'b', 'state'), 'utf8'), 'two');
      assert.equal(await modesOf(slots, 'a'), directoryMode);
      assert.equal(await modesOf(slots, 'a', 'state'), fileMode);
    }
  });

  it('takes the place of a slot that was there, and of what a crash left', async () => {
    await using place = await withPlace();
    const { dataDirectory, slots, identity } = place;
    for (const name of ['a', 'a.tmp']) {
      await mkdir(join(slots, name));
      await writeFile(join(slots, name, 'state'), 'old');
      await writeFile(join(slots, name, 'xid-7-lsn-0-1.spill'), 'old');
    }
    const files = [{ name: 'a', state: bytes('new') }];
    assert.deepEqual((await installSlotFiles(dataDirectory, files, identity)).installed, ['a']);
    assert.deepEqual(await readdir(slots), ['a']);
    assert.deepEqual(await readdir(join(slots, 'a')), ['state']);
    assert.equal(await readFile(join(slots, 'a', 'state'), 'utf8'), 'new');
  });

  it('INV-15: says of each that fails why, and goes on with the others', async () => {
    await using place = await withPlace();
    const { dataDirectory, slots, identity } = place;
    const outcome = await installSlotFiles(
      dataDirectory,
      [
        { name: '../../evil', state: bytes('x') },
        { name: 'a', state: bytes('x') },
      ],
      identity,
    );
    assert.deepEqual(outcome.installed, ['a']);
    assert.deepEqual(
      outcome.failed.map(({ name }) => name),
      ['../../evil'],
    );
    assert.match(outcome.failed[0]?.why ?? '', /no name of a replication slot/u);
    assert.deepEqual(await readdir(slots), ['a']);
    assert.deepEqual(await readdir(join(dataDirectory, '..')), ['data']);
  });

  it('says so where there is no place for slots at all', async () => {
    await using directory = await temporaryDirectory();
    const files = [{ name: 'a', state: bytes('x') }];
    const outcome = await installSlotFiles(directory.path, files, await serverIdentity());
    assert.deepEqual(outcome.installed, []);
    assert.match(outcome.failed[0]?.why ?? '', /ENOENT/u);
  });

  it('writes through no link that the user of the server left there', async () => {
    await using place = await withPlace();
    const { dataDirectory, slots, identity } = place;
    const target = join(dataDirectory, '..', 'target');
    await mkdir(target);
    await writeFile(join(target, 'state'), 'theirs');
    await symlink(target, join(slots, 'a'));
    await symlink(target, join(slots, 'a.tmp'));
    const files = [{ name: 'a', state: bytes('new') }];
    assert.deepEqual((await installSlotFiles(dataDirectory, files, identity)).installed, ['a']);
    assert.equal(await readFile(join(target, 'state'), 'utf8'), 'theirs');
    assert.equal(await readFile(join(slots, 'a', 'state'), 'utf8'), 'new');
  });
});

describe('removeSlotDirectory()', () => {
  it('takes the slot and nothing else away, and is content where there is none', async () => {
    await using place = await withPlace();
    const { dataDirectory, slots, identity } = place;
    const files = ['a', 'b'].map((name) => ({ name, state: bytes(name) }));
    await installSlotFiles(dataDirectory, files, identity);
    await removeSlotDirectory(dataDirectory, 'a');
    await removeSlotDirectory(dataDirectory, 'a');
    assert.deepEqual(await readdir(slots), ['b']);
    await assert.rejects(removeSlotDirectory(dataDirectory, '..'), /no name/u);
  });
});
