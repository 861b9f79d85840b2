// Where charms come from and where their files go: archives, refreshes, resources, storage, secrets, several models.

import assert from 'node:assert/strict';
import {
  createWriteStream,
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';

import { ZipFile } from 'yazl';

import { charmsDir, withModel } from './with-model.ts';

/** Packs files, given as path to [content, mode], into an archive. */
async function pack(
  archive: string,
  files: Readonly<Record<string, readonly [string, number]>>,
): Promise<string> {
  const zip = new ZipFile();
  for (const [path, [content, mode]] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(content), path, { mode });
  }
  zip.end();
  await finished(zip.outputStream.pipe(createWriteStream(archive)));
  return archive;
}

const read = (path: string): string => readFileSync(join(charmsDir, 'shell-hooks', path), 'utf8');

const archived = {
  'metadata.yaml': [read('metadata.yaml'), 0o100644],
  'manifest.yaml': [read('manifest.yaml'), 0o100644],
  'hooks/install': ['#!/bin/sh\nstatus-set active "from an archive"\n', 0o100644],
  'lib/data': ['1', 0o100640],
  'lib/link': ['data', 0o120777],
} as const;

test('F60, F61, F62, F66: an archive is unpacked with its modes and links, hooks become executable', async () => {
  await withModel(async ({ juju, inCharm, stateDir }) => {
    const path = await pack(join(stateDir, '../a.charm'), archived);

    const { charmUrl } = await juju.deploy({ path });
    const model = await juju.settled();

    assert.equal(charmUrl, 'local:shell-hooks-0');
    assert.equal(model.units['shell-hooks/0']?.workloadStatus.message, 'from an archive');
    const at = (name: string): string => inCharm('shell-hooks/0', name);
    assert.equal(statSync(at('lib/data')).mode & 0o777, 0o640);
    assert.equal(lstatSync(at('lib/link')).isSymbolicLink(), true);
    assert.equal(readFileSync(at('lib/link'), 'utf8'), '1');
    assert.equal(readFileSync(at('revision'), 'utf8'), '0\n');
  });
});

test('what is no charm is refused in a sentence and leaves nothing behind', async () => {
  await withModel(async ({ juju, charm, stateDir }) => {
    const base = join(stateDir, '..');
    const refused = async (path: string, reason: RegExp): Promise<void> => {
      await assert.rejects(juju.deploy({ path }), reason);
    };
    const { 'metadata.yaml': metadata, 'manifest.yaml': manifest } = archived;
    await refused(
      await pack(join(base, 'b'), { 'a.txt': ['', 0o100644] }),
      /"metadata.yaml" not found/u,
    );
    const bare = { 'metadata.yaml': metadata, 'manifest.yaml': manifest };
    await refused(await pack(join(base, 'c'), bare), /no hooks nor dispatch file/u);
    const escaping = { ...archived, 'lib/link': ['../../x', 0o120777] } as const;
    await refused(await pack(join(base, 'd'), escaping), /symlink "lib\/link" links out of charm/u);
    const absolute = { ...archived, 'lib/link': ['/etc/passwd', 0o120777] } as const;
    await refused(await pack(join(base, 'e'), absolute), /symlink "lib\/link" is absolute/u);
    const device = { ...archived, 'lib/data': ['', 0o060644] } as const;
    await refused(await pack(join(base, 'f'), device), /neither a file, a folder nor a symlink/u);
    writeFileSync(join(base, 'g'), 'this is no zip');
    await refused(join(base, 'g'), /cannot read ".*" as a charm archive/u);
    await refused(join(base, 'nowhere'), /no charm was found/u);
    const linked = charm('shell-dispatch');
    symlinkSync('../../../etc', join(linked, 'out'));
    await refused(linked, /symlink "out" links out of charm/u);
    await assert.rejects(
      juju.deploy({ path: charm('shell-dispatch'), config: { greting: 'x' } }),
      /unknown option "greting"/u,
    );
    await assert.rejects(
      juju.deploy({ path: charm('shell-dispatch'), application: 'x'.repeat(80) }),
      /too long here/u,
    );

    assert.deepEqual((await juju.model()).applications, {});
    assert.deepEqual((await juju.settled()).units, {});
  });
});

