// What a Salt master's configuration says about its job cache.

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { JobCacheError } from '../errors.ts';
import type { MasterOptions } from './yaml-options.ts';

const prefix = 'master_job_cache.postgres.';

/** Salt's keys and what libpq calls them. */
const keys: readonly (readonly [key: string, keyword: string])[] = [
  ['host', 'host'],
  ['user', 'user'],
  ['passwd', 'password'],
  ['db', 'dbname'],
  ['port', 'port'],
];

export const defaultKeepJobsSeconds = 86_400;
const defaultKeepJobsHours = 24;

function textOf(options: MasterOptions, key: string): string | null {
  const value = options.get(key);
  const isScalar =
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean';
  return isScalar ? String(value) : null;
}

/** Whether it says anything about a job cache in PostgreSQL. */
export function hasConnection(options: MasterOptions): boolean {
  return keys.some(([key]) => textOf(options, prefix + key) !== null);
}

/**
 * @param lookedAt the files that were read, for the message
 * @throws JobCacheError with every key that is missing
 */
export function connectionOf(
  options: MasterOptions,
  lookedAt: readonly string[],
): ConnectionString {
  const missing = keys.filter(([key]) => textOf(options, prefix + key) === null);
  if (missing.length > 0) {
    const names = missing.map(([key]) => prefix + key);
    throw new JobCacheError(
      `Cannot find the job cache: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} missing in ` +
        `${lookedAt.join(', ')}. Salt needs all five keys, written with their dots: ` +
        keys.map(([key]) => prefix + key).join(', '),
      { kind: 'ConfigError' },
    );
  }
  return new ConnectionString(
    Object.fromEntries(keys.map(([key, keyword]) => [keyword, textOf(options, prefix + key)])),
  );
}

function wholeOf(options: MasterOptions, key: string, absent: number): number {
  const text = textOf(options, key);
  if (text === null) return absent;
  // As Python's int(): a fraction is cut off.
  const number = Math.trunc(Number(text));
  if (Number.isSafeInteger(number)) return number;
  throw new JobCacheError(
    `Cannot use ${key} of the Salt master's configuration: it has to be a number, and is none`,
    { kind: 'ConfigError' },
  );
}

/** Seconds that jobs are kept; `keep_jobs`, in hours, counts only where the seconds are Salt's default. */
export function keepJobsSecondsOf(options: MasterOptions): number {
  const seconds = wholeOf(options, 'keep_jobs_seconds', defaultKeepJobsSeconds);
  const hours = wholeOf(options, 'keep_jobs', defaultKeepJobsHours);
  return seconds === defaultKeepJobsSeconds && hours !== defaultKeepJobsHours
    ? hours * 3600
    : seconds;
}

/**
 * The name a master gives itself. One that is configured stays as it is; one that has to be found gets
 * `_master` behind it, which tells it from the minion of the same machine.
 * @param minionId what stands in the file minion_id beside the configuration
 */
export function masterIdOf(
  options: MasterOptions,
  minionId: string | null,
  hostname: string,
): string {
  const configured = textOf(options, 'id') ?? '';
  const found = minionId === null || minionId === 'localhost' ? '' : minionId.trim();
  const name = configured || found || hostname;
  const domain = textOf(options, 'append_domain');
  const whole = domain === null || name.endsWith(domain) ? name : `${name}.${domain}`;
  return configured === '' ? `${whole}_master` : whole;
}
