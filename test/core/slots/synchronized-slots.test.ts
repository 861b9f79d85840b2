// For whom consumers of logical slots wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slotNameFromMemberName } from '#core/slots/slot-name.ts';
import { synchronizedStandbySlots } from '#core/slots/synchronized-slots.ts';
import { renderStandbyNames, strictPlaceholder } from '#core/sync/standby-names.ts';

test('consumers wait for the slots of the standbys that commits wait for', () => {
  assert.equal(synchronizedStandbySlots('"pg-1"'), 'pg_1');
  assert.equal(synchronizedStandbySlots('2 ("pg-2","PG.1")'), 'pg_1,pg_2');
  assert.equal(synchronizedStandbySlots('ANY 1 (b,a)'), 'a,b');
});

test('where commits wait for nobody that is known, consumers wait for nobody', () => {
  for (const names of ['', '*', strictPlaceholder, 'nonsense (']) {
    assert.equal(synchronizedStandbySlots(names), '');
  }
});

test('whatever the members are called, each one is waited for once', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9.-]{1,20}$/u), { minLength: 1 });
  fc.assert(
    fc.property(names, fc.constantFrom('priority', 'quorum'), (members, kind) => {
      const written = renderStandbyNames({ kind, num: 1, names: members, hasStar: false });
      const slots = synchronizedStandbySlots(written).split(',');
      assert.deepEqual(new Set(slots), new Set(members.map(slotNameFromMemberName)));
      assert.equal(new Set(slots).size, slots.length);
    }),
  );
});
