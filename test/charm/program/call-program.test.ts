// Calling a program beside the hook: what goes in, what comes out, and how it can fail.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { callProgram, ProgramError } from '#charm/program/call-program.ts';

function program(t: TestContext, source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'program-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'program.cjs');
  writeFileSync(path, source);
  return path;
}

const echo = `
  const input = require('node:fs').readFileSync(0, 'utf8');
  const answer = { ok: true, input: JSON.parse(input), args: process.argv.slice(2), env: process.env };
  process.stdout.write(JSON.stringify(answer));
`;

test('T18: the request goes in on standard input, and nothing of it or of the hook into argv or environment', (t) => {
  process.env['JUJU_CONTEXT_ID'] = 'app/0-install-1';
  t.after(() => delete process.env['JUJU_CONTEXT_ID']);
  const path = program(t, echo);
  const answer = callProgram(path, { password: 'S3cret' }, { timeoutMs: 10_000 });

  assert.deepEqual(answer['input'], { password: 'S3cret' });
  assert.deepEqual(answer['args'], []);
  assert.ok(!JSON.stringify(answer['env']).includes('S3cret'));
  assert.ok(!Object.keys(answer['env'] ?? {}).some((key) => key.startsWith('JUJU')));
});

test('a program that fails, answers nonsense or can not be run is named with what it did', (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['process.exit(3)', /exit code 3; its last words are in the log/],
    ['process.kill(process.pid, "SIGKILL")', /ended with SIGKILL/],
    ['', /is to be a JSON document that says "ok", and is none \(0 characters\)/],
    ['process.stdout.write("S3cret")', /is none \(6 characters\)/],
    ['process.stdout.write("null")', /is none/],
    ['process.stdout.write(JSON.stringify({ ok: "yes" }))', /is none/],
  ];
  for (const [source, expected] of cases) {
    const path = program(t, source);
    const call = (): unknown => callProgram(path, {}, { timeoutMs: 10_000 });
    assert.throws(call, (error) => {
      assert.ok(error instanceof ProgramError);
      assert.match(error.message, expected);
      assert.ok(error.message.includes(path));
      assert.ok(!error.message.includes('S3cret'));
      return true;
    });
  }
  assert.throws(
    () => callProgram('/nowhere.cjs', {}, { runtime: '/nowhere/node', timeoutMs: 10_000 }),
    /ENOENT/,
  );
});

test('how a program ended is told also where it did not read a large request', (t) => {
  const path = program(t, 'process.exit(3)');
  const request = 'x'.repeat(5_000_000);

  assert.throws(() => callProgram(path, request, { timeoutMs: 10_000 }), /exit code 3/);
});

test('a program that takes too long is ended', (t) => {
  const path = program(t, 'setInterval(() => undefined, 1000)');

  assert.throws(
    () => callProgram(path, {}, { timeoutMs: 300 }),
    /took longer than 0\.3 s and was ended/,
  );
});
