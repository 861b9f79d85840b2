// Runs a program with this terminal as its own and says how it ended.

import { spawn } from 'node:child_process';
import { root } from './charms.ts';

/** Runs `command` from the root of the checkout; its exit code, or 128 + signal's place for a signal. */
export async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 128));
  });
}

/** Runs Node on a script or with options of its own. */
export async function node(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return run(process.execPath, args, environment);
}
