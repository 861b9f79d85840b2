// JSON of the configuration store: nothing read and written again changes, and it is Python's text.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { JsonValue } from '#core/dcs/cluster.ts';
import { asCount, asInteger, isSameJson, parseJson, writeJson } from '#core/dcs/json.ts';

const jsonValues: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
  ),
})).value;

test('what is written is read as the same value, integers beyond 2^53 included', () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      const text = writeJson(value);
      assert.ok(isSameJson(parseJson(text) as JsonValue, value));
      assert.equal(writeJson(parseJson(text) as JsonValue), text);
      assert.match(text, /^[ -~]*$/u);
    }),
  );
});

test('an integer is a number while a number holds it exactly, and bigint beyond', () => {
  assert.equal(parseJson('9007199254740991'), 9_007_199_254_740_991);
  assert.equal(parseJson('9007199254740993'), 9_007_199_254_740_993n);
  assert.equal(parseJson('-18446744073709551615'), -18_446_744_073_709_551_615n);
  assert.equal(parseJson('1.5e300'), 1.5e300);
  assert.deepEqual(parseJson('{"a":[18446744073709551615]}'), { a: [18_446_744_073_709_551_615n] });
});

test('text is written as Python writes it: ASCII, lower-case escapes, no spaces', () => {
  assert.equal(
    writeJson({ a: [1, 'ü'], b: '😀\u007F\n"' }),
    '{"a":[1,"\\u00fc"],"b":"\\ud83d\\ude00\\u007f\\n\\""}',
  );
  assert.equal(
    writeJson({ optime: 18_446_744_073_709_551_615n }),
    '{"optime":18446744073709551615}',
  );
});

test('any text whatsoever is read without throwing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseJson(text);
    }),
  );
  assert.equal(parseJson('['.repeat(200_000)), undefined);
  assert.doesNotThrow(() => parseJson('['.repeat(200_000) + ']'.repeat(200_000)));
  assert.equal(parseJson(''), undefined);
});

test('values are compared without regard to the order of keys, and with regard to everything else', () => {
  assert.ok(isSameJson({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1n }));
  assert.ok(!isSameJson({ a: 1 }, { a: 1, b: null }));
  assert.ok(!isSameJson({ a: undefined as unknown as null }, { b: 1 }));
  assert.ok(!isSameJson([1, 2], [2, 1]));
  assert.ok(!isSameJson([], {}));
  assert.ok(!isSameJson('1', 1));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), jsonValues, { noNullPrototype: true }), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      assert.ok(isSameJson(value, turned));
    }),
  );
});

test('integers are taken from numbers, bigints and decimal text, and from nothing else', () => {
  assert.equal(asInteger('67108992'), 67_108_992n);
  assert.equal(asInteger(' 7 '), 7n);
  assert.equal(asInteger(2 ** 60), 2n ** 60n);
  for (const bad of [1.5, '', '1.5', 'x', '0x10', null, true, [], {}, undefined]) {
    assert.equal(asInteger(bad as JsonValue), null);
  }
  assert.equal(asCount(-1), null);
  assert.equal(asCount('3'), 3);
});
