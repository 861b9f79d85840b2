import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import type { SpawnRunner } from '#charm/tools/spawn-runner.ts';
import { createSpawnRunner } from '#charm/tools/spawn-runner.ts';

/** A runner whose PATH has one tool, a shell script, before the system's own directories. */
function runnerWith(context: TestContext, script: string, timeoutMs?: number): SpawnRunner {
  const directory = mkdtempSync(join(tmpdir(), 'spawn-runner-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'relation-get');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  const environment = { PATH: `${directory}:/usr/bin:/bin`, JUJU_CONTEXT_ID: 'x' };
  return createSpawnRunner({ environment, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

test('gives exit code and both outputs, and counts the calls', (t) => {
  const runner = runnerWith(t, 'echo "out $1 $JUJU_CONTEXT_ID"; echo "ERROR err" >&2; exit 2');

  assert.deepEqual(runner.run('relation-get', ['a b']), {
    code: 2,
    stdout: 'out a b x\n',
    stderr: 'ERROR err\n',
  });
  runner.run('relation-get', []);
  assert.equal(runner.calls, 2);
});

test('H2: the tool reads its input where there is one, and an end at once where there is none', (t) => {
  const runner = runnerWith(t, 'cat');

  assert.equal(runner.run('relation-get', [], '{"a": "ä"}').stdout, '{"a": "ä"}');
  assert.equal(runner.run('relation-get', []).stdout, '');
});

test('a tool that refuses its arguments without reading its input is heard', (t) => {
  const runner = runnerWith(t, 'exec <&-; echo "ERROR permission denied" >&2; exit 1');

  const answer = runner.run('relation-get', [], 'x'.repeat(1_000_000));

  assert.deepEqual(answer, { code: 1, stdout: '', stderr: 'ERROR permission denied\n' });
});

// The shell adds its own variables, and Node hands its coverage directory to every child.
test('E30: the environment is the one it was given, nothing inherited', (t) => {
  const runner = runnerWith(t, 'env');

  const names = runner
    .run('relation-get', [])
    .stdout.split('\n')
    .map((line) => line.split('=')[0] ?? '')
    .filter((name) => !['', '_', 'PWD', 'SHLVL', 'OLDPWD', 'NODE_V8_COVERAGE'].includes(name));

  assert.deepEqual(names.sort(), ['JUJU_CONTEXT_ID', 'PATH']);
});

test('a tool that is not on PATH is code 127 with a reason', (t) => {
  const answer = runnerWith(t, '').run('no-such-tool', []);

  assert.equal(answer.code, 127);
  assert.match(answer.stderr, /no no-such-tool on PATH/);
});

test('a tool that was killed is a failure that names the signal', (t) => {
  const answer = runnerWith(t, 'kill -9 $$').run('relation-get', []);

  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /ended by SIGKILL/);
});

test('a tool that does not end is ended', (t) => {
  const answer = runnerWith(t, 'exec sleep 60', 50).run('relation-get', []);

  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /did not finish/);
});

test('16 MiB of output and more arrive whole', (t) => {
  const runner = runnerWith(t, 'head -c 20000000 /dev/zero | tr "\\0" x');

  assert.equal(runner.run('relation-get', []).stdout.length, 20_000_000);
});

test('H151: an argument or a list of arguments Linux would refuse is refused before', (t) => {
  const runner = runnerWith(t, 'exit 0');
  const longest = 'x'.repeat(131_071);

  assert.equal(runner.run('relation-get', [longest]).code, 0);
  assert.throws(() => runner.run('relation-get', [`${longest}x`]), { kind: 'usage' });
  assert.throws(() => runner.run('relation-get', Array(12).fill(longest)), {
    message: /in all, at most 1500000 are possible/,
  });
  assert.equal(runner.calls, 1);
});
