// RFC 4013's own examples, and the rest of its tables at their edges. That PostgreSQL agrees is tested with
// a real server beside the verifiers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { saslprep } from '#core/access/saslprep.ts';

test('the examples of RFC 4013 come out as it says', () => {
  assert.equal(saslprep('I\u00adX'), 'IX');
  assert.equal(saslprep('user'), 'user');
  assert.equal(saslprep('USER'), 'USER');
  assert.equal(saslprep('\u00aa'), 'a');
  assert.equal(saslprep('\u2168'), 'IX');
});

test('what the RFC prohibits, or Unicode 3.2 does not have, is taken as it stands', () => {
  const prohibited = [
    '\u00aa\u0007',
    '\u06271',
    '\u2168\ue000',
    '\u2168\u0378',
    '\u2168\ufffe',
    '\u00aa\u{e0020}',
  ];
  for (const text of [...prohibited, '\u2168\u200e', '\u00ad', '\u0627\u2168a\u0627']) {
    assert.equal(saslprep(text), text, JSON.stringify(text));
  }
});

test('text from right to left is prepared where it is that throughout', () => {
  assert.equal(saslprep('\u0627\u00ad\u0628'), '\u0627\u0628');
  assert.equal(saslprep('\u0627\u00ad1\u0628'), '\u06271\u0628');
});

test('other blanks become a space', () => {
  assert.equal(saslprep('a\u00a0b\u3000c'), 'a b c');
});

test('printable ASCII is always itself, and preparing twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(saslprep(text), text);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(saslprep(saslprep(text)), saslprep(text));
    }),
  );
});
