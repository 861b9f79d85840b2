import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ms, table } from '../../../bench/report/table.ts';

test('columns are as wide as their widest cell, numbers to the right', () => {
  const made = table(
    [
      ['process', 'left'],
      ['ms', 'right'],
    ],
    [
      ['node', ms(3.0625)],
      ['a longer name', ms(1000)],
    ],
  );
  assert.equal(
    made,
    [
      '| process       |     ms |',
      '| ------------- | -----: |',
      '| node          |    3.1 |',
      '| a longer name | 1000.0 |',
    ].join('\n'),
  );
});

test('refuses a row with a cell too few', () => {
  assert.throws(() => table([['one', 'left']], [[]]), /a row has 0 cells, need 1/u);
});
