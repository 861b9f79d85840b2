// The log that two programs append to.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeLog, logLine, openLog, rotateLog } from '#adapters/supervise/log-file.ts';

test('a log that is too large is put aside, and who has it open goes on at its beginning', () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-'));
  const path = join(directory, 'agent.log');
  const agent = openLog(path);
  assert.ok(agent !== 'ignore');
  try {
    writeSync(agent, 'old\n');
    rotateLog(path, 100);
    assert.equal(readFileSync(path, 'utf8'), 'old\n', 'small enough');
    rotateLog(path, 3);
    writeSync(agent, 'new\n');
    logLine(path, 'A sentence');

    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'old\n');
    assert.match(readFileSync(path, 'utf8'), /^new\n\d{4}-.* pg-supervise: A sentence\n$/u);
  } finally {
    closeLog(agent);
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a log that is not there yet is no trouble', () => {
  rotateLog('/nonexistent/agent.log');
  assert.equal(openLog('/nonexistent/agent.log'), 'ignore');
});
