// Installing PostgreSQL, with an apt-get of the test's own.

import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageName, withoutMainCluster } from '#adapters/postgres-server/packages.ts';
import type { Machine } from '#hooks/setup/install.ts';
import { install } from '#hooks/setup/install.ts';
import { temporaryDirectory } from '../../adapters/pg/with-postgres.ts';

/** A machine whose apt-get notes how it is called and runs `script`. */
async function machine(
  path: string,
  script: string,
): Promise<Machine & { readonly told: string[] }> {
  const aptGet = join(path, 'apt-get');
  const note = `echo "$DEBIAN_FRONTEND $*" >> ${path}/calls`;
  await writeFile(aptGet, `#!/bin/sh\nROOT=${path}/postgresql\n${note}\n${script}\n`);
  await chmod(aptGet, 0o755);
  const told: string[] = [];
  return {
    installationRoot: join(path, 'postgresql'),
    aptGet,
    createClusterFile: join(path, 'etc', 'createcluster.conf'),
    isRoot: true,
    report: (sentence) => told.push(sentence),
    told,
  };
}

/** What the package of version 15 puts on the machine, as far as we look at it. */
const installs = `
if [ "$3" = install ]; then
  mkdir -p $ROOT/15/bin
  cp $ROOT/../etc/createcluster.conf $ROOT/../seen
  cd $ROOT/15/bin
  for name in postgres initdb pg_ctl pg_controldata; do
    printf '#!/bin/sh\\necho "postgres (PostgreSQL) 15.3"\\n' > $name && chmod 755 $name
  done
fi`;

test("a missing server is installed, without a cluster of Debian's own", async () => {
  await using directory = await temporaryDirectory();
  const fake = await machine(directory.path, installs);
  const answer = await install({ command: 'install', version: '15' }, fake);
  assert.deepEqual(answer, {
    ok: true,
    did: ['Installed package postgresql-15'],
    version: '15.3',
    binDirectory: join(directory.path, 'postgresql', '15', 'bin'),
    problem: null,
  });
  const calls = (await readFile(join(directory.path, 'calls'), 'utf8')).trim().split('\n');
  assert.match(calls[0] ?? '', /^noninteractive -o DPkg::Lock::Timeout=300 update$/u);
  assert.match(calls[1] ?? '', /install --yes .* postgresql-15$/u);
  // It was there when the package was installed, which is when it matters.
  const seen = await readFile(join(directory.path, 'seen'), 'utf8');
  assert.match(seen, /^create_main_cluster = false$/mu);
  assert.equal(fake.told.length, 2);

  const again = await install({ command: 'install', version: '' }, fake);
  assert.deepEqual([again.ok, again.did, again.version], [true, [], '15.3']);
  assert.equal(calls.length, 2);
});

test('an apt-get that fails is told in its own words', async () => {
  await using directory = await temporaryDirectory();
  const fake = await machine(directory.path, 'echo "E: no network" >&2; exit 100');
  const answer = await install({ command: 'install', version: '' }, fake);
  assert.equal(answer.problem?.code, 'INSTALL_FAILED');
  assert.match(answer.problem.message, /package postgresql:.*E: no network; E: no network/u);
});

test('a package that brings no server is not taken for one', async () => {
  await using directory = await temporaryDirectory();
  const answer = await install(
    { command: 'install', version: '15' },
    await machine(directory.path, 'exit 0'),
  );
  assert.equal(answer.problem?.code, 'INSTALL_FAILED');
});

test('who is not root is told the command to run', async () => {
  await using directory = await temporaryDirectory();
  const fake = { ...(await machine(directory.path, 'exit 0')), isRoot: false };
  const answer = await install({ command: 'install', version: '15' }, fake);
  assert.equal(answer.problem?.code, 'NOT_INSTALLED');
  assert.equal(answer.problem.hint, 'Run: sudo apt-get install postgresql-15');
});

test('what is no version never gets near apt-get', async () => {
  await using directory = await temporaryDirectory();
  const fake = await machine(directory.path, 'exit 0');
  for (const version of ['15; reboot', '-o', 'latest', '../15', '15 ']) {
    const answer = await install({ command: 'install', version }, fake);
    assert.equal(answer.problem?.code, 'INPUT_INVALID', version);
  }
});

test('the setting replaces the one that is there and leaves the rest of the file', () => {
  assert.equal(
    withoutMainCluster(
      '# Default\n#create_main_cluster = true\nssl = on\ncreate_main_cluster=true\n',
    ),
    'create_main_cluster = false\n# Default\nssl = on\n',
  );
  assert.equal(withoutMainCluster(''), 'create_main_cluster = false\n');
  const once = withoutMainCluster('a = b\n');
  assert.equal(withoutMainCluster(once), once);
  assert.equal(packageName(''), 'postgresql');
});
