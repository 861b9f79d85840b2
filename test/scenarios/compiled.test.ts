// The compiled form of a hook's program that the charms carry.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { agentFlags } from '../../hooks/cluster/service-plan.ts';
import { nodeFlags } from '../../scripts/compile-program.ts';
import { built } from './suite.ts';

/** Whether V8 refuses the compiled form that stands beside the program. */
const question = `
  const { readFileSync } = require('node:fs');
  const { Script } = require('node:vm');
  const source = readFileSync(process.argv[1] + '.js', 'latin1');
  const cachedData = readFileSync(process.argv[1] + '.cache');
  process.stdout.write(String(new Script(source, { cachedData }).cachedDataRejected));
`;

for (const [name, program] of [
  ['postgresql', 'charm'],
  ['postgresql', 'lib/pg-setup'],
  ['salt-job-cache', 'charm'],
  ['salt-job-cache', 'lib/job-cache'],
  ['salt-job-cache', 'lib/job-cache-machine'],
  ['salt-job-cache', 'lib/salt-job-cache'],
] as const) {
  test(`${name}: Node takes the compiled form of ${program}, with the flags of dispatch`, async () => {
    const charm = await built(name);
    const flags = nodeFlags(readFileSync(join(charm, 'dispatch'), 'utf8'));
    const refused = execFileSync(
      join(charm, 'bin/node'),
      [...flags, '-e', question, join(charm, program)],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(refused, 'false');
  });
}

test('postgresql: Node takes the compiled form of lib/pg-agent, with the flags of its service', async () => {
  const charm = await built('postgresql');
  const refused = execFileSync(
    join(charm, 'bin/node'),
    [...agentFlags, '-e', question, join(charm, 'lib/pg-agent')],
    { encoding: 'utf8' },
  );
  assert.equal(refused, 'false');
});

test('a compiled form that is damaged or missing costs time and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  try {
    const charm = await built('salt-job-cache');
    for (const file of ['charm.cjs', 'charm.js', 'charm.cache']) {
      cpSync(join(charm, file), join(folder, file));
    }
    const run = (): string => {
      try {
        execFileSync(join(charm, 'bin/node'), [join(folder, 'charm.cjs')], {
          env: {},
          stdio: 'pipe',
        });
      } catch (error) {
        return String((error as { stderr: Buffer }).stderr);
      }
      return 'no error';
    };
    // Without Juju's environment the program says what it misses: it ran.
    assert.match(run(), /^ERROR Cannot find the hook to run/);
    writeFileSync(join(folder, 'charm.cache'), 'not what V8 made');
    assert.match(run(), /^ERROR Cannot find the hook to run/);
    rmSync(join(folder, 'charm.cache'));
    assert.match(run(), /^ERROR Cannot find the hook to run/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
