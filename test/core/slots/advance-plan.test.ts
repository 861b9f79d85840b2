// How far a logical slot of a standby is moved.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { advanceTarget, planAdvance } from '#core/slots/advance-plan.ts';
import { logicalOf, wantedLogical } from './samples.ts';

test('AT-11: a slot follows its consumer as far as this server has replayed', () => {
  const targets = [200, 700, 900].map(
    (replay) => planAdvance(wantedLogical('ls', 800), logicalOf('ls', 500), lsnOf(replay))?.to,
  );
  assert.deepEqual(targets, [undefined, 700n, 800n]);
});

test('a slot that is already ahead of what was published stays', () => {
  assert.equal(advanceTarget(lsnOf(400), lsnOf(500), lsnOf(900)), null);
});

test('INV-5: never back, never beyond what was published or replayed, never by what is not known', () => {
  const lsn = fc.option(
    fc.bigInt(0n, 100n).map((value) => lsnOf(value)),
    { nil: null },
  );
  fc.assert(
    fc.property(lsn, lsn, lsn, (published, confirmed, replay) => {
      const target = advanceTarget(published, confirmed, replay);
      if (target === null) return;
      assert.ok(published !== null && confirmed !== null && replay !== null);
      assert.ok(target > confirmed && target <= published && target <= replay);
      const reached: Lsn = target;
      assert.equal(advanceTarget(published, reached, replay), null, 'once is enough');
    }),
  );
});
