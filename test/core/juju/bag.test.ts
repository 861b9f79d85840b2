import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { emptyBag, replaceBag, writeBag } from '#core/juju/bag.ts';

const settings = fc.dictionary(fc.string(), fc.string());

test('E68: writing what is there already gives the same bag with the same version', () => {
  const bag = writeBag(emptyBag, { a: '1', b: '2' });
  assert.equal(writeBag(bag, { a: '1' }), bag);
  assert.equal(writeBag(bag, {}), bag);
});

test('E68: a real change raises the version by one, however many keys it touches', () => {
  const bag = writeBag(emptyBag, { a: '1', b: '2' });
  assert.deepEqual(bag, { settings: { a: '1', b: '2' }, version: 1 });
  assert.equal(writeBag(bag, { a: '2', b: '3', c: '4' }).version, 2);
});

test('H90: an empty value deletes its key, and deleting an absent key changes nothing', () => {
  const bag = writeBag(emptyBag, { a: '1' });
  assert.deepEqual(writeBag(bag, { a: '' }), { settings: {}, version: 2 });
  assert.equal(writeBag(bag, { b: '' }), bag);
});

test('keys that every object inherits are keys like others', () => {
  const change = JSON.parse('{"__proto__": "1", "constructor": "2", "toString": ""}');
  const bag = writeBag(emptyBag, change);
  assert.deepEqual(Object.entries(bag.settings), [
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  assert.equal(writeBag(bag, change), bag);
});

test('property: a bag never holds an empty value, and a second identical write is free', () => {
  fc.assert(
    fc.property(settings, settings, (first, second) => {
      const bag = writeBag(writeBag(emptyBag, first), second);
      assert.ok(Object.values(bag.settings).every((value) => value !== ''));
      assert.equal(writeBag(bag, second), bag);
    }),
  );
});

test('property: replacing leaves exactly the new settings', () => {
  fc.assert(
    fc.property(settings, settings, (first, second) => {
      const wanted = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== ''));
      const bag = replaceBag(writeBag(emptyBag, first), wanted);
      assert.deepEqual({ ...bag.settings }, { ...wanted });
      assert.equal(replaceBag(bag, wanted), bag);
    }),
  );
});
