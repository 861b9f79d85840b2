// The options of the charm, checked: what is wrong with them is one sentence, and what is right has its own type. Pure.

import { splitList } from '#interfaces/pgsql/settings.ts';
import { leastSpoolLimitBytes } from '../src/service/service-config.ts';

export interface Settings {
  readonly keepJobsSeconds: number;
  readonly keepJobs: number;
  readonly keepEventsSeconds: number;
  readonly partitions: boolean;
  readonly recordEvents: boolean;
  /** Globs of tags; empty for all. */
  readonly eventTags: readonly string[];
  readonly ingestEvents: boolean;
  /** Whether the master's configuration names PostgreSQL as its job cache. */
  readonly masterJobCache: boolean;
  readonly compatibleRows: boolean;
  /** Null where nothing is to be written. */
  readonly masterConfig: string | null;
  /** Null for the machine's own name. */
  readonly masterId: string | null;
  readonly saltUser: string;
  readonly restartMaster: boolean;
  readonly eventSocket: string;
  readonly spoolLimitBytes: number;
}

/** Where Salt's packages read further files of the master's configuration from. */
export const usualMasterConfig = '/etc/salt/master.d';

export type ReadSettings =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** A sentence that names the option. */
  | { readonly kind: 'problem'; readonly message: string };

type Config = Readonly<Record<string, unknown>>;

const bytesInMebibyte = 1024 * 1024;
const leastSpoolMebibytes = leastSpoolLimitBytes / bytesInMebibyte;

/** The longest path a unix socket of Linux has, in bytes. */
const socketPathMax = 107;

class OptionError extends Error {}

function text(config: Config, option: string): string {
  const value = config[option];
  return typeof value === 'string' ? value.trim() : '';
}

function flag(config: Config, option: string): boolean {
  return config[option] === true;
}

/** A hundred years: PostgreSQL, which Salt asks with the same number, knows no interval of any length. */
const mostSeconds = 100 * 366 * 86_400;

function whole(
  config: Config,
  option: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = config[option] ?? least;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) {
    return value;
  }
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new OptionError(
    `Option ${option} has to be a whole number ${range}: it is ${JSON.stringify(value) ?? 'nothing'}`,
  );
}

function path(config: Config, option: string): string {
  const value = text(config, option);
  // Nothing that a line of a unit file or of a log would break at.
  if (value.startsWith('/') && !/[\p{Cc}]/u.test(value)) return value;
  throw new OptionError(
    `Option ${option} has to be an absolute path: it is "${value.slice(0, 60)}"`,
  );
}

function read(config: Config): Settings {
  const directory = text(config, 'master-config');
  const eventSocket = path(config, 'event-socket');
  if (new TextEncoder().encode(eventSocket).length > socketPathMax) {
    throw new OptionError(
      `Option event-socket has to be a path of at most ${socketPathMax} bytes: a socket can't have a longer one`,
    );
  }
  const saltUser = text(config, 'salt-user');
  if (/[\s:/\p{Cc}]/u.test(saltUser)) {
    throw new OptionError('Option salt-user has to be the name of a user, and is none');
  }
  return {
    keepJobsSeconds: whole(config, 'keep-jobs-seconds', 0, mostSeconds),
    keepJobs: whole(config, 'keep-jobs', 0),
    keepEventsSeconds: whole(config, 'keep-events-seconds', 0, mostSeconds),
    partitions: flag(config, 'partitions'),
    recordEvents: flag(config, 'record-events'),
    eventTags: splitList(text(config, 'event-tags')),
    ingestEvents: flag(config, 'ingest-events'),
    masterJobCache: config['master-job-cache'] !== false,
    compatibleRows: flag(config, 'compatible-rows'),
    masterConfig:
      directory === '' ? null : path(config, 'master-config').replace(/(?<=.)\/+$/u, ''),
    masterId: text(config, 'master-id') || null,
    saltUser,
    restartMaster: flag(config, 'restart-master'),
    eventSocket,
    spoolLimitBytes: whole(config, 'spool-limit-mb', leastSpoolMebibytes) * bytesInMebibyte,
  };
}

export function readSettings(config: Config): ReadSettings {
  try {
    return { kind: 'settings', settings: read(config) };
  } catch (error) {
    if (error instanceof OptionError) return { kind: 'problem', message: error.message };
    throw error;
  }
}
