// The supervisor with programs that end, hang and are taken over.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readProcessTable, signalProcess } from '#adapters/system/process-table.ts';
import { readPidFile } from '#adapters/supervise/pid-file.ts';
import type { RunFile } from '#adapters/supervise/run-file.ts';

const program = fileURLToPath(new URL('../../../src/adapters/supervise/main.ts', import.meta.url));
const deadlineMs = 20_000;

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A directory with a supervisor's file; everything that was started in it is ended at the end. */
class Place implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'supervise-'));
  readonly run: RunFile;
  readonly #children: ChildProcess[] = [];

  constructor(agent: string, wake = 'exit 0') {
    mkdirSync(join(this.directory, 'run'));
    mkdirSync(join(this.directory, 'wake'));
    this.run = {
      program: [this.script('agent', agent)],
      environment: { PATH: '/usr/bin:/bin' },
      user: null,
      directory: this.directory,
      log: join(this.directory, 'agent.log'),
      supervisorPid: join(this.directory, 'run/supervisor.pid'),
      agentPid: join(this.directory, 'run/agent.pid'),
      wake: join(this.directory, 'wake/mark'),
      wakeCommand: [this.script('wake-up', wake), 'an argument'],
      version: '1',
    };
    writeFileSync(join(this.directory, 'run/run.json'), JSON.stringify(this.run));
  }

  script(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, `#!/bin/sh\ncd '${this.directory}'\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  start(): ChildProcess {
    const child = spawn(process.execPath, [program, join(this.directory, 'run/run.json')], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }

  get lines(): number {
    return this.read('ran').split('\n').length - 1;
  }

  read(name: string): string {
    const path = join(this.directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  get agent(): ReturnType<typeof readPidFile> {
    return readPidFile(this.run.agentPid);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const entry of readProcessTable()) {
      if (entry.workingDirectory === this.directory) signalProcess(entry, 'SIGKILL');
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** Runs until it is told to end, and says that it ran and that it ended. */
const patient = `echo ran >> ran
trap 'echo stopped >> ended; exit 0' TERM
trap 'echo reloaded >> reloads' HUP
while :; do sleep 0.05; done`;

test('what ends is started again, and its words and its end are in the log', async () => {
  using place = new Place('echo ran >> ran; echo said something; exit 3');
  place.start();
  await until(() => place.lines >= 3, 'three starts');

  assert.match(place.read('agent.log'), /said something/);
  assert.match(
    place.read('agent.log'),
    /The agent is gone: it ended with exit code 3; starting it again in 100 ms/,
  );
});

test('an agent that is killed is started again within a moment', async () => {
  using place = new Place(patient);
  place.start();
  await until(() => place.lines === 1, 'the first start');
  const { agent } = place;
  assert.ok(agent);
  const at = performance.now();
  signalProcess(agent, 'SIGKILL');
  await until(() => place.lines === 2, 'the second start');

  assert.ok(performance.now() - at < 2_000);
});

test('SIGTERM ends the agent gently before the supervisor ends, and starts nothing any more', async () => {
  using place = new Place(patient);
  const supervisor = place.start();
  await until(() => existsSync(place.run.supervisorPid) && place.lines === 1, 'it runs');
  supervisor.kill('SIGTERM');
  supervisor.kill('SIGTERM');

  assert.equal(await ended(supervisor), 0);
  assert.equal(place.read('ended'), 'stopped\n');
  assert.equal(place.lines, 1);
  assert.equal(existsSync(place.run.supervisorPid), false);
});

test('SIGTERM while it waits to start the agent again ends it at once', async () => {
  using place = new Place('echo ran >> ran; exit 1');
  const supervisor = place.start();
  await until(() => place.lines >= 4, 'long waits');
  const at = performance.now();
  supervisor.kill('SIGTERM');
  assert.equal(await ended(supervisor), 0);
  assert.ok(performance.now() - at < 1_000);
});

test('SIGHUP reaches the agent', async () => {
  using place = new Place(patient);
  const supervisor = place.start();
  await until(() => existsSync(place.run.supervisorPid) && place.lines === 1, 'it runs');
  supervisor.kill('SIGHUP');
  await until(() => place.read('reloads') !== '', 'the reload');
});

test('of two supervisors of one directory the second goes away', async () => {
  using place = new Place(patient);
  place.start();
  await until(() => existsSync(place.run.supervisorPid), 'it runs');
  const second = place.start();

  assert.equal(await ended(second), 0);
  assert.equal(place.lines, 1);
});

test('a supervisor that was killed or went away leaves the agent, and the next one takes it over', async () => {
  using place = new Place(patient);
  for (const signal of ['SIGKILL', 'SIGUSR2'] as const) {
    const supervisor = place.start();
    await until(() => readPidFile(place.run.supervisorPid)?.pid === supervisor.pid, 'it runs');
    await until(() => place.lines === 1, 'the agent runs');
    const before = place.agent;
    supervisor.kill(signal);
    await ended(supervisor);
    assert.ok(before);
    assert.deepEqual(place.agent, before);
  }
  const third = place.start();
  await until(() => /Took over the agent/.test(place.read('agent.log')), 'taken over');
  const { agent } = place;
  assert.ok(agent);
  signalProcess(agent, 'SIGKILL');
  await until(() => place.lines === 2, 'started again though it was no child');
  third.kill('SIGTERM');
  assert.equal(await ended(third), 0);
});

test('a mark wakes the charm once; marks made meanwhile wake it once more', async () => {
  using place = new Place(
    patient,
    'echo "$1|$JUJU_CONTEXT_ID" >> woken; while [ -e hold ]; do sleep 0.02; done',
  );
  writeFileSync(join(place.directory, 'hold'), '');
  process.env['JUJU_CONTEXT_ID'] = 'of the hook';
  try {
    place.start();
  } finally {
    delete process.env['JUJU_CONTEXT_ID'];
  }
  await until(() => place.lines === 1, 'it runs');
  writeFileSync(place.run.wake, '');
  await until(() => place.read('woken') !== '', 'the first event');
  for (let mark = 0; mark < 5; mark += 1) writeFileSync(place.run.wake, '');
  rmSync(join(place.directory, 'hold'));
  await until(() => place.read('woken').split('\n').length === 3, 'the second event');
  await until(() => !existsSync(place.run.wake), 'no mark is left');

  assert.equal(place.read('woken'), 'an argument|\nan argument|\n');
});

test('a mark that was made while no supervisor ran is not lost', async () => {
  using place = new Place(patient, 'echo woken >> woken');
  writeFileSync(place.run.wake, '');
  place.start();
  await until(() => place.read('woken') === 'woken\n', 'the event');
});

test('an event that could not be raised is raised again', async () => {
  using place = new Place(patient, 'echo tried >> woken; [ "$(wc -l < woken)" -ge 2 ] || exit 1');
  place.start();
  writeFileSync(place.run.wake, '');
  await until(() => place.read('woken') === 'tried\ntried\n', 'the second try');
  assert.match(place.read('agent.log'), /Cannot wake the charm: it ended with exit code 1/);
});
