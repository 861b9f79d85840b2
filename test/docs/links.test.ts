// Links and paths in the documentation lead somewhere.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { dirname, join } from 'node:path';

import { pages, prose, root } from './pages.ts';
import type { TextFile } from './pages.ts';

/** The anchor a heading gets: lower case, blanks to hyphens, everything else but letters left out. */
function anchors(text: string): ReadonlySet<string> {
  return new Set(
    [...prose(text).matchAll(/^#+ (.+)$/gmu)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

interface Link {
  readonly page: TextFile;
  readonly target: string;
}

function links(): readonly Link[] {
  return pages().flatMap((page) =>
    [...prose(page.text).matchAll(/\]\((?<target>[^)\s]+)\)/gu)].map((match) => ({
      page,
      target: match.groups?.['target'] ?? '',
    })),
  );
}

const isElsewhere = (target: string): boolean => /^[a-z]+:/u.test(target);

test('every relative link leads to a file or folder', () => {
  const found = links().filter(({ target }) => !isElsewhere(target) && !target.startsWith('#'));
  const dead = found.filter(({ page, target }) => {
    const [path = ''] = target.split('#', 1);
    return !existsSync(join(root, dirname(page.path), path));
  });

  assert.ok(found.length > 50, 'the pattern finds what it looks for');
  assert.deepEqual(
    dead.map(({ page, target }) => `${page.path}: ${target}`),
    [],
  );
});

test('every anchor of a link is a heading of its page', () => {
  const byPath = new Map(pages().map((page) => [page.path, page]));
  const dead = links().filter(({ page, target }) => {
    const [path, anchor] = target.split('#', 2);
    if (isElsewhere(target) || anchor === undefined) return false;
    const other = path === '' ? page : byPath.get(join(dirname(page.path), path ?? ''));
    return other === undefined || !anchors(other.text).has(anchor);
  });

  assert.deepEqual(
    dead.map(({ page, target }) => `${page.path}: ${target}`),
    [],
  );
});

/** Folders of the repository by which a path in backticks is known to be one of ours. */
const ours =
  /^(?:bench|bin|charm|docs|hooks|interfaces|salt-job-cache|scripts|src|test|build)\/[\w./-]*$/u;

test('every path of this repository named in a text is there', () => {
  const named = pages().flatMap((page) =>
    [...prose(page.text).matchAll(/`(?<path>[^`\s]+)`/gu)]
      .map((match) => ({ page, path: match.groups?.['path'] ?? '' }))
      .filter(({ path }) => ours.test(path) && !path.startsWith('build/')),
  );
  const dead = named.filter(({ path }) => !existsSync(root + path));

  assert.ok(named.length > 20, 'the pattern finds what it looks for');
  assert.deepEqual(
    dead.map(({ page, path }) => `${page.path}: ${path}`),
    [],
  );
});
