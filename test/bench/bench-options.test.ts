import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchCommand } from '../../bench/bench-options.ts';

const known = ['hook', 'clients'];

test('without options everything is measured, up to 100 applications', () => {
  assert.deepEqual(benchCommand([], known), { names: [], runs: null, sizes: [1, 10, 100] });
});

test('sizes are told in ascending order, each once', () => {
  const command = benchCommand(['clients', '--sizes', '20,5,20', '--full', '--runs', '3'], known);
  assert.deepEqual(command, { names: ['clients'], runs: 3, sizes: [5, 20, 1000] });
});

test('refuses a figure there is not, and names those there are', () => {
  assert.throws(() => benchCommand(['hoook'], known), /choose from hook, clients/u);
});

test('refuses numbers that are none', () => {
  for (const args of [
    ['--runs', '0'],
    ['--sizes', '1,x'],
    ['--sizes', ''],
    ['--runs', '1e3'],
  ]) {
    assert.throws(() => benchCommand(args, known), /whole numbers/u, args.join(' '));
  }
});
