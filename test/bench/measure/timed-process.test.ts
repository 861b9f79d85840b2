import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timedRun } from '../../../bench/measure/timed-process.ts';

const here = { workingDirectory: '/', environment: { PATH: '/usr/bin:/bin', WORD: 'said' } };

test('gives exit code and both streams, and the program the environment it was given', async () => {
  const run = await timedRun({
    ...here,
    file: '/bin/sh',
    args: ['-c', 'echo $WORD; echo not >&2; exit 3'],
  });
  assert.equal(run.exitCode, 3);
  assert.match(run.output, /said/u);
  assert.match(run.output, /not/u);
  assert.ok(run.wallMs > 0);
});

test('E22: a daemon that keeps the pipes is neither waited for nor counted', async () => {
  const run = await timedRun({
    ...here,
    file: '/bin/sh',
    args: ['-c', 'sleep 5 & echo $!'],
  });
  process.kill(Number(run.output), 'SIGKILL');
  assert.equal(run.exitCode, 0);
  assert.ok(run.wallMs < 4000);
});

test('a program that is not there is an error', async () => {
  await assert.rejects(timedRun({ ...here, file: '/nowhere/at-all', args: [] }), /ENOENT/u);
});
