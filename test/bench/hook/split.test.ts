import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitOf } from '../../../bench/hook/split.ts';

test('the parts of a hook add up to the whole', () => {
  const split = splitOf(
    [
      { program: 'pg-setup.cjs', programs: [['postgres', 20]], databaseMs: 50 },
      {
        program: 'charm.cjs',
        programs: [
          ['is-leader', 2],
          ['pg-setup.cjs', 200],
          ['status-set', 3],
        ],
        databaseMs: 0,
      },
    ],
    300,
  );
  assert.deepEqual(split, { hook: 95, tools: 5, setup: 130, programs: 20, database: 50 });
});

test('a hook that starts nothing spent its time itself', () => {
  const split = splitOf([{ program: 'charm.cjs', programs: [], databaseMs: 0 }], 40);
  assert.deepEqual(split, { hook: 40, tools: 0, setup: 0, programs: 0, database: 0 });
});

test('does not make a split up where the probe noted nothing', () => {
  assert.throws(() => splitOf([], 40), /noted nothing/u);
});
