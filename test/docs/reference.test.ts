// The generated pages hold what they are made from, and the example pages run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cliReference } from '../../scripts/generate/cli-reference.ts';
import { errorReference } from '../../scripts/generate/error-reference.ts';
import { flagReference, ownFlags } from '../../scripts/generate/flag-reference.ts';

test('every verb has a section, those of fault too, and the controller process has none', () => {
  const page = cliReference();

  for (const verb of ['bootstrap', 'deploy', 'integrate', 'exec', 'fault', 'fault fail-hook']) {
    assert.match(page, new RegExp(`^### juju-local ${verb}$`, 'mu'));
  }
  assert.doesNotMatch(page, /^### juju-local controller$/mu);
  assert.match(page, /Also called: `relate`\./u);
});

test('the page of the command line is the same whatever the terminal', () => {
  const { columns } = process.stdout;
  process.stdout.columns = 40;
  try {
    const narrow = cliReference();
    process.stdout.columns = 200;
    assert.equal(cliReference(), narrow);
  } finally {
    process.stdout.columns = columns;
  }
});

test('every error code has a row', () => {
  const page = errorReference();

  for (const code of ['PORT_IN_USE', 'INVALID_OFFER', 'NOT_SETTLED', 'notLeader', 'corrupt']) {
    assert.ok(page.includes(`| \`${code}\` |`), code);
  }
});

test("a charm's own flags are read with their comments, and families are left out", () => {
  const source = "export type Flag =\n  /** It runs. */\n  | 'app.running'\n  | `db.${'a' | 'b'}`;";

  assert.deepEqual(ownFlags(source), [['app.running', 'It runs.']]);
  assert.match(
    flagReference([['app', source]]),
    /## The charm app\n\n.*\n.*\n\| `app.running` \| It runs. \|/u,
  );
});
