import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCharmProcess } from '#adapters/process/charm-process.ts';
import type { CharmProcess, CharmProcessOptions } from '#adapters/process/charm-process.ts';
import { delay } from '#adapters/system/clock.ts';

function start(
  script: string,
  options: Partial<CharmProcessOptions> = {},
): CharmProcess & { readonly output: Record<'stdout' | 'stderr', string> } {
  const output = { stdout: '', stderr: '' };
  const process = startCharmProcess({
    file: '/bin/sh',
    args: ['-c', script],
    workingDirectory: '/',
    environment: { ONLY: 'this', PATH: '/usr/bin:/bin' },
    stdin: null,
    onOutput: (stream, chunk) => {
      output[stream] += chunk.toString();
    },
    drainMs: 100,
    ...options,
  });
  return { ...process, output };
}

test('runs with the given environment alone, leads its own session, and tells its exit code', async () => {
  const run = start('env; ps -o sid= -p $$ | tr -d " "; echo $$; echo bad >&2; exit 3');
  assert.deepEqual(await run.ended, { kind: 'exited', exitCode: 3 });
  const lines = run.output.stdout.trim().split('\n');
  assert.equal(lines.at(-1), lines.at(-2), 'its session is its own');
  assert.deepEqual(lines.filter((line) => /^(?:ONLY|PATH|HOME|NODE)/u.test(line)).toSorted(), [
    'ONLY=this',
    'PATH=/usr/bin:/bin',
  ]);
  assert.equal(run.output.stderr, 'bad\n');
});

test('stdin is what was given; a program that does not read it is no error', async () => {
  const reads = start('cat', { stdin: 'text' });
  await reads.ended;
  assert.equal(reads.output.stdout, 'text');
  const ignores = start('exit 0', { stdin: 'x'.repeat(1_000_000) });
  assert.deepEqual(await ignores.ended, { kind: 'exited', exitCode: 0 });
});

test('E22: a child that keeps the pipes open delays the end by no more than the drain', async () => {
  const run = start('sleep 30 & echo done');
  const first = await Promise.race([run.ended, delay(5_000)]);
  assert.deepEqual(first, { kind: 'exited', exitCode: 0 });
  assert.equal(run.output.stdout, 'done\n');
  // Its leader has ended, so the group is not signalled any more: nobody may hit a number used again.
  run.kill('SIGKILL', 'group');
  const [leftover] = await leftSleepers(run.pid);
  assert.ok(leftover);
  process.kill(leftover, 'SIGKILL');
});

async function leftSleepers(group: number): Promise<readonly number[]> {
  const { readProcessTable } = await import('#adapters/system/process-table.ts');
  return readProcessTable()
    .filter((entry) => entry.session === group)
    .map((entry) => entry.pid);
}

test('a signal ends the program alone or the whole group, and is told', async () => {
  const group = start('sleep 30 & wait');
  group.kill('SIGKILL', 'group');
  assert.deepEqual(await group.ended, { kind: 'killed', signal: 'SIGKILL' });
  const alone = start('exec sleep 30');
  alone.kill('SIGTERM', 'process');
  assert.deepEqual(await alone.ended, { kind: 'killed', signal: 'SIGTERM' });
});

test('a program that cannot be started says why', async () => {
  const missing = start('', { file: '/nonexistent' });
  const end = await missing.ended;
  assert.equal(missing.pid, 0);
  assert.equal(end.kind, 'not-started');
  missing.kill('SIGKILL', 'group');
});
