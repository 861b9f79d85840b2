import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { own, withKey, withoutKey } from '#core/juju/own.ts';

test('inherited names are not found', () => {
  for (const key of ['constructor', '__proto__', 'toString']) assert.equal(own({}, key), undefined);
});

test('property: what is stored under a key is found there, and only there', () => {
  const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'valueOf'));
  fc.assert(
    fc.property(keys, keys, (key, other) => {
      const record = withKey<number>({}, key, 1);
      assert.equal(own(record, key), 1);
      assert.equal(own(withKey(record, other, 2), key), key === other ? 2 : 1);
      assert.deepEqual(Object.keys(withoutKey(record, key)), []);
    }),
  );
});

test('taking away what is not there gives the same record', () => {
  const record = { a: 1 };
  assert.equal(withoutKey(record, 'b'), record);
});
