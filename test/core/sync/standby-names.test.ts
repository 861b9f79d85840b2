// synchronous_standby_names, read and written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { StandbyNames } from '#core/sync/standby-names.ts';
import {
  parseStandbyNames,
  renderStandbyNames,
  strictPlaceholder,
} from '#core/sync/standby-names.ts';

function list(
  kind: 'priority' | 'quorum',
  num: number,
  names: readonly string[],
  hasStar = false,
): StandbyNames {
  return { kind, num, names, hasStar };
}

test('each form PostgreSQL takes is read', () => {
  const cases: readonly (readonly [string, StandbyNames])[] = [
    ['', { kind: 'off' }],
    ['a', list('priority', 1, ['a'])],
    [' a , b ', list('priority', 1, ['a', 'b'])],
    ['*', list('priority', 1, [], true)],
    ['"*"', list('priority', 1, ['*'])],
    ['2 (a,"b-1")', list('priority', 2, ['a', 'b-1'])],
    ['FIRST 2 (a, b)', list('priority', 2, ['a', 'b'])],
    ['fiRst 1(a)', list('priority', 1, ['a'])],
    ['ANY 4("a",*,b)', list('quorum', 4, ['a', 'b'], true)],
    ['any 1 ("say ""hi""")', list('quorum', 1, ['say "hi"'])],
    ['"first"', list('priority', 1, ['first'])],
    ['1', list('priority', 1, ['1'])],
    ['1 (2)', list('priority', 1, ['2'])],
    [`ANY 1 (${strictPlaceholder})`, list('quorum', 1, [strictPlaceholder])],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseStandbyNames(text), expected, text);
});

test('what PostgreSQL refuses is null', () => {
  const cases = [
    'a,',
    ',a',
    'a b',
    'FIRST',
    'any, a',
    'ANY 4("a" b,"c c")',
    'FIRST 4("a",)',
    '2 (,)',
    '2 ()',
    '2 (a',
    '0 (a)',
    '(a)',
    'ANY (a)',
    'ANY 1 a',
    'a;b',
    '""',
    '"a',
    'postgres-1',
  ];
  for (const text of cases) assert.equal(parseStandbyNames(text), null, text);
});

test('it is written as Patroni writes it', () => {
  const cases: readonly (readonly [StandbyNames, string])[] = [
    [{ kind: 'off' }, ''],
    [list('priority', 1, ['postgres-1']), '"postgres-1"'],
    [list('priority', 2, ['postgres-1', 'b']), '2 ("postgres-1",b)'],
    [list('priority', 1, ['a', 'b']), '1 (a,b)'],
    [list('priority', 1, [], true), '*'],
    [list('quorum', 1, [strictPlaceholder]), `ANY 1 (${strictPlaceholder})`],
    [list('quorum', 1, ['any', 'FIRST']), 'ANY 1 ("any","FIRST")'],
  ];
  for (const [value, expected] of cases) assert.equal(renderStandbyNames(value), expected);
});

test('whatever the names are, reading gives back what was written', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), {
    minLength: 1,
    maxLength: 4,
  });
  const kinds = fc.constantFrom('priority' as const, 'quorum' as const);
  fc.assert(
    fc.property(
      kinds,
      fc.integer({ min: 1, max: 9 }),
      names,
      fc.boolean(),
      (kind, num, of, star) => {
        const value = list(kind, num, of, star);
        assert.deepEqual(parseStandbyNames(renderStandbyNames(value)), value);
      },
    ),
  );
});

test('no text at all makes the reader throw', () => {
  const pieces = fc.constantFrom(
    'a',
    '"',
    ',',
    '(',
    ')',
    '*',
    'ANY',
    'FIRST',
    '2',
    ' ',
    '""',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const read = parseStandbyNames(parts.join(''));
      if (read !== null) assert.deepEqual(parseStandbyNames(renderStandbyNames(read)), read);
    }),
  );
});
