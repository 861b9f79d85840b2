// The lease keeper with a stand-in for a postmaster: a process that works in the data directory and is named in its
// postmaster.pid.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { LeaseNote } from '#adapters/ports/lease-note.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { createLeaseKeeper } from '#adapters/system/lease-keeper.ts';
import { createLeaseNote } from '#adapters/system/lease-note.ts';

const ignore = (): void => undefined;
const log: LogPort = {
  debug: ignore,
  info: ignore,
  warning: ignore,
  error: ignore,
  critical: ignore,
};

const reserveMs = 1000;

interface Stage {
  readonly note: LeaseNote;
  readonly path: string;
  readonly dataDirectory: string;
  /** The signal that ended the stand-in. */
  readonly ended: Promise<NodeJS.Signals | null>;
  isRunning(): boolean;
}

async function stage(t: TestContext): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'lease-keeper-'));
  const dataDirectory = join(directory, 'data');
  const path = `${dataDirectory}.lease`;
  await mkdir(dataDirectory);
  const server = spawn('sleep', ['60'], { cwd: dataDirectory, stdio: 'ignore' });
  await writeFile(join(dataDirectory, 'postmaster.pid'), `${server.pid}\n${dataDirectory}\n`);
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | null>();
  server.once('exit', (_code, signal) => resolve(signal));
  const note = createLeaseKeeper({
    note: createLeaseNote(path, log),
    path,
    dataDirectory,
    reserveMs: () => reserveMs,
    log,
  });
  t.after(async () => {
    note.write(null);
    server.kill('SIGKILL');
    await promise;
    await until(() => !existsSync(`${path}.lock`));
    await rm(directory, { recursive: true });
  });
  return {
    note,
    path,
    dataDirectory,
    ended: promise,
    isRunning: () => server.exitCode === null && server.signalCode === null,
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'the condition did not come about in 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a primary whose lease is not proven again is stopped before it ends', async (t) => {
  const { note, path, ended } = await stage(t);
  const began = performance.now();
  note.write(2000);
  assert.equal(await ended, 'SIGQUIT');
  const tookMs = performance.now() - began;
  assert.ok(tookMs > 1400 && tookMs < 2000, `it was stopped after ${tookMs} ms`);
  await until(() => !existsSync(path));
});

test('a lease that is proven again and again keeps its primary', async (t) => {
  const { note, isRunning } = await stage(t);
  for (let count = 0; count < 10; count += 1) {
    note.write(1500);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(isRunning(), `it was stopped after ${count + 1} proofs`);
  }
});

test('a lease that was given up stops nobody, and the keeper ends', async (t) => {
  const { note, path, isRunning } = await stage(t);
  note.write(2000);
  await until(() => existsSync(`${path}.lock`));
  note.write(null);
  await until(() => !existsSync(`${path}.lock`));
  assert.ok(isRunning());
});

test('a standby is left alone', async (t) => {
  const { note, path, dataDirectory, isRunning } = await stage(t);
  await writeFile(join(dataDirectory, 'standby.signal'), '');
  note.write(1500);
  await until(() => existsSync(`${path}.lock`));
  await until(() => !existsSync(path));
  assert.ok(isRunning());
});
