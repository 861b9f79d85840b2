import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globPattern, kindOf, tagFilter } from '#salt-job-cache/src/ingest/classify.ts';

test('tells by its tag what an event is about', () => {
  const kinds: readonly (readonly [tag: string, kind: string])[] = [
    ['salt/job/20240102030405678901/new', 'job'],
    ['salt/job/20240102030405678901/ret/web1', 'return'],
    ['salt/run/20240102030405678901/ret', 'runner'],
    ['salt/run/20240102030405678901/new', 'other'],
    ['salt/wheel/20240102030405678901/ret', 'other'],
    ['salt/job/20240102030405678901/prog/web1/0', 'other'],
    ['salt/job/20240102030405678901/sub/web1/error/state.apply', 'other'],
    ['20240102030405678901', 'other'],
    ['minion/refresh/web1', 'other'],
    ['', 'other'],
  ];
  for (const [tag, kind] of kinds) assert.equal(kindOf(tag), kind, tag);
});

test('reads globs as Python’s fnmatch does', () => {
  const cases: readonly (readonly [glob: string, tag: string, matches: boolean])[] = [
    ['salt/job/*', 'salt/job/1/ret/a', true],
    ['salt/job/*/new', 'salt/job/1/new', true],
    ['*', '', true],
    ['?', 'é', true],
    ['a?c', 'a\nc', true],
    ['[ab]c', 'bc', true],
    ['[!ab]c', 'bc', false],
    ['[!ab]c', 'xc', true],
    ['[a-c]', 'b', true],
    ['[c-a]', 'b', false],
    ['[]]', ']', true],
    ['[', '[', true],
    ['[^a]', '^', true],
    ['a.c', 'abc', false],
    ['a+(b)|c', 'a+(b)|c', true],
    ['salt/job', 'salt/job/1', false],
    [String.raw`a\*`, String.raw`a\b`, true],
  ];
  for (const [glob, tag, matches] of cases) {
    assert.equal(globPattern(glob).test(tag), matches, `${glob} on ${JSON.stringify(tag)}`);
  }
});

test('any text is a glob, and one without special characters matches itself alone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (glob, tag) => {
      const pattern = globPattern(glob);
      if (/[*?[]/u.test(glob)) return;
      assert.equal(pattern.test(glob), true);
      assert.equal(pattern.test(tag), tag === glob);
    }),
  );
});

test('keeps what is allowed and not denied; without a filter nothing', () => {
  assert.equal(tagFilter(null)('salt/auth'), false);
  assert.equal(tagFilter({ allow: [], deny: [] })('salt/auth'), true);
  const filter = tagFilter({ allow: ['salt/*', 'my/*'], deny: ['salt/auth'] });
  assert.deepEqual(['salt/auth', 'salt/key', 'my/x', 'other'].map(filter), [
    false,
    true,
    true,
    false,
  ]);
});
