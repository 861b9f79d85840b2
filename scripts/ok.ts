// The one command before a commit: format, lint, types, generated files, unit tests. Stops at the first
// that fails, and says what each took.

import { node, run } from './run.ts';

const steps: readonly (readonly [string, () => Promise<number>])[] = [
  ['format', async () => run('oxfmt', ['--check', '.'])],
  ['lint', async () => run('oxlint', ['--type-aware', '--deny-warnings'])],
  ['types and floors', async () => run('tsc', ['-b'])],
  ['generated files', async () => node(['scripts/generate.ts', '--check'])],
  ['unit tests', async () => node(['scripts/test.ts', 'unit'])],
];

const began = performance.now();
for (const [name, step] of steps) {
  const started = performance.now();
  const code = await step();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code !== 0) {
    console.error(`not ok: ${name} failed after ${seconds} s`);
    process.exit(code);
  }
  console.log(`ok: ${name} (${seconds} s)`);
}
console.log(`ok in ${((performance.now() - began) / 1000).toFixed(1)} s`);
