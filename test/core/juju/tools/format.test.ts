import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';
import { parse } from 'yaml';

import { formatOutput, formatProblem } from '#core/juju/tools/format.ts';
import { compareNaturally } from '#core/juju/tools/go-yaml.ts';
import { compareCodePoints, struct, toOutput } from '#core/juju/tools/output-value.ts';
import type { OutputValue } from '#core/juju/tools/output-value.ts';

const emptyMap = new Map<string, OutputValue>();

const smartRows: readonly (readonly [string, OutputValue, string])[] = [
  ['a string', 'a', 'a\n'],
  ['the empty string', '', ''],
  ['nothing', null, ''],
  ['true', true, 'True\n'],
  ['false', false, 'False\n'],
  ['a list of strings', ['a', 'b'], 'a\nb\n'],
  ['a list of one empty string', [''], '\n'],
  ['an empty list', [], ''],
  ['a list of other things', [1, 'b'], '- 1\n- b\n'],
  ['a number', 1.5, '1.5\n'],
  ['a map', new Map([['a', '1']]), 'a: "1"\n'],
  ['an empty map', emptyMap, '{}\n'],
];

for (const [title, value, expected] of smartRows) {
  test(`H21: smart prints ${title}`, () => {
    assert.equal(formatOutput(value, 'smart'), expected);
  });
}

test('H24: smart keeps the newline a value ends in, and adds its own', () => {
  assert.equal(formatOutput('pew\npew\n', 'smart'), 'pew\npew\n\n');
});

const jsonRows: readonly (readonly [OutputValue, string])[] = [
  [null, 'null'],
  ['', '""'],
  [[], '[]'],
  [emptyMap, '{}'],
  [true, 'true'],
  [1e21, '1e+21'],
  [-0.25, '-0.25'],
  [
    new Map<string, OutputValue>([
      ['b', 1],
      ['a', [null]],
    ]),
    '{"a":[null],"b":1}',
  ],
  [
    struct([
      ['b', 1],
      ['a', 2],
      ['c', undefined],
    ]),
    '{"b":1,"a":2}',
  ],
  ['<a href="x">&\u2028\u2029', String.raw`"\u003ca href=\"x\"\u003e\u0026\u2028\u2029"`],
  ['\n\r\t\b\u0001\\', String.raw`"\n\r\t\u0008\u0001\\"`],
  ['a\uD800b', String.raw`"a\ufffdb"`],
];

for (const [value, expected] of jsonRows) {
  test(`H22: json prints ${expected}`, () => {
    assert.equal(formatOutput(value, 'json'), `${expected}\n`);
  });
}

test('H22: json sorts keys by code point, as Go sorts bytes', () => {
  const map = new Map([
    ['\u{1F600}', 1],
    ['\uFF5E', 2],
    ['Z', 3],
    ['a', 4],
  ]);

  assert.equal(formatOutput(map, 'json'), '{"Z":3,"a":4,"\uFF5E":2,"\u{1F600}":1}\n');
});

