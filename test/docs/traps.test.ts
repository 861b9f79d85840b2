// The pages about traps promise tests by file and name. A test that was renamed or dropped shows here.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { filesMatching } from './pages.ts';

/** `[file](../../test/file.test.ts) “name of the test”` */
const promise = /\]\(\.\.\/\.\.\/(?<path>test\/[^)]+)\) “(?<name>[^”]+)”/gu;

interface Promised {
  readonly page: string;
  readonly path: string;
  readonly name: string;
}

function promised(): readonly Promised[] {
  return filesMatching(['docs/explanation/*-traps.md']).flatMap((page) =>
    [...page.text.matchAll(promise)].map((match) => ({
      page: page.path,
      path: match.groups?.['path'] ?? '',
      name: match.groups?.['name'] ?? '',
    })),
  );
}

test('every test the pages about traps name is there, under that name', () => {
  const all = promised();
  const broken = all.filter(({ path, name }) => {
    const [file] = filesMatching([path]);
    // In the source an apostrophe may stand behind a backslash.
    return !(file?.text ?? '').replaceAll("\\'", "'").includes(name);
  });

  assert.ok(all.length > 100, 'the pattern finds what it looks for');
  assert.deepEqual(broken, []);
});

test('every trap names a test, but for the one that has no subject yet', () => {
  const lines = filesMatching(['docs/explanation/*-traps.md']).flatMap((page) =>
    page.text.split('\n').filter((line) => /^(?:- \*\*T|\d+\. \*\*)/u.test(line)),
  );
  const bare = lines.filter((line) => !line.includes('.test.ts)'));

  assert.equal(lines.length, 61 + 35);
  assert.deepEqual(
    bare.map((line) => line.slice(0, 9)),
    ['- **T56**'],
  );
});
