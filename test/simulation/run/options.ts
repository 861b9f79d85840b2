// The options of `npm run simulate`.

import { InvalidArgumentError, Command } from 'commander';
import type { Mode } from './plan.ts';

export interface SimulateOptions {
  readonly seeds: number;
  readonly from: number;
  /** Only this one. */
  readonly seed?: number;
  readonly trace?: boolean;
  readonly members?: number;
  readonly mode?: Mode;
  readonly hours?: number;
  /** `--without-fencing` and `--careless-slots` break the agent on purpose. */
  readonly withoutFencing?: boolean;
  readonly carelessSlots?: boolean;
}

function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It has to be a whole number from ${low} to ${high}.`);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('It has to be a number of hours above 0, up to 1000.');
}

function modeOf(text: string): Mode {
  if (text === 'async' || text === 'on' || text === 'quorum') return text;
  throw new InvalidArgumentError('It has to be async, on or quorum.');
}

const largestSeed = 2 ** 40;

export function simulateCommand(): Command {
  const seed = integerFrom(0, largestSeed);
  return new Command('npm run simulate --')
    .description(
      'Runs clusters of pg-agent under virtual time, with faults, and checks what must always hold.',
    )
    .option('--seeds <count>', 'how many runs', integerFrom(1, 10_000_000), 100)
    .option('--from <seed>', 'the first seed', seed, 1)
    .option('--seed <seed>', 'one run of this seed', seed)
    .option(
      '--trace',
      'print what happens: faults, decisions with their rules, what the checks see',
    )
    .option(
      '--members <count>',
      'members of each cluster; drawn from the seed otherwise',
      integerFrom(1, 9),
    )
    .option('--mode <mode>', 'async, on or quorum; drawn from the seed otherwise', modeOf)
    .option(
      '--hours <hours>',
      'how long there are faults in each run; one to three minutes otherwise',
      positive,
    )
    .option(
      '--without-fencing',
      'leave out what stops a primary whose lease ends: it must find two primaries',
    )
    .option(
      '--careless-slots',
      'move logical slots of standbys as far as they go: it must find consumers that miss rows',
    );
}
