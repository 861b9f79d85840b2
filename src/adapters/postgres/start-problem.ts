// Finds out why a server does not even begin to start: PostgreSQL checks its configuration when asked for one
// value of it, and says what is wrong where we can read it.

import { join } from 'node:path';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import type { MemberPlace } from './member-place.ts';

export interface ConfigurationProblem {
  /** Empty where the configuration is sound. */
  readonly words: string;
  readonly unknownParameter: string | null;
}

const unknownForm = /unrecognized configuration parameter "(?<name>[^"]+)"/u;

export async function configurationProblem(place: MemberPlace): Promise<ConfigurationProblem> {
  const asked = await runProgram({
    file: place.program('postgres'),
    args: [
      '-D',
      place.dataDirectory,
      `--config_file=${join(place.configDirectory, 'postgresql.conf')}`,
      '-C',
      'data_directory',
    ],
    as: place.identity,
    timeoutMs: 10_000,
  });
  if (asked.exitCode === 0) return { words: '', unknownParameter: null };
  return {
    words: `it says "${lastWords(asked.stderr || asked.failure)}"`,
    unknownParameter: unknownForm.exec(asked.stderr)?.groups?.['name']?.toLowerCase() ?? null,
  };
}
