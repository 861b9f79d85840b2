// `npm run simulate`: runs seeds and says what was found. Exits 1 where something was. See
// docs/explanation/simulation.md.

import { withoutFencing } from './check/sabotage.ts';
import { slotsMovedTooFar } from './check/slot-sabotage.ts';
import type { SimulateOptions } from './run/options.ts';
import { simulateCommand } from './run/options.ts';
import { addRun, noTotals, printBreaches, printTotals } from './run/report.ts';
import type { RunOptions } from './run/run-seed.ts';
import { runSeed } from './run/run-seed.ts';

function say(text: string): void {
  process.stdout.write(text);
}

function runOptions(options: SimulateOptions, seed: number): RunOptions {
  const { members, mode, hours, trace } = options;
  return {
    seed,
    ...(members === undefined ? {} : { members }),
    ...(mode === undefined ? {} : { mode }),
    ...(hours === undefined ? {} : { hours }),
    ...(trace === true ? { write: (line: string) => say(`${line}\n`) } : {}),
    ...(options.carelessSlots === true ? { sabotage: slotsMovedTooFar } : {}),
    ...(options.withoutFencing === true ? { sabotage: withoutFencing } : {}),
  };
}

const options = simulateCommand().parse().opts<SimulateOptions>();
const isSingle = options.seed !== undefined;
const first = options.seed ?? options.from;
const count = isSingle ? 1 : options.seeds;
const totals = noTotals();
const startedMs = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const result = await runSeed(runOptions(options, seed));
  addRun(totals, result);
  say(printBreaches(result));
  if (isSingle) say(`fingerprint ${result.fingerprint}\n`);
}
say(printTotals(totals, (performance.now() - startedMs) / 1000));
process.exitCode = totals.breaches === 0 ? 0 : 1;
