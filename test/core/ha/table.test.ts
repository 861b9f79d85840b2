// The rule table as a table: well-formed, printed, and every rule of it reached by a world.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { decide, printTable, table } from '#core/ha/table.ts';
import { decisionReference } from '../../../scripts/generate/decision-reference.ts';
import { ruleSamples } from './rule-samples.ts';

test('rules are numbered once and in their order', () => {
  const ids = table.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    ids,
    ids.toSorted((one, other) => one - other),
  );
});

test('every rule says in one sentence why it is right', () => {
  for (const { id, why } of table) {
    assert.match(why, /^[A-Z][^.!?]{15,110}$/u, `rule ${id}: ${why}`);
  }
});

test('the print of the table is the one that was reviewed', async () => {
  const golden = await readFile(new URL('../../golden/ha-table.txt', import.meta.url), 'utf8');
  assert.equal(printTable(), golden, 'run `npm run generate` and look at what changed');
});

test('every rule has a row in the reference page', () => {
  const page = decisionReference();
  for (const { id, why } of table) assert.ok(page.includes(`| ${id} | ${why} |`), `rule ${id}`);
});

test('every rule has a world in which it decides', () => {
  const ids = table.map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => !ruleSamples.has(id)),
    [],
    'rules without a sample',
  );
  assert.deepEqual(
    [...ruleSamples.keys()].filter((id) => !ids.includes(id)),
    [],
    'samples of rules that are gone',
  );
});

for (const [id, sample] of ruleSamples) {
  test(`rule ${id} decides in its world`, () => {
    const { rule, why, step } = decide(sample());
    assert.equal(rule, id, `${why}: ${JSON.stringify(step, bigints)}`);
  });
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
