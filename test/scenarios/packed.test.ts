// The charms as they are shipped: .charm files with their own Node, deployed from the archive.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack } from '../../scripts/pack.ts';
import { withModel } from '../juju-local/with-model.ts';
import { readArchive } from '../scripts/read-archive.ts';
import { built, scenarioTimeoutMs, settled, statusOf } from './suite.ts';

test('F60, F61: both .charm files deploy and work, Node runtime and executable bit included', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  chmodSync(folder, 0o755);
  try {
    const archives = { postgresql: '', 'salt-job-cache': '' };
    for (const name of ['postgresql', 'salt-job-cache'] as const) {
      archives[name] = join(folder, `${name}.charm`);
      await pack(await built(name), archives[name]);
      const entries = new Map(
        (await readArchive(archives[name])).map((entry) => [entry.name, entry.mode & 0o777]),
      );
      assert.equal(entries.get('dispatch'), 0o755);
      assert.equal(entries.get('bin/node'), 0o755);
      for (const file of [
        'metadata.yaml',
        'manifest.yaml',
        'config.yaml',
        'actions.yaml',
        'charm.cjs',
        'charm.js',
        'charm.cache',
      ]) {
        assert.equal(entries.get(file), 0o644, file);
      }
    }
    await withModel(async ({ juju }) => {
      await juju.deploy({ path: archives.postgresql });
      await juju.deploy({ path: archives['salt-job-cache'] });
      await juju.integrate('salt-job-cache:db', 'postgresql:db');
      const model = await settled(juju);
      assert.match(statusOf(model, 'postgresql/0'), /^active: Primary/);
      assert.match(statusOf(model, 'salt-job-cache/0'), /^active: Job cache/);
      const check = await juju.run(
        'salt-job-cache/0',
        'check',
        {},
        { timeoutMs: scenarioTimeoutMs },
      );
      assert.equal(check.status, 'completed', check.message);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
