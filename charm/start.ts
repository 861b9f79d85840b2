// Runs a charm as the process Juju started: the one place of `charm/` that looks at the process it is in.

import { join } from 'node:path';
import type { HookHost, HookMain } from './host.ts';
import type { Explanation } from './reactive/explain.ts';
import { explain } from './reactive/explain.ts';
import { HookContextError } from './context/hook-context-error.ts';
import { createSpawnRunner } from './tools/spawn-runner.ts';

/** Name of the file of the unit's own facts, in the charm's directory: it survives upgrades (L35). */
const unitDataFile = '.unit-state.db';

/** What of the process this file needs; `process` itself, but in a test. */
export interface HookProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  exitCode?: number | string | null | undefined;
}

/** Texts of the environment that are there at all. */
function environmentOf(environment: HookProcess['env']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

/** The custom event that asks for an explanation; an action of that name gives it as its result instead. */
function isExplainEvent(environment: Readonly<Record<string, string>>): boolean {
  return environment['JUJU_DISPATCH_PATH'] === 'hooks/explain';
}

/**
 * Whether the error of a failed hook is in the model's log by now. It is not where the program was not
 * started by Juju, or where the log itself could not be written.
 */
function isUnlogged(error: unknown): error is Error {
  return error instanceof HookContextError || error instanceof AggregateError;
}

/** Runs the hook this process was started for, and sets the exit code. */
export async function startCharm<Services>(
  main: HookMain<Services, Explanation>,
  around: HookProcess = process,
): Promise<void> {
  const environment = environmentOf(around.env);
  const host: HookHost<Services> = {
    environment,
    runner: createSpawnRunner({ environment }),
    unitDataPath:
      environment['UNIT_STATE_DB'] || join(environment['JUJU_CHARM_DIR'] ?? '.', unitDataFile),
    now: () => Date.now(),
  };
  const result = await main(host);
  if (isUnlogged(result.error)) around.stderr.write(`ERROR ${result.error.message}\n`);
  if (isExplainEvent(environment)) around.stdout.write(`${explain(result.trace ?? null)}\n`);
  around.exitCode = result.exitCode;
}
