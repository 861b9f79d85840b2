import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { decodeJson, encodeJson } from '#charm/state/json-text.ts';

test('equal values have equal texts, whatever the order of their keys', () => {
  assert.equal(
    encodeJson({ b: 1, a: [null, { d: 'x', c: false }] }),
    '{"a":[null,{"c":false,"d":"x"}],"b":1}',
  );
});

test('any JSON value is read back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(decodeJson(encodeJson(value)), value);
    }),
  );
});

test('any finite number is read back as it was', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(decodeJson(encodeJson(value)), value));
    }),
  );
});

test('a whole number beyond 2^53 stays exact, also one that another program wrote', () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      const read = decodeJson(encodeJson([value]));
      assert.equal(String(Array.isArray(read) ? read[0] : read), String(value));
    }),
  );
  assert.equal(decodeJson('9007199254740993'), 9007199254740993n);
  assert.equal(decodeJson('-18446744073709551616'), -18446744073709551616n);
  assert.equal(decodeJson('1e+20'), 1e20);
  assert.equal(decodeJson('"1234567890123456789"'), '1234567890123456789');
});

test('text written by Python is read', () => {
  assert.deepEqual(decodeJson('{"b": [1, 2.5, true, null], "a": "\\u00e4"}'), {
    b: [1, 2.5, true, null],
    a: 'ä',
  });
});

test('T46: the bare NaN and Infinity Python writes are refused', () => {
  assert.throws(() => decodeJson('NaN'), SyntaxError);
  assert.throws(() => decodeJson('[Infinity]'), SyntaxError);
});

test('a key named __proto__ is kept', () => {
  const value = decodeJson('{"__proto__":{"a":1}}');

  assert.equal(encodeJson(value), '{"__proto__":{"a":1}}');
});

const cyclic: { self?: unknown } = {};
cyclic.self = [cyclic];
let deep: unknown = 1;
for (let level = 0; level < 600; level += 1) deep = [deep];

for (const [name, value, text] of [
  ['undefined', undefined, /the value .* found undefined/],
  ['undefined inside', { a: [1, { b: undefined }] }, /'value\.a\[1\]\.b' .* found undefined/],
  ['a hole', Array(2), /'value\[0\]'/],
  ['NaN', Number.NaN, /found NaN/],
  ['Infinity', { a: Infinity }, /found Infinity/],
  ['a cycle', cyclic, /'value\.self\[0\]' .* contains itself/],
  ['a function', () => 1, /found a function/],
  ['a symbol', Symbol('x'), /found a symbol/],
  ['a date', { at: new Date(0) }, /object of class Date/],
  ['a map', new Map(), /object of class Map/],
  ['a very deep value', deep, /more than 500 levels/],
] as const) {
  test(`T46: refuses ${name} and says where`, () => {
    assert.throws(() => encodeJson(value), { name: 'TypeError', message: text });
  });
}

test('the same object twice is no cycle', () => {
  const shared = { a: 1 };

  assert.equal(encodeJson([shared, shared]), '[{"a":1},{"a":1}]');
});

test('an object without prototype is a plain one', () => {
  assert.equal(encodeJson(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
});
