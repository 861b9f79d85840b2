// How often pg_controldata is run: each run is a process, and a standby asks for the control file in every turn.

import assert from 'node:assert/strict';
import { chmod, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { installedBinDirectory, temporaryDirectory } from '../pg/with-postgres.ts';
import { withMember } from './with-member.ts';

interface CountedPrograms extends AsyncDisposable {
  readonly path: string;
  /** How often pg_controldata was run so far. */
  runs(): Promise<number>;
}

/** The installed programs, with one in the place of pg_controldata that notes each run. */
async function countedPrograms(): Promise<CountedPrograms> {
  const installed = await installedBinDirectory();
  const directory = await temporaryDirectory();
  const note = join(directory.path, 'runs');
  await writeFile(note, '');
  await chmod(note, 0o666);
  for (const name of await readdir(installed)) {
    const place = join(directory.path, name);
    if (name !== 'pg_controldata') await symlink(join(installed, name), place);
    else {
      const words = `#!/bin/sh\necho run >> '${note}'\nexec '${installed}/${name}' "$@"\n`;
      await writeFile(place, words, { mode: 0o755 });
    }
  }
  return {
    path: directory.path,
    runs: async () => (await readFile(note, 'utf8')).split('\n').length - 1,
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  };
}

it('runs pg_controldata again once the control file is another one, and not before', async () => {
  await using programs = await countedPrograms();
  await using one = await withMember('one', { bin_dir: programs.path });
  await one.initialize();
  const { observer } = one.member;
  const before = (await one.member.observe()).control;
  assert.equal((await observer.control())?.systemId, before?.systemId);
  const runs = await programs.runs();

  for (let turn = 0; turn < 3; turn += 1) {
    await one.member.observe();
    await observer.control();
  }
  assert.equal(await programs.runs(), runs);

  assert.equal(await one.member.checkpoint(), true);
  const seen = (await one.member.observe()).control;
  assert.ok(seen && before && seen.checkpointLsn > before.checkpointLsn, 'the server tells it');
  const read = await observer.control();
  assert.equal(read?.checkpointLsn, seen.checkpointLsn);
  assert.equal(await programs.runs(), runs + 1);
});
