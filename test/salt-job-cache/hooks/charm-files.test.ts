// Both charms of this source as Juju reads them: the same options and actions, one of them a subordinate.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import { readCharm } from '#core/juju/charm-files.ts';
import { charm } from '#salt-job-cache/hooks/charm.ts';
import { actionNames, configDefaults } from '#salt-job-cache/hooks/charm-files.gen.ts';

function charmOf(metadata: string): CharmDefinition {
  const text = (name: string): string =>
    readFileSync(new URL(`../../../salt-job-cache/${name}`, import.meta.url), 'utf8');
  return readCharm(
    {
      metadata: text(metadata),
      config: text('config.yaml'),
      actions: text('actions.yaml'),
      manifest: text('manifest.yaml'),
    },
    { revision: 0 },
  );
}

const alone = charmOf('metadata.yaml');
const beside = charmOf('subordinate/metadata.yaml');

test('Juju takes both, and they differ in where their units come from only', () => {
  assert.deepEqual([alone.subordinate, beside.subordinate], [false, true]);
  const { host, ...others } = beside.endpoints;
  assert.deepEqual(others, alone.endpoints);
  assert.deepEqual([host?.interface, host?.scope], ['juju-info', 'container']);
  assert.equal(beside.name, `${alone.name}-subordinate`);
});

test('every option has a default and a description, every action one who runs it', () => {
  for (const [name, option] of Object.entries(alone.config)) {
    assert.ok((option.description ?? '').length > 20, name);
    assert.ok(Object.hasOwn(configDefaults, name), name);
  }
  const known = [...Object.keys(charm.actions ?? {}), 'explain'].sort();
  assert.deepEqual([...actionNames].sort(), known);
});
