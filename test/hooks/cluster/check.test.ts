// Parameters are looked at by the real server's programs before an agent gets them.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { check } from '#hooks/cluster/check.ts';
import { installedBinDirectory } from '../../adapters/pg/with-postgres.ts';

async function verdict(parameters: Readonly<Record<string, string>>): Promise<string> {
  const binDirectory = await installedBinDirectory();
  const { ok, problem } = await check({ command: 'check', binDirectory, parameters });
  assert.equal(ok, problem === null);
  return problem?.message ?? 'fine';
}

test('what the server takes is fine, and what it does not is told in its words', async () => {
  assert.equal(await verdict({}), 'fine');
  assert.equal(await verdict({ work_mem: '16MB', 'my_extension.level': "it's" }), 'fine');
  assert.match(
    await verdict({ work_mem: '16XB' }),
    /invalid value for parameter "work_mem": "16XB"/,
  );
  assert.match(
    await verdict({ no_such_parameter: '1' }),
    /unrecognized configuration parameter "no_such_parameter"/,
  );
  assert.match(await verdict({ max_connections: '9999999' }), /max_connections/);
  assert.match(await verdict({ port: '1' }), /Cannot set port .* the charm decides it/);
  assert.match(await verdict({ 'a\nb': '1' }), /its name is to be letters/);
});

test('nothing is left behind', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('pg-check-'));
  await verdict({ work_mem: '16XB' });

  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('pg-check-'));
  assert.deepEqual(
    after.filter((name) => !before.includes(name)),
    [],
  );
});