const yamlRows: readonly (readonly [OutputValue, string])[] = [
  [null, ''],
  ['12345', '"12345"\n'],
  ['', '""\n'],
  ['yes', '"yes"\n'],
  ['n', '"n"\n'],
  ['~', '"~"\n'],
  ['0x1F', '"0x1F"\n'],
  ['1_000', '"1_000"\n'],
  ['1e3', '"1e3"\n'],
  ['.inf', '".inf"\n'],
  ['12:30:45', '"12:30:45"\n'],
  ['2026-01-02', '"2026-01-02"\n'],
  ['2026-01-02T03:04:05Z', '"2026-01-02T03:04:05Z"\n'],
  ['2026-01-02 03:04:05Z', '2026-01-02 03:04:05Z\n'],
  ['10.0.0.1', '10.0.0.1\n'],
  ['10.0.0.0/24', '10.0.0.0/24\n'],
  ['a: b', "'a: b'\n"],
  ['a #b', "'a #b'\n"],
  ['a#b', 'a#b\n'],
  ['- a', "'- a'\n"],
  ['-a', '-a\n'],
  ["'", "''''\n"],
  ['@x', "'@x'\n"],
  [' a', "' a'\n"],
  ['a ', "'a '\n"],
  ['a\tb', '"a\\tb"\n'],
  ['\u{1F600}', '"\\U0001F600"\n'],
  ['\u0085\u2028\u2029\u0001\uFFFE\uD800', '"\\N\\L\\P\\x01\\uFFFE\uFFFD"\n'],
  ['a\nb', '|-\n  a\n  b\n'],
  ['a\n', '|\n  a\n'],
  ['a\n\n', '|+\n  a\n\n'],
  ['a \nb', '"a \\nb"\n'],
  [['\nx', ['\ny']], '- |2-\n\n  x\n- - |2-\n\n    y\n'],
  [[], '[]\n'],
  [[[], ['a'], emptyMap], '- []\n- - a\n- {}\n'],
  [
    new Map<string, OutputValue>([
      [
        'list',
        [
          'a',
          new Map<string, OutputValue>([
            ['k', 'v'],
            ['l', []],
          ]),
        ],
      ],
      ['map', new Map([['x', new Map([['y', true]])]])],
      ['none', null],
      ['number', 7],
      ['empty', emptyMap],
    ]),
    'empty: {}\nlist:\n- a\n- k: v\n  l: []\nmap:\n  x:\n    "y": true\nnone: null\nnumber: 7\n',
  ],
  [new Map([['k'.repeat(129), 'v']]), `? ${'k'.repeat(129)}\n: v\n`],
];

for (const [value, expected] of yamlRows) {
  test(`H23: yaml prints ${JSON.stringify(expected).slice(0, 60)}`, () => {
    assert.equal(formatOutput(value, 'yaml'), expected);
  });
}

test('H23: yaml sorts keys as its library does, digits as numbers', () => {
  const keys = ['a10', 'a9', 'b', 'a', '10', '9', 'a09', 'B', 'a1b', '-x', 'db:10', 'db:2'];

  const sorted = [...keys].sort(compareNaturally);

  assert.deepEqual(sorted, [
    '-x',
    '9',
    '10',
    'B',
    'a',
    'a1b',
    'a9',
    'a09',
    'a10',
    'b',
    'db:2',
    'db:10',
  ]);
});

test('H25: a format that is not offered is named', () => {
  assert.equal(formatProblem('xml', ['smart', 'json', 'yaml']), 'unknown format "xml"');
  assert.equal(formatProblem('json', ['yaml', 'json']), null);
});

test('a list sorted by code points puts a prefix first', () => {
  assert.deepEqual(['ab', 'a', '', 'b'].sort(compareCodePoints), ['', 'a', 'ab', 'b']);
});

test('what is no plain data is not printed', () => {
  assert.throws(() => toOutput(() => 1), /Cannot print a function/u);
});

// Lone surrogates can't be written in UTF-8 at all, so they are left out here; see the rows above.
const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
const awkward = fc.constantFrom(
  ...['yes', '', '~', '- a', 'a: b', '#', ' x', 'x ', '\n', '\nx', ' \n', 'a\n\n', '|', '<<'],
  ...['\t', 'a\r\nb', '0o7', '1:30', '---', '...', '? a', ': a', 'a:', '.5', '"', "'", '%', '='],
);
const anyText = fc.oneof(text, awkward);

const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    anyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('H22: whatever json prints reads back as the same data', () => {
  fc.assert(
    fc.property(data, (value) => {
      assert.deepEqual(JSON.parse(formatOutput(toOutput(value), 'json')), value);
    }),
  );
});

test('H23: whatever yaml prints reads back as the same data', () => {
  fc.assert(
    fc.property(data, (value) => {
      const printed = formatOutput(toOutput(value), 'yaml');
      assert.deepEqual(parse(printed, { logLevel: 'error' }) ?? null, value, printed);
    }),
    { numRuns: 300 },
  );
});

test('H23: a map of any settings reads back, by the rules of YAML 1.1 too', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText, { noNullPrototype: true }), (settings) => {
      const printed = formatOutput(toOutput(settings), 'yaml');
      assert.deepEqual(parse(printed, { version: '1.1', logLevel: 'error' }), settings, printed);
    }),
    { numRuns: 300 },
  );
});
