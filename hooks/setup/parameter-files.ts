// Writes the server's parameters: what the charm decides, what a person configured, and the lines that
// include both. Configured parameters the server does not take are put back at once, or, where only a start
// shows it, by the start that failed (run-server.ts).

import { totalmem } from 'node:os';
import { join } from 'node:path';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import type { ParameterFacts } from '#core/config/check-parameters.ts';
import { checkParameters } from '#core/config/check-parameters.ts';
import { forcedMinimums } from '#core/config/forced-minimums.ts';
import { managedParameters } from '#core/config/managed-parameters.ts';
import {
  configuredFile,
  managedFile,
  renderParameters,
  withIncludes,
} from '#core/config/render-conf.ts';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';
import type { DesiredServer } from './desired.ts';
import { readRefusal } from './refused-parameters.ts';
import type { SetupNotes } from './setup-context.ts';

/** Memory the server can use, in bytes: the container's where it is limited, else the machine's. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Why the server does not take its files as they are on disk, in its own words; null where it does. */
async function filesFault(place: ServerPlace): Promise<string | null> {
  const checked = await runProgram({
    file: join(place.binDirectory, 'postgres'),
    // Reads and checks all of the configuration, prints this one parameter and ends. Works beside a
    // running server.
    args: ['-D', place.dataDirectory, '-C', 'config_file'],
    as: place.identity,
    timeoutMs: 30_000,
  });
  return checked.exitCode === 0 ? null : lastWords(checked.stderr || checked.failure);
}

function refusedParameters(words: string): Problem {
  return problem(
    'PARAMETER_REFUSED',
    `Cannot use the configured parameters: PostgreSQL says "${words}"`,
    'Correct the option extra-pg-conf; until then the settings in force stay',
  );
}

/** Writes what a person configured, unless the server does not take it. */
async function writeConfigured(
  place: ServerPlace,
  parameters: Readonly<Record<string, string>>,
): Promise<'same' | 'written' | Problem> {
  const text = renderParameters('what the options of the charm say', parameters);
  const path = join(place.dataDirectory, configuredFile);
  const previous = (await readIfThere(path)) ?? '';
  if (previous === text) return 'same';
  const earlier = await readRefusal(place, text);
  if (earlier !== null) return refusedParameters(earlier);
  await writeAtomically(path, text, place.identity);
  const fault = await filesFault(place);
  if (fault === null) return 'written';
  await writeAtomically(path, previous, place.identity);
  return refusedParameters(fault);
}

/**
 * Writes all parameter files. `facts` are the running server's parameters, null while it does not run.
 * What is refused goes to the notes; a problem is returned only where the files as a whole can't be read.
 */
export async function writeParameters(
  place: ServerPlace,
  desired: DesiredServer,
  facts: ReadonlyMap<string, ParameterFacts> | null,
  notes: SetupNotes,
): Promise<Problem | null> {
  const { dataDirectory, identity } = place;
  const managed = managedParameters({ ...desired, memoryBytes: memoryBytes() });
  const managedText = renderParameters('what the charm decides; not to be changed here', managed);
  if (await writeAtomically(join(dataDirectory, managedFile), managedText, identity)) {
    notes.did.push('Wrote the parameters the charm decides');
  }
  const mainPath = join(dataDirectory, 'postgresql.conf');
  const main = (await readIfThere(mainPath)) ?? '';
  if (await writeAtomically(mainPath, withIncludes(main), identity)) {
    notes.did.push("Included the charm's parameters in postgresql.conf");
    const fault = await filesFault(place);
    if (fault !== null) {
      return problem(
        'PARAMETER_REFUSED',
        `Cannot use ${shown(mainPath)} and what it includes: PostgreSQL says "${fault}"`,
        'Correct that file by hand; it is not the charm that wrote the part at fault',
      );
    }
  }
  const { parameters, raised } = forcedMinimums(desired.parameters, 0);
  const problems = checkParameters(parameters, facts);
  if (problems.length > 0) {
    notes.refused.push(...problems);
    return null;
  }
  const written = await writeConfigured(place, parameters);
  if (written === 'written') notes.did.push('Wrote the configured parameters', ...raised);
  else if (written !== 'same') notes.refused.push(written);
  return null;
}
