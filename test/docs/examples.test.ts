// The charm of the tutorial and the test of the how-to page, as they stand in the text, run as they say.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { filesMatching, root } from './pages.ts';

/** The blocks of a page in one language, in their order. */
function blocks(path: string, language: string): readonly string[] {
  const [page] = filesMatching([path]);
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gmsu');
  return [...(page?.text ?? '').matchAll(pattern)].map((match) => match[1] ?? '');
}

test('the test on the how-to page passes on the charm of the tutorial', (t) => {
  // Below the root, where the imports that begin with # are known.
  mkdirSync(join(root, '.cache'), { recursive: true });
  const directory = mkdtempSync(join(root, '.cache/shop-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const yaml = blocks('docs/tutorial.md', 'yaml');
  const parts: Readonly<Record<string, string | undefined>> = {
    'metadata.yaml': yaml[0],
    'manifest.yaml': yaml[1],
    'config.yaml': yaml[2],
    'charm.ts': blocks('docs/tutorial.md', 'ts')[0],
    'charm.test.ts': blocks('docs/how-to/test-a-charm.md', 'ts')[0],
  };
  for (const [name, text] of Object.entries(parts)) {
    assert.ok(text !== undefined, `${name} is in the text`);
    writeFileSync(join(directory, name), text);
  }

  // A test that runs tests: the variable by which the inner one would take itself for a part of this.
  const { NODE_TEST_CONTEXT: _none, ...env } = process.env;
  const done = spawnSync(process.execPath, ['--test', join(directory, 'charm.test.ts')], {
    encoding: 'utf8',
    env,
  });

  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /pass 1\b/u);
});
