// What the slot of a member is called, here and on the primary.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isValidSlotName, sharedSlotNames, slotNameFromMemberName } from '#core/slots/slot-name.ts';
import { slotNameOnPrimary } from '#core/slots/slot-name-on-primary.ts';
import { memberOf } from './samples.ts';

test('S-6: names are mangled as Patroni mangles them', () => {
  const table = {
    'abc-us.1': 'abc_us_1',
    Node_A: 'node_a',
    'a b': 'au0032b',
    ünïcode: 'u0252nu0239code',
    日本: 'u26085u26412',
    'pg:1/2': 'pgu00581u00472',
    'test@host': 'testu0064host',
    ['x'.repeat(70)]: 'x'.repeat(63),
  };
  for (const [name, slot] of Object.entries(table))
    assert.equal(slotNameFromMemberName(name), slot);
});

test('S-7: a character beyond 16 bits is one number, and members that share a slot are told', () => {
  assert.equal(slotNameFromMemberName('a😀'), 'au128512');
  assert.deepEqual([...sharedSlotNames(['a-1', 'a.1', 'b'])], [['a_1', ['a-1', 'a.1']]]);
});

test('S-8: whatever a member is called, PostgreSQL takes the name of its slot', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
      assert.ok(isValidSlotName(slotNameFromMemberName(name)));
    }),
  );
  for (const name of ['', 'A', 'a-b', 'a b', 'x'.repeat(64)])
    assert.equal(isValidSlotName(name), false);
});

const direct = { replicatefrom: null, nostream: false };

test('S-19a: the topmost member that streams from the primary holds the slot', () => {
  const members = [
    memberOf('p'),
    memberOf('a'),
    memberOf('b', { replicatefrom: 'a' }),
    memberOf('quiet', { nostream: true }),
    memberOf('c', { replicatefrom: 'quiet' }),
  ];
  const of = (name: string, replicatefrom: string | null): string | null =>
    slotNameOnPrimary({ ...direct, name, replicatefrom }, members);
  assert.equal(of('a', null), 'a');
  assert.equal(of('B-2', 'b'), 'a');
  assert.equal(of('d', 'gone'), 'd');
  assert.equal(of('d', 'd'), 'd');
  assert.equal(of('d', 'c'), null);
  assert.equal(slotNameOnPrimary({ ...direct, name: 'a', nostream: true }, members), null);
});

test('S-19a: members that follow in a circle have no slot on the primary', () => {
  const members = [memberOf('a', { replicatefrom: 'b' }), memberOf('b', { replicatefrom: 'a' })];
  assert.equal(slotNameOnPrimary({ ...direct, name: 'a', replicatefrom: 'b' }, members), null);
});
