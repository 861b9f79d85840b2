// Services of systemd: their files, and what systemctl is asked to do with them.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import { problem, type Problem } from '#core/access/problem.ts';

/** Where the administrator's unit files stand. */
export const unitFolder = '/etc/systemd/system';

/** A stop waits for what the service itself has to stop. */
const timeoutMs = 120_000;

export interface UnitFile {
  readonly name: string;
  readonly text: string;
}

/** @param what the program the service runs, as a person calls it */
export async function systemctl(what: string, args: readonly string[]): Promise<Problem | null> {
  const done = await runProgram({ file: 'systemctl', args, timeoutMs });
  if (done.exitCode === 0) return null;
  return problem(
    'START_FAILED',
    `Cannot run ${what}: systemctl ${args.join(' ')} says "${lastWords(done.stderr || done.failure)}"`,
    'Look at systemctl status and journalctl on this unit; it is tried again with the next hook',
  );
}

/** Writes unit files; whether any of them is another one now. */
export async function writeUnits(units: readonly UnitFile[]): Promise<boolean> {
  let isNew = false;
  for (const { name, text } of units) {
    if ((await readIfThere(join(unitFolder, name))) === text) continue;
    await writeFile(join(unitFolder, name), text, { mode: 0o644 });
    isNew = true;
  }
  return isNew;
}

/** One word of a unit file: systemd gives a meaning of their own to `%`, `$`, quotes and backslashes. */
export function word(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${escaped.replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}

/** The first word, the program, is taken as it is and must be a path. */
export function words(texts: readonly string[]): string {
  return texts.map((text, index) => (index === 0 ? text : word(text))).join(' ');
}
