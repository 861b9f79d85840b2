// Where the time of a hook goes: reads what `probe.cjs` noted and takes it apart.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const probe = fileURLToPath(new URL('probe.cjs', import.meta.url));
const hookProgram = 'charm.cjs';
const setupProgram = 'pg-setup.cjs';

interface ProbeNote {
  readonly program: string;
  readonly programs: readonly (readonly [name: string, ms: number])[];
  readonly databaseMs: number;
}

/** Milliseconds of one hook, by who spent them. They add up to the whole. */
export interface Split {
  /** The hook itself, with Node's start and without its tools. */
  readonly hook: number;
  readonly tools: number;
  /** The program pg-setup, with Node's start and without the two below. */
  readonly setup: number;
  /** Programs pg-setup started. */
  readonly programs: number;
  /** Waiting for PostgreSQL's answers. */
  readonly database: number;
}

/** The variables by which a hook is run with the probe. */
export function probeVariables(file: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require="${probe}"`, BENCH_PROBE: file };
}

/** Takes apart a hook of `wallMs` whose probe wrote to `file`, and removes the file. */
export function takeSplit(file: string, wallMs: number): Split {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  rmSync(file, { force: true });
  const notes = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ProbeNote);
  return splitOf(notes, wallMs);
}

/** @throws Error where the hook itself left no note */
export function splitOf(notes: readonly ProbeNote[], wallMs: number): Split {
  const hook = notes.find(({ program }) => program === hookProgram);
  if (hook === undefined) {
    throw new Error(`Cannot tell where the hook's time went: its probe noted nothing`);
  }
  const setupWhole = total(hook.programs.filter(([name]) => name === setupProgram));
  const tools = total(hook.programs) - setupWhole;
  const setups = notes.filter(({ program }) => program === setupProgram);
  const programs = total(setups.flatMap((note) => note.programs));
  const database = setups.reduce((sum, note) => sum + note.databaseMs, 0);
  return {
    hook: wallMs - tools - setupWhole,
    tools,
    setup: setupWhole - programs - database,
    programs,
    database,
  };
}

function total(programs: readonly (readonly [string, number])[]): number {
  return programs.reduce((sum, [, ms]) => sum + ms, 0);
}
