import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { stableHash } from '#core/juju/uniter/stable-hash.ts';

test('the order of keys does not change the fingerprint, at any depth', () => {
  assert.equal(stableHash({ a: 1, b: { c: 2, d: 3 } }), stableHash({ b: { d: 3, c: 2 }, a: 1 }));
});

test('the order of a list, the type of a value and the name of a key do', () => {
  const values = [
    { a: '1' },
    { a: 1 },
    { a: true },
    { a: null },
    { a: [1, 2] },
    { a: [2, 1] },
    { b: 1 },
    {},
    { a: 1, b: 1 },
    '',
    true,
    false,
    null,
  ];
  assert.equal(new Set(values.map(stableHash)).size, values.length);
});

test('fingerprints are 14 hexadecimal digits and differ when the values do', () => {
  // Objects of one prototype only: the comparison would see a difference that is none of JSON's.
  const config = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(config, config, (left, right) => {
      assert.match(stableHash(left), /^[0-9a-f]{14}$/u);
      assert.equal(stableHash(left) === stableHash(right), isDeepStrictEqual(left, right));
    }),
  );
});
