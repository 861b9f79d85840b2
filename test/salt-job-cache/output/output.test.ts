// Tables, JSON and YAML: what comes out fits, is safe for a terminal, and reads back the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { dataText } from '#salt-job-cache/src/output/output-format.ts';
import { cut, factsText, fitWidths, tableText, widthOf } from '#salt-job-cache/src/output/table.ts';
import { visibleText } from '#salt-job-cache/src/output/visible-text.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';

const anyText = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
// What a terminal acts upon, but for the line breaks that we write ourselves.
const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;
const hostile = '\u001b[31mred\u001b[0m\u009b2J\u202etxt\r\n\t\u007f';

void test('no text brings a terminal anything to act upon', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.doesNotMatch(visibleText(text), /[\n]|[\u0000-\u001f\u007f-\u009f]/u);
      for (const format of ['json', 'yaml'] as const) {
        assert.doesNotMatch(dataText({ [text]: [text, hostile] }, format), dangerous);
      }
      assert.doesNotMatch(tableText(['A'], [[text], [hostile]], 40), dangerous);
    }),
  );
  assert.equal(visibleText('a\u001b[1m\nb'), String.raw`a\u001b[1m\nb`);
});

void test('JSON reads back as the very value', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.stringify(value)),
      (text) => {
        fc.pre(text.isWellFormed());
        const value = parseJson(text);
        assert.equal(jsonText(parseJson(dataText(value, 'json'))), jsonText(value));
      },
    ),
  );
  const exact = '{"2": 1.0, "1": 12345678901234567890, "x": -0.0, "y": 1e+22}';
  assert.equal(dataText(parseJson(exact), 'json'), `${exact}\n`);
});

void test('YAML reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(text.isWellFormed() && !text.includes('"__proto__"'));
      const read: unknown = parse(dataText(parseJson(text), 'yaml'));
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(text));
    }),
  );
});

void test('YAML keeps numbers and order, and quotes what YAML 1.1 takes for something else', () => {
  const value = parseJson(
    '{"2": 1.0, "1": 12345678901234567890, "t": "yes", "d": "2026-11-27", "o": "0o14", "e": 1e+22}',
  );
  const text = dataText(value, 'yaml');
  assert.equal(
    text,
    '"2": 1.0\n"1": 12345678901234567890\nt: "yes"\nd: "2026-11-27"\no: "0o14"\ne: 1e+22\n',
  );
});

void test('no line of a table is wider than the terminal, once it has room for each column', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anyText, { minLength: 3, maxLength: 3 }), { maxLength: 5 }),
      fc.integer({ min: 28, max: 120 }),
      (rows, width) => {
        for (const line of tableText(['ONE', 'TWO', 'THREE'], rows, width).split('\n')) {
          assert.ok(widthOf(line) <= width, `${widthOf(line)} > ${width}: ${line}`);
        }
      },
    ),
  );
});

void test('short columns stay whole while a long one is cut', () => {
  assert.deepEqual(fitWidths([20, 100, 5], 60), [20, 31, 5]);
  assert.deepEqual(fitWidths([5, 5], 80), [5, 5]);
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('日本語', 4), '日…');
  assert.equal(tableText(['A', 'B'], [['日本', 'x']], null), 'A     B\n日本  x\n');
  assert.equal(
    factsText(
      [
        ['jid', '1'],
        ['fun', 'a'],
      ],
      null,
    ),
    'jid:  1\nfun:  a\n',
  );
});
