// The text of postgresql.conf, which the agent owns: it includes what was there before and comes last, so
// that what is configured wins.

import { quoteConfigValue } from '../quote-value.ts';

export const baseConfFile = 'postgresql.base.conf';

export interface PostgresqlConf {
  /** File that is read first: `custom_conf`, or the former postgresql.conf under its new name. */
  readonly include: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Paths of our own files, set where the parameters name no others. */
  readonly hbaFile: string;
  readonly identFile: string;
  /** A custom bootstrap needs our own pg_hba.conf whatever the parameters name. */
  readonly isHbaFileForced: boolean;
  /** Recovery parameters, empty on a primary. */
  readonly recovery: Readonly<Record<string, string>>;
}

function lines(parameters: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(parameters)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name} = ${quoteConfigValue(value)}`);
}

/** The whole file. It may hold a password (`primary_conninfo`), so it must be 0600. */
export function postgresqlConfText(conf: PostgresqlConf): string {
  const { hba_file: hbaFile, ident_file: identFile, ...others } = conf.parameters;
  const files = {
    hba_file: conf.isHbaFileForced ? conf.hbaFile : (hbaFile ?? conf.hbaFile),
    ident_file: identFile ?? conf.identFile,
  };
  const recovery = lines(conf.recovery);
  return [
    '# Written by pg-agent from its configuration. Changes made here are lost:',
    '# change the configuration, for example by `patronictl edit-config`.',
    `include ${quoteConfigValue(conf.include)}`,
    '',
    ...lines(others),
    ...lines(files),
    ...(recovery.length === 0 ? [] : ['', '# recovery.conf', ...recovery]),
    '',
  ].join('\n');
}
