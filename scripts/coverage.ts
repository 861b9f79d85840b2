// Branch coverage of the folders that hold decisions, each by itself; exits 1 where one is below the floor.
//
//   npm run coverage             runs their tests, prints a line a folder
//   npm run coverage -- --files  and a line for each file below the floor

import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { node } from './run.ts';
import { root } from './charms.ts';
import { testFiles } from './test-files.ts';

/** Least share of branches taken, in percent. */
const floor = 90;

const folders: readonly string[] = ['charm', 'interfaces', 'src/core', 'src/juju-local'];

interface Count {
  readonly found: number;
  readonly hit: number;
}

/** Branches found and hit of each source file of an lcov report. */
export function branchesIn(lcov: string): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  let file = '';
  let found = 0;
  for (const line of lcov.split('\n')) {
    const [key = '', value = ''] = line.split(/:(.*)/su);
    if (key === 'SF') {
      file = value;
    } else if (key === 'BRF') {
      found = Number(value);
    } else if (key === 'BRH') {
      counts.set(file, { found, hit: Number(value) });
    }
  }
  return counts;
}

function percent({ found, hit }: Count): number {
  return found === 0 ? 100 : (100 * hit) / found;
}

function below(counts: ReadonlyMap<string, Count>, folder: string): readonly [string, Count][] {
  return [...counts]
    .map(([file, count]) => [relative(root, join(root, file)), count] as [string, Count])
    .filter(([file]) => file.startsWith(`${folder}/`));
}

async function main(): Promise<number> {
  const report = join(root, '.cache/coverage.lcov');
  mkdirSync(join(root, '.cache'), { recursive: true });
  const code = await node([
    '--test',
    '--test-timeout=300000',
    '--experimental-test-coverage',
    ...folders.map((folder) => `--test-coverage-include=${folder}/**/*.ts`),
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=lcov',
    `--test-reporter-destination=${report}`,
    ...testFiles(['interfaces', 'core', 'charm', 'juju-local']),
  ]);
  if (code !== 0) {
    return code;
  }
  const counts = branchesIn(readFileSync(report, 'utf8'));
  let failed = false;
  for (const folder of folders) {
    const files = below(counts, folder);
    const total = files.reduce(
      (sum, [, count]) => ({ found: sum.found + count.found, hit: sum.hit + count.hit }),
      { found: 0, hit: 0 },
    );
    failed ||= percent(total) < floor;
    console.log(
      `${folder.padEnd(16)} ${percent(total).toFixed(1).padStart(5)} % of ${total.found} branches in ${files.length} files`,
    );
    if (process.argv.includes('--files')) {
      for (const [file, count] of files.filter(([, one]) => percent(one) < floor)) {
        console.log(`  ${percent(count).toFixed(1).padStart(5)} % ${file}`);
      }
    }
  }
  return failed ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = await main();
}
