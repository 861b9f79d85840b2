import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { isNonprintable } from '#salt-job-cache/src/value/nonprintable.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import { PythonError } from '#salt-job-cache/src/value/python-error.ts';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { PythonFloat, PythonTuple } from '#salt-job-cache/src/value/python-value.ts';
import { pythonRepr, pythonStr } from '#salt-job-cache/src/value/repr.ts';
import { given, givenText, goldenLines } from './golden-lines.ts';
import { jsonValues, pythonValues } from './python-values.ts';

const kind = (name: string) => (error: unknown) =>
  error instanceof PythonError && error.kind === name;

test('str() and JSON of every vector are what Python 3.11 wrote', async () => {
  const lines = await goldenLines('pystr.jsonl');

  assert.equal(lines.length, 1000);
  for (const line of lines) {
    const value = parseJson(givenText(line, 'json'));
    assert.equal(pythonStr(value), given(line, 'str'));
    assert.equal(jsonText(value), given(line, 'dumps'));
  }
});

test('repr() escapes exactly the code points that Unicode 14 calls not printable', async () => {
  const path = new URL('../../golden/salt/repr-nonprintable-ranges.json', import.meta.url);
  const golden = JSON.parse(await readFile(path, 'utf8')) as { ranges: [number, number][] };
  const expected = new Uint8Array(0x110000);
  for (const [first, last] of golden.ranges) expected.fill(1, first, last + 1);

  const wrong = expected.findIndex((value, code) => isNonprintable(code) !== (value === 1));
  assert.equal(wrong, -1);
});

test('what goes into JSON comes out of it', () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      assert.deepEqual(parseJson(jsonText(value)), value);
    }),
  );
});

test('reads what JSON.parse reads exactly the same way', () => {
  const plain = (value: PythonValue): unknown => {
    if (value instanceof Map) {
      return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
    }
    if (value instanceof PythonFloat) return value.value;
    if (typeof value === 'bigint') return Number(value);
    return Array.isArray(value) ? value.map((item: PythonValue) => plain(item)) : value;
  };
  fc.assert(
    fc.property(fc.json(), (text) => {
      const got = plain(parseJson(text));
      const expected: unknown = JSON.parse(text);
      assert.equal(JSON.stringify(got), JSON.stringify(expected));
    }),
  );
});

test('refuses every text that JSON.parse refuses, but for what Python takes as well', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(...'{}[]",:0123.eE+-\\u/ntrf \n'.split('')),
        maxLength: 8,
      }),
      (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) parseJson(text);
        else assert.throws(() => parseJson(text), kind('JSONDecodeError'));
      },
    ),
    { numRuns: 2000 },
  );
});

test('no value crashes: it has a text, or an error that Python has a name for', () => {
  fc.assert(
    fc.property(pythonValues, (value) => {
      assert.ok(pythonRepr(value).isWellFormed());
      try {
        assert.ok(jsonText(value).isWellFormed());
      } catch (error) {
        assert.ok(kind('TypeError')(error));
      }
    }),
  );
});

test('keys keep their order, numbers like 1 and "10" included', () => {
  const text = '{"b": 1, "10": 2, "9": 3, "a": 4, "__proto__": 5}';

  assert.equal(jsonText(parseJson(text)), text);
});

test('a plain object may hold a key that is undefined: it is not there', () => {
  assert.equal(jsonText({ a: undefined, b: 1 }), '{"b": 1}');
  assert.equal(pythonStr({ a: undefined, b: 1 }), "{'b': 1}");
});

test('integers and floats stay apart', () => {
  const text = '[1, 1.0, -0.0, 9007199254740993, 1e16, 1e+16, 100000000000000000000, 1E400]';
  const value = parseJson(text);

  assert.deepEqual(value, [
    1,
    new PythonFloat(1),
    new PythonFloat(-0),
    9007199254740993n,
    new PythonFloat(1e16),
    new PythonFloat(1e16),
    100000000000000000000n,
    Number.POSITIVE_INFINITY,
  ]);
  assert.equal(
    pythonStr(value),
    '[1, 1.0, -0.0, 9007199254740993, 1e+16, 1e+16, 100000000000000000000, inf]',
  );
  assert.equal(pythonStr(parseJson('[-0, 1e22, 0.0001, 0.00001]')), '[0, 1e+22, 0.0001, 1e-05]');
  assert.equal(pythonStr(1e22), '10000000000000000000000');
});

