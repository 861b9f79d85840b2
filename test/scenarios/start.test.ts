// `npm start` itself, as a newcomer runs it and as one who mistypes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { root } from '../../scripts/charms.ts';

function start(...args: readonly string[]): { code: number | null; output: string } {
  const done = spawnSync(process.execPath, ['scripts/start.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { code: done.status, output: done.stdout + done.stderr };
}

test('--once deploys, relates, checks, shows, takes everything down, and exits 0', () => {
  const { code, output } = start('--once');

  assert.equal(code, 0, output);
  assert.match(output, /Recorded Salt job \d{20} and read it back/);
  assert.match(output, /^postgresql\/0\* +active +idle/m);
  assert.match(output, /^salt-job-cache\/0\* +active +idle/m);
  assert.match(output, /^Connect: +psql "dbname=salt host=127\./m);
  const [, stateDir = ''] = /A model in (\S+)/.exec(output) ?? [];
  assert.notEqual(stateDir, '');
  assert.equal(existsSync(stateDir), false, 'nothing is left');
});

test('--units 3: a cluster on a real etcd loses its primary in front of the user, and recovers', () => {
  const { code, output } = start('--once', '--units', '3');

  assert.equal(code, 0, output);
  assert.match(output, /etcd listens on 127\.0\.0\.1:\d+/);
  assert.match(output, /Killed PostgreSQL of postgresql\/\d: no write for [\d.]+ s/);
  assert.equal(output.match(/Recorded Salt job \d{20} and read it back/g)?.length, 2, output);
  const units = [...output.matchAll(/^postgresql\/\d\*? +active .*(Primary|Standby of)/gm)].map(
    (match) => match[1] ?? '',
  );
  assert.deepEqual(units.toSorted(), ['Primary', 'Standby of', 'Standby of']);
  const [, stateDir = ''] = /A model in (\S+)/.exec(output) ?? [];
  assert.equal(existsSync(stateDir), false, 'nothing is left');
});

test('what can not be used is named, with the usage, and exits 2', () => {
  for (const [args, expected] of [
    [['--units', '0'], /--units 0: give a number from 1 to 9/],
    [['--unit'], /Unknown option '--unit'/],
  ] as const) {
    const { code, output } = start(...args);
    assert.equal(code, 2);
    assert.match(output, expected);
    assert.match(output, /--once +take everything down at the end/);
  }
});
