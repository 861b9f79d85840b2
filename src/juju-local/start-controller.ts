// Starts a controller process that outlives its caller, and waits until it answers or says why it can't.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text as readAll } from 'node:stream/consumers';
import type { Readable } from 'node:stream';

import { Connection } from './api/connection.ts';
import { layoutOf } from './state/layout.ts';
import { prepareStateDir } from './state/state-directory.ts';
import { UserError } from './user-error.ts';

export interface ControllerOptions {
  readonly stateDir: string;
  readonly modelName: string;
  /** Hooks that may run at the same time, or null for one per core. */
  readonly parallelHooks: number | null;
  /** Seed of every choice Juju leaves open, or null for a random one. */
  readonly seed: number | null;
}

/** The file descriptor on which a new controller says how its start went. */
export const reportDescriptor = 3;

const program: string = fileURLToPath(new URL('../../bin/juju-local.ts', import.meta.url));

/** Arguments of the hidden verb that is the controller. */
export function controllerArguments(options: ControllerOptions): readonly string[] {
  return [
    'controller',
    '--state-dir',
    options.stateDir,
    '--model',
    options.modelName,
    ...(options.parallelHooks === null ? [] : ['--parallel-hooks', String(options.parallelHooks)]),
    ...(options.seed === null ? [] : ['--seed', String(options.seed)]),
  ];
}

/**
 * Makes sure a controller serves the state directory; true when it had to be started. Throws `UserError` when the
 * directory can't be used or the controller gave up.
 */
export async function ensureController(options: ControllerOptions): Promise<boolean> {
  prepareStateDir(options.stateDir);
  const layout = layoutOf(options.stateDir);
  const connection = new Connection(layout.controllerSocket);
  if (await connection.isAlive()) return false;
  const complaint = await spawnController(options, layout.controllerLog);
  // Two that start at once: the one that lost the race complains, and the winner serves both callers.
  if (complaint === '' || (await connection.isAlive())) return true;
  const [message = complaint, hint = ''] = complaint.split('\n');
  throw new UserError(message, hint);
}

/** Resolves with an empty text once the controller serves, else with its complaint: message, newline, hint. */
async function spawnController(options: ControllerOptions, logFile: string): Promise<string> {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [program, ...controllerArguments(options)], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      env: ownVariables(process.env),
    });
    child.unref();
    const started = Promise.withResolvers<void>();
    child.once('spawn', started.resolve);
    child.once('error', started.reject);
    await started.promise;
    const report = (await readAll(child.stdio[reportDescriptor] as Readable)).trim();
    if (report === 'ready') return '';
    return report === ''
      ? `the controller ended before it was ready\nits log says why: "${logFile}"`
      : report;
  } finally {
    closeSync(log);
  }
}

/** A daemon that lives for weeks must not keep what happened to be in a shell's environment. */
function ownVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_V8_COVERAGE'];
  return Object.fromEntries(kept.map((name) => [name, environment[name]]));
}
