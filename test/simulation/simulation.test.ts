// The real agent under faults: some seeds find nothing, and what is broken on purpose is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncKeyWrittenLate, withoutFencing } from './check/sabotage.ts';
import { networkFaults } from './faults/network-faults.ts';
import type { Mode } from './run/plan.ts';
import { simulateCommand } from './run/options.ts';
import type { RunResult } from './run/run-seed.ts';
import { runSeed } from './run/run-seed.ts';
import { addRun, noTotals, printTotals } from './run/report.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

function words({ seed, breaches }: RunResult): string {
  return breaches.map(({ law, what }) => `seed ${seed}: ${law}: ${what}`).join('\n');
}

test(`no law is broken in ${seeds.length} seeds`, async () => {
  const totals = noTotals();
  for (const seed of seeds) {
    const result = await runSeed({ seed });
    assert.deepEqual(result.breaches, [], words(result));
    addRun(totals, result);
  }
  assert.ok(totals.promotions > 15 && totals.acknowledged > 10_000, printTotals(totals, 1));
  assert.ok(totals.faults.size > 20, 'most kinds of faults were injected');
});

test('a seed gives the same run each time, to the last line of its trace', async () => {
  const lines: string[][] = [[], []];
  for (const trace of lines) await runSeed({ seed: 7, write: (line) => void trace.push(line) });
  assert.deepEqual(lines[0], lines[1]);
  assert.ok((lines[0]?.length ?? 0) > 200);
  const [one, other] = [await runSeed({ seed: 8 }), await runSeed({ seed: 9 })];
  assert.notEqual(one.fingerprint, other.fingerprint);
});

test('without fencing two primaries are found', async () => {
  const faults = networkFaults.filter(({ kind }) => kind.startsWith('cut off from e'));
  for (let seed = 1; seed <= 20; seed += 1) {
    const result = await runSeed({ seed, members: 3, faults, sabotage: withoutFencing });
    if (result.breaches.some(({ law }) => law === 'one-primary')) return;
  }
  assert.fail('20 seeds found no second primary');
});

test('a key /sync that is written too late loses acknowledged writes, and this is found', async () => {
  const modes: readonly Mode[] = ['on', 'quorum'];
  for (let seed = 1; seed <= 60; seed += 1) {
    const mode = modes[seed % 2] ?? 'on';
    const result = await runSeed({ seed, members: 3, mode, sabotage: syncKeyWrittenLate });
    if (result.breaches.some(({ law }) => law === 'no-loss')) return;
  }
  assert.fail('60 seeds lost nothing');
});

test('options that make no sense are refused in words', () => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const refused = (...args: readonly string[]): void => {
    assert.throws(() => command.parse(['node', 'simulate', ...args]), /invalid|unknown/u);
  };
  refused('--seeds', '0');
  refused('--members', '12');
  refused('--mode', 'fast');
  refused('--hours', '-1');
  refused('--faults');
});
