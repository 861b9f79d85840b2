// The command line of pg_basebackup.

import { processUserOptions } from './process-user-options.ts';
import type { OptionErrorHandler } from './process-user-options.ts';

/** Where to, where from, in which format: ours alone. `target` would send the backup somewhere else. */
const alwaysNotAllowed: readonly string[] = [
  'pgdata',
  'target',
  'format',
  'wal-method',
  'xlog-method',
  'gzip',
  'version',
  'help',
  'dbname',
  'host',
  'port',
  'username',
  'password',
];

export interface BasebackupRequest {
  readonly dataDirectory: string;
  /** Without a password; it is in the file PGPASSFILE names. */
  readonly dsn: string;
  /** `postgresql.basebackup` as configured; null for none. */
  readonly options: unknown;
  /** Of pg_basebackup itself. */
  readonly majorVersion: number;
  readonly onError: OptionErrorHandler;
}

const compressionError =
  'compress option for basebackup must use server-side compression (e.g., server-gzip, server-zstd). Client-side compression is not allowed.';

/** From 15 on the server can compress and pg_basebackup writes plain files all the same. */
export function basebackupNotAllowedOptions(majorVersion: number): readonly string[] {
  return majorVersion >= 15 ? alwaysNotAllowed : [...alwaysNotAllowed, 'compress'];
}

/** Whether an argument `--name` or `--name=value` may stand for this option: by its name or a beginning of it. */
function standsFor(argument: string, option: string): boolean {
  const [name = ''] = argument.slice(2).split('=', 1);
  return option.startsWith(name);
}

function isCompressingOnServer(argument: string): boolean {
  return /^--[a-z0-9-]+=server/u.test(argument);
}

/** The arguments of pg_basebackup; an option that is not allowed is told and left out. */
export function basebackupArguments(request: BasebackupRequest): readonly string[] {
  const options = processUserOptions(
    'basebackup',
    request.options ?? [],
    basebackupNotAllowedOptions(request.majorVersion),
    request.onError,
  ).filter((argument) => {
    const isRefused = standsFor(argument, 'compress') && !isCompressingOnServer(argument);
    if (isRefused) request.onError(compressionError);
    return !isRefused;
  });
  const own: string[] = [];
  // A spread checkpoint of an idle server makes the new replica wait for minutes, for nothing.
  if (!options.some((argument) => standsFor(argument, 'checkpoint'))) own.push('--checkpoint=fast');
  if (!options.some((argument) => standsFor(argument, 'progress'))) own.push('--progress');
  return [
    `--pgdata=${request.dataDirectory}`,
    '-X',
    'stream',
    `--dbname=${request.dsn}`,
    ...options,
    ...own,
  ];
}
