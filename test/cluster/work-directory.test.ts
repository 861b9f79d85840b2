import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readProcess } from '#adapters/system/process-table.ts';
import { StartedProcess } from './started-process.ts';
import { within } from './within.ts';
import { workDirectory } from './work-directory.ts';

void test('leaves neither a process nor a file, also of one whose parent has ended', async () => {
  let path = '';
  let pid = 0;
  {
    await using directory = await workDirectory();
    path = directory.path;
    // The shell ends at once and leaves a child behind, as a killed agent leaves a postmaster.
    const shell = await StartedProcess.start(directory, {
      file: '/bin/sh',
      args: ['-c', 'sleep 600 & echo $!'],
      logFile: join(path, 'shell.log'),
    });
    await shell.ended(10);
    pid = await within(10, 'the child is told', async () => {
      const told = Number(await shell.log());
      assert.ok(told > 0);
      return told;
    });
    assert.ok(directory.processes().some((entry) => entry.pid === pid));
  }

  const left = readProcess(pid);
  assert.ok(left === null || left.state === 'Z', `process ${pid} is left`);
  assert.ok(!existsSync(path), `${path} is left`);
});
