// The order of relations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compareRelations, readRelation } from '#core/access/relation-order.ts';

test('T51: db:9 comes before db:10, and endpoints with the same number by name', () => {
  const sorted = ['db:10', 'db:9', 'db-admin:9', 'nonsense', 'also'].sort(compareRelations);
  assert.deepEqual(sorted, ['also', 'nonsense', 'db:9', 'db-admin:9', 'db:10']);
});

test('what is no relation reads as none', () => {
  for (const text of ['', 'db', 'db:', ':7', 'db:x', 'db:7 ', 'db:7\n', 'd b:7']) {
    assert.equal(readRelation(text), null, JSON.stringify(text));
  }
  assert.deepEqual(readRelation('db-admin:12'), { endpoint: 'db-admin', id: 12 });
});

test('the order is one: whichever way two are compared, and for any three', () => {
  const name = fc.oneof(
    fc.stringMatching(/^(?:db|db-admin|a):\d{1,2}$/u),
    fc.stringMatching(/^[a-c]{0,2}$/u),
  );
  fc.assert(
    fc.property(name, name, name, (first, second, third) => {
      assert.equal(
        Math.sign(compareRelations(first, second)) + Math.sign(compareRelations(second, first)),
        0,
      );
      if (compareRelations(first, second) <= 0 && compareRelations(second, third) <= 0) {
        assert.ok(compareRelations(first, third) <= 0);
      }
    }),
  );
});