test("L34, L35: a refresh replaces the charm's files, removes those it lost, keeps what the charm made", async () => {
  await withModel(async ({ juju, charm, inCharm, trace }) => {
    const old = charm('shell-dispatch', {
      'steps/install': 'echo kept > "$CHARM_DIR/data"; mkdir -p "$CHARM_DIR/old/own"\n',
      'old/gone': 'x',
      'both/was-file': 'x',
      swap: 'a file',
    });
    await juju.deploy({ path: old });
    await juju.settled();
    const unit = 'shell-dispatch/0';
    const before = (await trace(unit)).length;

    const url = await juju.refresh(
      'shell-dispatch',
      charm('shell-dispatch', { 'new/here': 'y', 'both/was-file': 'z', 'swap/inside': 'a folder' }),
    );
    const model = await juju.settled();

    assert.equal(url, 'local:shell-dispatch-1');
    assert.equal(model.units[unit]?.uniter.charmUrl, url);
    assert.deepEqual((await trace(unit)).slice(before), ['upgrade-charm', 'config-changed']);
    assert.equal(existsSync(inCharm(unit, 'old/gone')), false);
    assert.equal(
      existsSync(inCharm(unit, 'old/own')),
      true,
      "a folder with the charm's own things stays",
    );
    assert.equal(existsSync(inCharm(unit, 'steps')), false);
    assert.equal(readFileSync(inCharm(unit, 'data'), 'utf8'), 'kept\n');
    assert.equal(readFileSync(inCharm(unit, 'both/was-file'), 'utf8'), 'z');
    assert.equal(readFileSync(inCharm(unit, 'swap/inside'), 'utf8'), 'a folder');
    assert.equal(readFileSync(inCharm(unit, 'revision'), 'utf8'), '1\n');
  });
});

test("H230, H196: a charm reads its resource and the user's secret; without the resource the tool fails", async () => {
  await withModel(async ({ juju, charm, stateDir }) => {
    const notes = join(stateDir, '../notes');
    writeFileSync(notes, 'the notes');
    const path = charm('shell-dispatch', {
      'steps/start': 'status-set maintenance x; cat "$(resource-get notes)" > "$CHARM_DIR/got"\n',
    });
    await assert.rejects(
      juju.deploy({ path, resources: { other: notes } }),
      /unrecognized resource "other"/u,
    );
    await juju.deploy({ path, resources: { notes } });
    await juju.settled();
    const got = await juju.exec('shell-dispatch/0', 'cat "$CHARM_DIR/got"');
    assert.equal(got.results['stdout'], 'the notes');

    await juju.deploy({ path, application: 'without' });
    await juju.settled();
    const missing = await juju.exec('without/0', 'resource-get notes');
    assert.equal(missing.results['return-code'], 1);
    assert.match(String(missing.results['stderr']), /^ERROR could not download resource/u);

    const content = { password: 'tea' };
    const { secret } = await juju.call('add-secret', { name: 'mine', content, description: '' });
    await juju.call('grant-secret', { secret: 'mine', applications: ['without'] });
    const shown = await juju.exec('without/0', `secret-get ${secret} password`);
    assert.equal(shown.results['stdout'], 'tea\n');
    const denied = await juju.exec('shell-dispatch/0', `secret-get ${secret} password`);
    assert.equal(denied.results['return-code'], 1);
  });
});

test('storage is a directory of the machine, there before install and gone with it', async () => {
  await withModel(async ({ juju, charm, stateDir }) => {
    const path = charm('shell-dispatch', {
      'steps/pgdata-storage-attached':
        'touch "$(storage-get location)/mark"; [ "$JUJU_STORAGE_LOCATION" = "$(storage-get location)" ]\n',
    });
    await juju.deploy({ path });
    const model = await juju.settled();

    const location = model.storage['pgdata/0']?.location ?? '';
    assert.equal(location, join(stateDir, 'm/0/storage/pgdata/0'));
    assert.equal(existsSync(join(location, 'mark')), true);
    // A service that is not root must get there.
    for (const folder of ['', 'm', 'm/0', 'm/0/storage', 'm/0/unit-shell-dispatch-0']) {
      assert.equal(
        statSync(join(stateDir, folder)).mode & 0o001,
        1,
        `${folder} can be passed through`,
      );
    }
    for (const secret of ['model.db', 'controller.sock', 'm/0/run.socket']) {
      assert.equal(
        statSync(join(stateDir, secret)).mode & 0o077,
        0,
        `${secret} is for its owner only`,
      );
    }
    await juju.removeUnit('shell-dispatch/0');
    await juju.settled();
    assert.equal(existsSync(location), false);
  });
});

test('two models at once have addresses of their own and know nothing of each other', async () => {
  await withModel(async (left) => {
    await withModel(async (right) => {
      for (const { juju, charm } of [left, right])
        await juju.deploy({ path: charm('shell-dispatch') });
      const models = await Promise.all([left.juju.settled(), right.juju.settled()]);

      const addresses = models.map((model) => model.machines['0']?.address ?? '');
      assert.match(addresses[0] ?? '', /^127\.\d+\.\d+\.10$/u);
      assert.notEqual(addresses[0], addresses[1]);
    });
    assert.equal(
      (await left.juju.settled()).units['shell-dispatch/0']?.workloadStatus.status,
      'active',
    );
  });
});
