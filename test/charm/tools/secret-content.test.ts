import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { createHookTools } from '#charm/tools/hook-tools.ts';
import { recordingRunner } from './recording-runner.ts';

function temporary(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'secret-content-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('W3: content goes through files only the owner can read, and they are gone afterwards', (t) => {
  const directory = temporary(t);
  const seen: string[] = [];
  const runner = recordingRunner(({ args }) => {
    for (const argument of args.filter((each) => each.includes('#file='))) {
      const path = argument.slice(argument.indexOf('=') + 1);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
      seen.push(`${argument.split('#')[0] ?? ''}=${readFileSync(path, 'utf8')}`);
    }
    return 'secret:9m4e2mr0ui3e8a215n4g\n';
  });
  const tools = createHookTools(runner, { temporaryDirectory: directory });

  const id = tools.secretAdd({ password: '-hunter\n22', 'user-name': '' }, 'application', {
    label: '-l',
    rotate: 'daily',
  });

  assert.equal(id, 'secret:9m4e2mr0ui3e8a215n4g');
  assert.deepEqual(seen, ['password=-hunter\n22', 'user-name=']);
  assert.deepEqual(runner.calls[0]?.args.slice(0, 3), [
    '--owner=application',
    '--label=-l',
    '--rotate=daily',
  ]);
  assert.ok(!runner.lines.join().includes('hunter'));
  assert.deepEqual(readdirSync(directory), []);
});

test('the files are gone also when the tool fails', (t) => {
  const directory = temporary(t);
  const tools = createHookTools(
    recordingRunner(() => ({ code: 1, stderr: 'ERROR this unit is not the leader' })),
    { temporaryDirectory: directory },
  );

  assert.throws(() => tools.secretAdd({ password: 'x' }, 'application'), { kind: 'notLeader' });
  assert.deepEqual(readdirSync(directory), []);
});

test('an undefined attribute is as none', (t) => {
  const runner = recordingRunner(() => 'secret:x');
  const attributes: Record<string, string> = JSON.parse('{"label":"l"}');
  const undefinedToo = { ...attributes, description: undefined } as unknown as { label: string };

  createHookTools(runner, { temporaryDirectory: temporary(t) }).secretSet(
    'secret:x',
    {},
    undefinedToo,
  );

  assert.deepEqual(runner.lines, ['secret-set --label=l secret:x']);
});
