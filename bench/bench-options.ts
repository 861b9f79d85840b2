// The options of `npm run bench`.

import { parseArgs } from 'node:util';
import type { BenchOptions } from './figure.ts';

export const usage = `npm run bench -- [hook] [clients] [failover] [slots] [job-cache]
                 [--runs N] [--sizes N,N...] [--full]

  hook, clients, failover, slots, job-cache
                  measure only these; without a name all
  --runs N        how often each thing is measured (hook: 40, clients: 1, failover: 5, slots: 5, job-cache: 3)
  --sizes N,N...  numbers of related applications to tell of (1,10,100)
  --full          also 1000 related applications, which takes minutes`;

export interface BenchCommand extends BenchOptions {
  /** Figures to measure; empty for all. */
  readonly names: readonly string[];
}

const usualSizes: readonly number[] = [1, 10, 100];
const fullSize = 1000;

function wholeNumber(text: string, option: string): number {
  if (/^[1-9][0-9]{0,4}$/u.test(text)) return Number(text);
  throw new Error(`${option} ${text}: give whole numbers from 1 to 99999`);
}

/** @throws Error with one sentence for an option that is not known or a value that can't be used */
export function benchCommand(args: readonly string[], known: readonly string[]): BenchCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      sizes: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `${unknown.join(', ')}: there is no such figure, choose from ${known.join(', ')}`,
    );
  }
  const sizes = values.sizes?.split(',').map((text) => wholeNumber(text, '--sizes')) ?? usualSizes;
  const all = new Set([...sizes, ...(values.full ? [fullSize] : [])]);
  return {
    names: positionals,
    runs: values.runs === undefined ? null : wholeNumber(values.runs, '--runs'),
    sizes: [...all].sort((one, other) => one - other),
  };
}
