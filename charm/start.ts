// Runs a charm as the process Juju started: the one place of `charm/` that looks at the process it is in.

import { join } from 'node:path';
import { HookContextError } from './context/hook-context-error.ts';
import type { HookHost, HookMain } from './host.ts';
import type { Explanation } from './reactive/explain.ts';
import { explain } from './reactive/explain.ts';
import { createSpawnRunner } from './tools/spawn-runner.ts';

/** Name of the file of the unit's own facts, in the charm's directory: it survives upgrades (L35). */
const unitDataFile = '.unit-state.db';

/** Texts of the environment that are there at all. */
function environmentOf(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * Runs the hook this process was started for and sets the exit code. The error of a failed hook is in
 * the model's log already; it goes to standard error only where there is no hook to log it.
 */
export async function startCharm<Services>(main: HookMain<Services, Explanation>): Promise<void> {
  const environment = environmentOf(process.env);
  const host: HookHost<Services> = {
    environment,
    runner: createSpawnRunner({ environment }),
    unitDataPath:
      environment['UNIT_STATE_DB'] || join(environment['JUJU_CHARM_DIR'] ?? '.', unitDataFile),
    now: () => Date.now(),
  };
  const result = await main(host);
  if (result.error instanceof HookContextError) {
    process.stderr.write(`ERROR ${result.error.message}\n`);
  } else if (environment['JUJU_DISPATCH_PATH']?.endsWith('/explain') === true) {
    process.stdout.write(`${explain(result.trace ?? null)}\n`);
  }
  process.exitCode = result.exitCode;
}
