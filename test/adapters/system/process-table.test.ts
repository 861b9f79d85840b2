import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { systemClock } from '#adapters/system/clock.ts';
import {
  isRunning,
  readProcess,
  readProcessTable,
  signalGroup,
  signalProcess,
} from '#adapters/system/process-table.ts';

test('a process is described as it is, also with a name full of parentheses', async () => {
  const child = spawn('/bin/bash', ['-c', 'exec -a "a) (b" sleep 30'], {
    env: { MARK: 'yes' },
    cwd: '/usr',
    detached: true,
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const entry = readProcess(pid);
  assert.ok(entry);
  assert.equal(entry.parent, process.pid);
  assert.equal(entry.session, pid);
  assert.equal(entry.hasTerminal, false);
  assert.equal(entry.workingDirectory, '/usr');
  assert.ok(readProcessTable().some((found) => found.pid === pid));
  assert.equal(isRunning(entry), true);

  const other = { pid, startedAt: `${entry.startedAt}1` };
  assert.equal(isRunning(other), false, 'same number, another process');
  assert.equal(signalProcess(other, 'SIGKILL'), false);
  assert.equal(signalGroup(other, 'SIGKILL'), false);
  assert.equal(isRunning(entry), true, 'it was not hit');

  assert.equal(signalGroup(entry, 'SIGKILL'), true);
  await once(child, 'exit');
  assert.equal(isRunning(entry), false);
  assert.equal(signalProcess(entry, 'SIGTERM'), false);
  assert.equal(readProcess(pid), null);
});

test('a timer that was called off does not fire, one too far away is cut to what Node takes', async () => {
  let fired = 0;
  systemClock.after(1, () => (fired += 1)).cancel();
  const far = systemClock.after(1e12, () => (fired += 1));
  await new Promise<void>((resolve) => {
    systemClock.after(20, resolve);
  });
  assert.equal(fired, 0);
  far.cancel();
});
