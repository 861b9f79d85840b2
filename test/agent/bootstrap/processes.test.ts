// Programs that fill a data directory end with everything they started: by themselves, when they are cancelled, with
// the agent, and after the agent's death.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftovers, fillingMarks } from '#adapters/process/leftover-commands.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import type { CommandCall } from '#adapters/process/run-command-group.ts';
import { isRunning, readProcess } from '#adapters/system/process-table.ts';
import { DataDirectoryCare } from '#agent/bootstrap/data-directory-care.ts';
import { instantClock, keptLog, serverUser } from './bootstrap-parts.ts';

interface Place extends AsyncDisposable {
  readonly path: string;
  /** Process id a script wrote there, once it did. */
  pid(name: string): Promise<number>;
}

async function withPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'pg-processes-'));
  return {
    path,
    async pid(name) {
      const file = join(path, name);
      for (let waited = 0; waited < 20_000; waited += 10) {
        const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
        if (text.endsWith('\n')) return Number(text);
        await sleep(10);
      }
      throw new Error(`${file} was not written within 20 s`);
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

function hasEnded(pid: number): boolean {
  const entry = readProcess(pid);
  return entry === null || !isRunning(entry);
}

async function waitForEnd(pid: number): Promise<void> {
  for (let waited = 0; !hasEnded(pid); waited += 10) {
    if (waited > 20_000) throw new Error(`process ${pid} is still there after 20 s`);
    await sleep(10);
  }
}

function shell(script: string, more: Partial<CommandCall> = {}): CommandCall {
  return {
    file: '/bin/sh',
    args: ['-c', script],
    environment: { PATH: process.env['PATH'] ?? '' },
    ...more,
  };
}

describe('runCommandGroup', () => {
  it('gives arguments as they are, its own environment, and both streams line by line', async () => {
    const lines: string[] = [];
    const end = await runCommandGroup({
      file: '/bin/sh',
      args: [
        '-c',
        'echo "$1"; echo "$X" >&2; printf "a\\rb\\r\\nlast"; env | grep -c HOME',
        'sh',
        `$(id) 'x' *`,
      ],
      environment: { X: 'ours', PATH: process.env['PATH'] ?? '' },
      onLine: (line) => lines.push(line),
    });
    assert.equal(end.kind, 'exited');
    assert.deepEqual(lines.toSorted(), [`$(id) 'x' *`, 'a', 'b', 'last0', 'ours'].toSorted());
  });

  it('tells code, signal, and why it could not be started', async () => {
    assert.deepEqual(await runCommandGroup(shell('echo why; exit 3')), {
      kind: 'exited',
      exitCode: 3,
      lastLines: ['why'],
    });
    assert.deepEqual(await runCommandGroup(shell('kill -9 $$')), {
      kind: 'killed',
      signal: 'SIGKILL',
      lastLines: [],
    });
    const missing = await runCommandGroup({ ...shell(''), file: '/no/such/program' });
    assert.deepEqual(missing, {
      kind: 'not-started',
      why: 'cannot start /no/such/program: ENOENT',
    });
  });

  it('keeps the last 50 lines', async () => {
    const end = await runCommandGroup(
      shell('i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); done; exit 1'),
    );
    assert.ok(end.kind === 'exited');
    assert.equal(end.lastLines.length, 50);
    assert.equal(end.lastLines.at(-1), '99');
  });

  it('starts nothing once it is cancelled', async () => {
    await using place = await withPlace();
    const end = await runCommandGroup(
      shell(`touch ${place.path}/there`, { signal: AbortSignal.abort() }),
    );
    assert.deepEqual(end, { kind: 'cancelled' });
    assert.ok(!existsSync(join(place.path, 'there')));
  });

  for (const [how, ignoring] of [
    ['ends', ''],
    ['kills what will not end of', `trap '' TERM;`],
  ] as const) {
    it(`${how} the whole group when it is cancelled`, async () => {
      await using place = await withPlace();
      const controller = new AbortController();
      // The child of a child; what waits for it does not pass signals on.
      const script = `${ignoring} sh -c '${ignoring.replaceAll("'", `'"'"'`)} echo $$ > ${place.path}/below; while :; do sleep 1; done'; true`;
      const running = runCommandGroup(
        shell(script, { signal: controller.signal, killAfterMs: 200 }),
      );
      const below = await place.pid('below');
      controller.abort();
      assert.deepEqual(await running, { kind: 'cancelled' });
      assert.ok(hasEnded(below), 'nobody of it is left when it counts as ended');
    });
  }

  it('leaves nobody behind that a program started and did not wait for', async () => {
    await using place = await withPlace();
    const script = `sleep 1000 & echo $! > ${place.path}/below`;
    assert.equal((await runCommandGroup(shell(script))).kind, 'exited');
    assert.ok(hasEnded(await place.pid('below')));
  });

  it('leaves them where it may, when the program ended well', async () => {
    await using place = await withPlace();
    const script = `sleep 1000 > /dev/null 2>&1 & echo $! > ${place.path}/below`;
    await runCommandGroup(shell(script, { mayLeaveProcesses: true }));
    const below = await place.pid('below');
    assert.ok(!hasEnded(below));
    process.kill(below, 'SIGKILL');
    await waitForEnd(below);
  });
});

/** Another agent, which fills a directory by a program that goes on for ever. */
async function startAgent(place: Place, dataDirectory: string): Promise<number> {
  const program = join(place.path, 'agent.ts');
  const root = import.meta.resolve('#adapters/process/run-command-group.ts');
  const marks = import.meta.resolve('#adapters/process/leftover-commands.ts');
  await writeFile(
    program,
    `import { runCommandGroup } from ${JSON.stringify(root)};
import { fillingMarks } from ${JSON.stringify(marks)};
process.on('SIGTERM', () => process.exit(0));
await runCommandGroup({
  file: '/bin/sh',
  args: ['-c', 'sh -c "echo \\\\$\\\\$ > ${place.path}/below; while :; do sleep 1; done"; true'],
  environment: { PATH: process.env.PATH, ...fillingMarks(${JSON.stringify(dataDirectory)}) },
});
`,
  );
  const agent = spawn(process.execPath, [program], { stdio: 'ignore' });
  await once(agent, 'spawn');
  return agent.pid ?? 0;
}

describe('a program that fills a data directory', () => {
  it('ends with its agent', async () => {
    await using place = await withPlace();
    const agent = await startAgent(place, join(place.path, 'data'));
    const below = await place.pid('below');
    process.kill(agent, 'SIGTERM');
    await waitForEnd(agent);
    await waitForEnd(below);
  });

  it('is ended by the next agent where its own was killed, before anything is written', async () => {
    await using place = await withPlace();
    const dataDirectory = join(place.path, 'data');
    const agent = await startAgent(place, dataDirectory);
    const below = await place.pid('below');
    try {
      assert.equal((await endLeftovers(dataDirectory)).kind, 'busy', 'its agent is at work');
      assert.ok(!hasEnded(below));
      process.kill(agent, 'SIGKILL');
      await waitForEnd(agent);
      assert.ok(!hasEnded(below), 'it outlives an agent that was killed');
      assert.equal((await endLeftovers(join(place.path, 'another'))).kind, 'none');
      assert.ok(!hasEnded(below));

      const log = keptLog();
      const identity = await serverUser();
      const care = new DataDirectoryCare({
        place: { dataDirectory, identity, program: (name) => name },
        clock: instantClock(),
        log,
      });
      assert.equal(await care.claim(), true);
      assert.ok(hasEnded(below));
      assert.match(
        log.text(),
        /warning Ended what an earlier agent left running in the data directory/u,
      );
    } finally {
      for (const pid of [agent, below]) if (!hasEnded(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  it('of ours is none that was left over', async () => {
    await using place = await withPlace();
    const dataDirectory = join(place.path, 'data');
    const end = await runCommandGroup(
      shell('true', { environment: { ...fillingMarks(dataDirectory) } }),
    );
    assert.equal(end.kind, 'exited');
    assert.deepEqual(await endLeftovers(dataDirectory), { kind: 'none' });
  });
});
