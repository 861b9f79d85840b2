// An id such as E60 in a comment or a test's name is only as good as the page that says what it means.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { filesMatching } from './pages.ts';
import type { TextFile } from './pages.ts';

const sources = [
  '{bin,bench,charm,hooks,interfaces,salt-job-cache,scripts,src,test}/**/*.{ts,pl,sh}',
  '{,salt-job-cache/}dispatch',
];

/** What a line says to a reader: a comment, or the name of a test. */
function spoken(line: string): string {
  const comment = /(?:^|\s)(?:\/\/|\/?\*+|#!?)(?<text>.*)$/u.exec(line)?.groups?.['text'] ?? '';
  const name = /\btest\(\s*['"`](?<text>.*)$/u.exec(line)?.groups?.['text'] ?? '';
  const alone = /^\s*['"`](?<text>[A-Z]\d+[^'"`]*: .*)['"`],$/u.exec(line)?.groups?.['text'] ?? '';
  return `${comment} ${name} ${alone}`;
}

/** Ids in a text. `L41.1` and `L20d` are steps of L41 and L20; `L42b` is an id of its own. */
function idsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?<id>[ELHFDKWQT]\d{1,3}[a-z]?)\b(?!-)/gu)].map(
    (match) => match.groups?.['id'] ?? '',
  );
}

/** The ids a page explains: each opens a line of its list. */
function explained(path: string, pattern: RegExp): ReadonlySet<string> {
  const [page] = filesMatching([path]);
  return new Set([...(page?.text ?? '').matchAll(pattern)].map((match) => match[1] ?? ''));
}

const contract = explained('docs/explanation/juju-contract.md', /^- \*\*([A-Z]\d+[a-z]?)\*\* /gmu);
const traps = explained('docs/explanation/pgsql-traps.md', /^- \*\*(T\d+b?)\*\* /gmu);

function isExplained(id: string): boolean {
  const known = new Set([...contract, ...traps, 'W0']);
  return known.has(id) || known.has(id.replace(/[a-z]$/u, ''));
}

function unexplained({ path, text }: TextFile): readonly string[] {
  return text.split('\n').flatMap((line, index) =>
    idsIn(spoken(line))
      .filter((id) => !isExplained(id))
      .map((id) => `${path}:${index + 1} ${id}`),
  );
}

test('every id in a comment or a test name is explained', () => {
  const missing = filesMatching(sources).flatMap(unexplained);

  assert.deepEqual(missing, [], 'explain them in docs/explanation/juju-contract.md');
});

test('no id is explained twice, and none of a range is left out', () => {
  const [page] = filesMatching(['docs/explanation/juju-contract.md']);
  const all = [...(page?.text ?? '').matchAll(/^- \*\*([A-Z]\d+[a-z]?)\*\* /gmu)].map(
    (match) => match[1],
  );

  assert.equal(all.length, contract.size);
  for (const name of ['E60', 'L41', 'H72', 'D3', 'F61', 'K8', 'W3', 'Q1']) {
    assert.ok(contract.has(name), name);
  }
});

test('the traps of the pgsql protocol are all there', () => {
  const wanted = [...Array.from({ length: 60 }, (_, index) => `T${index + 1}`), 'T34b'];

  assert.deepEqual([...traps].sort(), wanted.sort());
});

test('sections that comments name by number have a heading', () => {
  const [page] = filesMatching(['docs/explanation/juju-contract.md']);
  const text = page?.text ?? '';
  const named = filesMatching(['src/core/juju/**/*.ts', 'test/core/juju/**/*.ts']).flatMap((file) =>
    [...file.text.matchAll(/(?:\(|test\(['"`])(3\.\d{1,2})(?:\)|, |:)/gu)].map((match) => match[1]),
  );

  assert.ok(named.length > 10, 'the pattern finds what it looks for');
  for (const section of new Set(named)) {
    const number = Number(section?.slice(2));
    const ranges = [...text.matchAll(/^### 3\.(\d+)(?: to 3\.(\d+))? /gmu)];
    const isThere = ranges.some(
      ([, from, to]) => Number(from) <= number && number <= Number(to ?? from),
    );
    assert.ok(isThere, `section ${section}`);
  }
});
