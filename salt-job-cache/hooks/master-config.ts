// What the Salt master is told: the text of job-cache.conf, and of the drop-in that gives it its environment. Pure.
//
// What each form costs a master of Salt 3006 was seen on a real one. Its job cache is asked for a job id and given
// the load once for each job, and asked again for each return before it looks whether it is to store it: with
// `job_cache: False` it stores no return, and that question, an empty connection, is all that is left.

import type { JsonValue } from '#core/dcs/cluster.ts';
import { yamlText } from '#core/config/quoted-yaml.ts';
import { largestMessageOf } from '../src/service/service-config.ts';
import { hostAndPort, type Server } from './servers.ts';
import type { Settings } from './settings.ts';

export interface MasterInputs {
  readonly unit: string;
  readonly servers: readonly Server[];
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** libpq's word for how far connections are protected; null for libpq's own choice. */
  readonly sslMode: string | null;
  readonly settings: Pick<
    Settings,
    | 'keepJobsSeconds'
    | 'recordEvents'
    | 'eventTags'
    | 'ingestEvents'
    | 'masterJobCache'
    | 'compatibleRows'
    | 'spoolLimitBytes'
  >;
}

const returner = 'postgres_local_cache';

/** Events that one connection of the master's own returner stores, and the longest one waits for others, seconds. */
const eventQueue = 100;
const eventQueueSeconds = 5;

/** Tag and framing of an event's data. */
const framingBytes = 64 * 1024;

/**
 * Of a larger event Salt replaces values by `VALUE_TRIMMED` before it publishes it: with its usual limit of 1 MiB
 * large returns would be stored as that.
 */
function largestEventOf(spoolLimitBytes: number): number {
  return largestMessageOf(spoolLimitBytes) - framingBytes;
}

function jobCacheKeys({ settings }: MasterInputs): Readonly<Record<string, JsonValue>> {
  return {
    ...(settings.masterJobCache ? { master_job_cache: returner } : {}),
    // The service stores returns.
    ...(settings.ingestEvents
      ? { job_cache: false, max_event_size: largestEventOf(settings.spoolLimitBytes) }
      : {}),
    keep_jobs_seconds: settings.keepJobsSeconds,
  };
}

function eventKeys({ settings }: MasterInputs): Readonly<Record<string, JsonValue>> {
  // The service stores events too; by both, each would be there twice.
  if (!settings.recordEvents || settings.ingestEvents) return {};
  return {
    event_return: returner,
    event_return_queue: eventQueue,
    event_return_queue_max_seconds: eventQueueSeconds,
    ...(settings.eventTags.length === 0 ? {} : { event_return_whitelist: settings.eventTags }),
  };
}

/** All but the servers: where it differs, a master has to be started anew. */
export function masterKeys(inputs: MasterInputs): Readonly<Record<string, JsonValue>> {
  return {
    ...jobCacheKeys(inputs),
    ...eventKeys(inputs),
    'master_job_cache.postgres.user': inputs.user,
    'master_job_cache.postgres.passwd': inputs.password,
    'master_job_cache.postgres.db': inputs.database,
  };
}

/** Text of job-cache.conf. Holds the password. */
export function masterFile(inputs: MasterInputs): string {
  const { host, port } = hostAndPort(inputs.servers);
  const keys = {
    ...masterKeys(inputs),
    'master_job_cache.postgres.host': host,
    'master_job_cache.postgres.port': /^\d+$/u.test(port) ? Number(port) : port,
  };
  return (
    `# Written by the charm of ${inputs.unit}, which takes changes made here back. The first server is the primary.\n` +
    yamlText(keys)
  );
}

/** Seconds after which a server that does not answer is passed over; libpq would wait for minutes. */
const connectTimeoutSeconds = 5;

/**
 * Variables of libpq for the master, whose returner has no options for what they say. Which server to take is only
 * said where there are several, as whatever else of the master speaks to PostgreSQL hears it too.
 */
export function masterEnvironment({
  servers,
  sslMode,
}: Pick<MasterInputs, 'servers' | 'sslMode'>): Readonly<Record<string, string>> {
  return {
    PGCONNECT_TIMEOUT: String(connectTimeoutSeconds),
    ...(servers.length > 1 ? { PGTARGETSESSIONATTRS: 'read-write' } : {}),
    ...(sslMode === null ? {} : { PGSSLMODE: sslMode }),
  };
}

/** Text of the drop-in of salt-master.service. */
export function masterDropIn(inputs: Pick<MasterInputs, 'unit' | 'servers' | 'sslMode'>): string {
  const lines = Object.entries(masterEnvironment(inputs)).map(
    ([name, value]) => `Environment=${name}=${value}\n`,
  );
  return `# Written by the charm of ${inputs.unit}.\n[Service]\n${lines.join('')}`;
}
