// The README's test command: sets up what is missing, builds the charms, runs every test.
//
//   npm test                    everything
//   npm test -- unit            the pure floors and the charm layers, in one process
//   npm test -- real            what starts processes: juju-local, PostgreSQL, both charms deployed
//
// Unit tests share one process, because they share nothing else; tests with processes each get their
// own, so that one that hangs or leaks is named by its file.

import { node } from './run.ts';
import { root } from './charms.ts';
import { testFiles } from './test-files.ts';

const unit = (): readonly string[] => [
  ...testFiles([
    'interfaces',
    'core',
    'charm',
    'scripts',
    'docs',
    'bench/report',
    'bench/measure',
    'bench/hook',
    'salt-job-cache/config',
    'salt-job-cache/hooks',
    'salt-job-cache/output',
    'salt-job-cache/rows',
    'salt-job-cache/value',
    'hooks/agent',
  ]),
  ...testFiles(['hooks', 'salt-job-cache', 'bench'], '.'),
];

/** Whatever is not named above: a new folder of tests is run from its first day on. */
const real = (): readonly string[] => {
  const pure = new Set(unit());
  return testFiles(['*']).filter((file) => !pure.has(file));
};

const environment = { NODE_COMPILE_CACHE: `${root}.cache/v8` };

const phases: Readonly<Record<string, () => Promise<number>>> = {
  'set-up': async () => node(['scripts/set-up.ts']),
  build: async () => node(['scripts/build.ts']),
  unit: async () => node(['--test', '--test-isolation=none', ...unit()], environment),
  real: async () =>
    node(['--test', '--test-concurrency=2', '--test-timeout=300000', ...real()], environment),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(phases, name));
if (unknown.length > 0) {
  console.error(
    `Unknown phase ${unknown.join(', ')}: choose from ${Object.keys(phases).join(', ')}`,
  );
  process.exit(2);
}
for (const [name, phase] of Object.entries(phases)) {
  if (wanted.length > 0 && !wanted.includes(name)) {
    continue;
  }
  const started = performance.now();
  console.log(`== ${name}`);
  const code = await phase();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${name}: ${code === 0 ? 'passed' : 'failed'} in ${seconds} s`);
  if (code !== 0) {
    process.exit(code);
  }
}