test('NaN and the infinities are read and written as Python does', () => {
  const text = '[NaN, Infinity, -Infinity]';

  assert.equal(jsonText(parseJson(text)), text);
  assert.equal(pythonStr(parseJson(text)), '[nan, inf, -inf]');
});

test('a lone surrogate is read as one and written as its escape', () => {
  assert.equal(parseJson(String.raw`"\ud800"`), '\ud800');
  assert.equal(parseJson(String.raw`"\ud83d\ude00"`), '😀');
  assert.equal(jsonText('a\ud800'), String.raw`"a\ud800"`);
  assert.equal(pythonStr(['\ud800']), String.raw`['\ud800']`);
});

test('bytes, tuples and quotes have the texts of Python', () => {
  const bytes = new Uint8Array([0x61, 0x27, 0x22, 0x5c, 0x0a, 0x00, 0x7f, 0xff]);
  assert.equal(pythonStr(bytes), String.raw`b'a\'"\\\n\x00\x7f\xff'`);
  assert.equal(pythonStr(new PythonTuple([1])), '(1,)');
  assert.equal(pythonStr(new PythonTuple([])), '()');
  assert.equal(pythonStr(new PythonTuple([1, 'b'])), "(1, 'b')");
  assert.equal(pythonRepr(`it's`), `"it's"`);
  assert.equal(pythonRepr(`'"`), String.raw`'\'"'`);
  assert.equal(jsonText(new PythonTuple([1])), '[1]');
  assert.throws(() => jsonText(bytes), kind('TypeError'));
});

test('keys of other types are written as Python writes them', () => {
  const dict = new Map<PythonValue, PythonValue>([
    [1, 1],
    [null, 2],
    [true, 3],
    [new PythonFloat(1), 4],
    [10n ** 20n, 5],
  ]);

  assert.equal(
    jsonText(dict),
    '{"1": 1, "null": 2, "true": 3, "1.0": 4, "100000000000000000000": 5}',
  );
  assert.equal(pythonStr(dict), '{1: 1, None: 2, True: 3, 1.0: 4, 100000000000000000000: 5}');
  assert.throws(() => jsonText(new Map([[new PythonTuple([1]), 1]])), {
    message: /keys must be str, int, float, bool or None, not tuple/,
  });
});

test('what nests a hundred thousand levels deep is an error, in and out', () => {
  const levels = 100_000;
  let value: PythonValue = null;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };

  assert.throws(() => parseJson('['.repeat(levels)), kind('RecursionError'));
  assert.throws(() => parseJson('{"a":'.repeat(levels)), kind('RecursionError'));
  assert.throws(() => jsonText(value), kind('RecursionError'));
  assert.throws(() => pythonRepr(value), kind('RecursionError'));
  assert.ok(Array.isArray(parseJson(`${'['.repeat(900)}${']'.repeat(900)}`)));
});

test('an integer of more digits than Python reads is an error', () => {
  assert.throws(() => parseJson('1'.repeat(4301)), kind('ValueError'));
  assert.throws(() => jsonText(10n ** 4300n), kind('ValueError'));
  assert.equal(pythonStr(parseJson(`-${'1'.repeat(4300)}`)), `-${'1'.repeat(4300)}`);
});

test('a string of a hundred megabytes has its texts', () => {
  const text = 'x'.repeat(100_000_000);

  assert.equal(pythonRepr([text]).length, text.length + 4);
  assert.equal(jsonText([`${text}"`]).length, text.length + 6);
  assert.ok(parseJson(`"${text}"`) === text);
  const escapes = String.raw`\n`.repeat(20_000_000);
  assert.equal(pythonRepr('\n'.repeat(20_000_000)), `'${escapes}'`);
  assert.ok(parseJson(`"${escapes}"`) === '\n'.repeat(20_000_000));
});
