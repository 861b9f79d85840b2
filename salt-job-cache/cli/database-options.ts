// The options by which every verb is told where the job cache is.

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Environment } from '../src/config/libpq-environment.ts';
import type { JobCacheSettings } from '../src/config/read-settings.ts';
import { readSettings } from '../src/config/read-settings.ts';

const flags: readonly (readonly [flags: string, description: string])[] = [
  [
    '--connection <conninfo>',
    'the database, as psql takes it: a conninfo text or a URI, without a password',
  ],
  [
    '--config <path>',
    "a Salt master's configuration (file or directory), or the service's JSON file",
  ],
  ['--master-id <id>', 'what the master calls itself, where no configuration says it'],
];

/** For the program and every verb; one with a `--config` of its own, as the service, knows its way. */
export function addDatabaseOptions(command: Command): void {
  if (command.options.some((own) => own.long === '--config')) return;
  for (const [flag, description] of flags) command.addOption(new Option(flag, description));
}

interface Given {
  readonly connection?: string;
  readonly config?: string;
  readonly masterId?: string;
}

/** What the verb was given, or else the program. */
function givenTo(command: Command): Given {
  const outer = command.parent === null ? {} : givenTo(command.parent);
  return { ...outer, ...command.opts<Given>() };
}

/**
 * @param warn told what a person should mend though it is no error
 * @throws JobCacheError with every place that was looked at
 */
export async function settingsOf(
  command: Command,
  environment: Environment,
  warn: (sentence: string) => void,
): Promise<JobCacheSettings> {
  return readSettings(givenTo(command), environment, warn);
}
