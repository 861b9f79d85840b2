import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Report } from '../../../bench/figure.ts';
import { sectionOf, withSection } from '../../../bench/report/document.ts';

const document =
  'before\n<!-- bench:one -->\nold\n<!-- end of bench:one -->\nbetween\n<!-- bench:two -->\n<!-- end of bench:two -->\nafter\n';

const report: Report = {
  name: 'one',
  data: {},
  tables: '| a |',
  isComplete: true,
  circumstances: {
    commit: '0123456789ab',
    isChanged: false,
    node: 'v26.10.0',
    processor: 'A processor',
    cores: 2,
  },
  load: { before: 0.25, after: 1 },
};

test('replaces what stood between the marks of its figure, and nothing else', () => {
  const written = withSection(document, 'one', 'new');
  assert.equal(
    written,
    'before\n<!-- bench:one -->\n\nnew\n\n<!-- end of bench:one -->\nbetween\n<!-- bench:two -->\n<!-- end of bench:two -->\nafter\n',
  );
});

test('writing the same section twice is writing it once', () => {
  fc.assert(
    fc.property(fc.string(), (content) => {
      fc.pre(!content.includes('<!--'));
      const once = withSection(document, 'two', content);
      assert.equal(withSection(once, 'two', content), once);
    }),
  );
});

test('refuses a document that has no place for the figure, and says which line it lacks', () => {
  assert.throws(() => withSection(document, 'three', 'new'), /no line '<!-- bench:three -->'/u);
  assert.throws(
    () => withSection('<!-- end of bench:one --><!-- bench:one -->', 'one', 'new'),
    /no line '<!-- bench:one -->'/u,
  );
});

test('the published document has a place for each figure', () => {
  const published = readFileSync(
    new URL('../../../docs/reference/benchmarks.md', import.meta.url),
    'utf8',
  );
  for (const name of ['hook', 'clients']) withSection(published, name, '');
});

test('a section says on what it was measured, and by which commit', () => {
  assert.equal(
    sectionOf(report),
    '| a |\n\nMeasured with Node v26.10.0 on 2 × A processor, load 0.3 before and 1.0 after, commit 0123456789ab.',
  );
});

test('a section does not pass a changed checkout off as its commit, nor make one up', () => {
  const { circumstances } = report;
  const changed = sectionOf({ ...report, circumstances: { ...circumstances, isChanged: true } });
  assert.ok(changed.endsWith('commit 0123456789ab with changes.'));
  const unknown = sectionOf({ ...report, circumstances: { ...circumstances, commit: null } });
  assert.ok(unknown.endsWith('1.0 after.'));
});
