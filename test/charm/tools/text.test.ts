import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { compareNumbered, sortNumbered } from '#charm/tools/order.ts';
import { splitText } from '#charm/tools/text.ts';

test('W11: pieces joined are the text, none is longer than the limit, none begins inside a character', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 64 }), (value, limit) => {
      const pieces = splitText(value, limit);

      assert.equal(pieces.join(''), value.toWellFormed());
      assert.ok(pieces.every((piece) => Buffer.byteLength(piece) <= limit));
    }),
  );
});

test('a piece ends after a line where there is one in its second half', () => {
  assert.deepEqual(splitText('aaaaaa\nbbbbbb', 10), ['aaaaaa\n', 'bbbbbb']);
  assert.deepEqual(splitText('a\nbbbbbbbbbbb', 10), ['a\nbbbbbbbb', 'bbb']);
  assert.deepEqual(splitText('', 10), ['']);
});

test('T51: the order by number is a total order that agrees with the numbers', () => {
  const name = fc.oneof(
    fc.nat(200).map((number) => `app/${number}`),
    fc.constantFrom('app', 'b/1', 'b/x'),
  );
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const sorted = sortNumbered(names, '/');

      for (const [index, left] of sorted.slice(0, -1).entries()) {
        assert.ok(compareNumbered(left, sorted[index + 1] ?? '', '/') <= 0);
      }
      assert.deepEqual([...sorted].sort(), [...names].sort());
    }),
  );
});
