// Brackets for tests that need a model: a state directory of its own, and the proof afterwards that nothing is left.

import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { claimAddress } from '#adapters/net/unix-listener.ts';
import { delay } from '#adapters/system/clock.ts';
import { readProcessTable } from '#adapters/system/process-table.ts';
import type { ProcessEntry } from '#adapters/system/process-table.ts';
import { JujuLocal } from '#juju-local/client.ts';
import type { BootstrapOptions } from '#juju-local/client.ts';
import { layoutOf, unitTag } from '#juju-local/state/layout.ts';
import type { LogLine, LogQuery } from '#juju-local/state/model-log.ts';

/** Longest wait of a test for anything, milliseconds. */
export const testTimeoutMs = 30_000;

export interface TestModel {
  readonly juju: JujuLocal;
  readonly stateDir: string;
  /** A copy of a fixture charm with further files, ready to deploy. Files below `steps/` are run by shell-dispatch. */
  charm(name: string, files?: Readonly<Record<string, string>>): string;
  /** Path of a file in a unit's charm directory. */
  inCharm(unit: string, path: string): string;
  /** The events a unit of the shell charms saw, in order; also when the unit has gone since. */
  trace(unit: string): Promise<readonly string[]>;
}

/** Runs `body` with a fresh model, destroys it, and fails when a process, an address or the directory is left. */
export async function withModel(
  body: (model: TestModel) => Promise<void>,
  options: Partial<BootstrapOptions> = {},
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'jl-'));
  // PostgreSQL never runs as root, so its user has to get through.
  chmodSync(base, 0o711);
  const stateDir = join(base, 's');
  try {
    const juju = await JujuLocal.bootstrap({
      seed: 1,
      timeoutMs: testTimeoutMs,
      ...options,
      stateDir,
    });
    const [host = '', port = ''] = (await juju.ping()).apiAddress.split(':');
    await juju.setModelConfig({ 'update-status-hook-interval': '0' });
    try {
      await body(testModel(juju, stateDir, base));
    } finally {
      await juju[Symbol.asyncDispose]();
    }
    assert.equal(existsSync(stateDir), false, 'the state directory is gone');
    assert.deepEqual(processesOf(base), [], 'no process of the model is left');
    const claim = await claimAddress(host, Number(port));
    assert.notEqual(claim, null, 'the API address is free again');
    await claim?.close();
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** The model's log so far, DEBUG and above. */
export async function logOf(
  juju: JujuLocal,
  query: Partial<LogQuery> = {},
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of juju.log(query)) lines.push(line);
  return lines;
}

/** Waits until a file is there, which a charm's script makes; fails with its name at the deadline. */
export async function untilFile(path: string): Promise<void> {
  const deadline = Date.now() + testTimeoutMs;
  while (!existsSync(path)) {
    assert.ok(Date.now() < deadline, `nobody made ${path} within ${testTimeoutMs} ms`);
    await delay(10);
  }
}

/** Processes that stand in a directory, run a program of it, or carry its name in their environment. */
export function processesOf(folder: string): readonly ProcessEntry[] {
  const names = (text: string | null): boolean => text?.includes(folder) ?? false;
  return readProcessTable().filter(
    (entry) =>
      entry.pid !== process.pid &&
      entry.state !== 'Z' &&
      (names(entry.executable) || names(entry.workingDirectory) || entry.environment.some(names)),
  );
}

export const charmsDir: string = fileURLToPath(new URL('../fixtures/charms/', import.meta.url));

/** Copies a fixture charm below `folder` and adds files to it; scripts below hooks/ and actions/ get their x bit. */
export function copyCharm(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>> = {},
): string {
  const copy = mkdtempSync(join(folder, 'charm-'));
  cpSync(join(charmsDir, name), copy, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    const isScript = /^(?:hooks|actions)\/|^dispatch$/u.test(path);
    writeFileSync(join(copy, path), content, { mode: isScript ? 0o755 : 0o644 });
  }
  return copy;
}

function testModel(juju: JujuLocal, stateDir: string, base: string): TestModel {
  const { machinesDir } = layoutOf(stateDir);
  return {
    juju,
    stateDir,
    charm: (name, files) => copyCharm(base, name, files),
    inCharm: (unit, path) => {
      const machine = readdirSync(machinesDir).find((id) =>
        existsSync(join(machinesDir, id, unitTag(unit))),
      );
      assert.ok(machine, `${unit} has a directory on some machine`);
      return join(machinesDir, machine, unitTag(unit), 'charm', path);
    },
    trace: async (unit) => {
      return (await logOf(juju, { include: [unit] }))
        .filter((line) => line.message.startsWith('event: '))
        .map((line) => line.message.slice('event: '.length));
    },
  };
}
