// Requests for a restart of PostgreSQL: what is asked, what of it is wrong, whether its conditions hold, and how a
// scheduled one is published.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { readBoolean, readInteger } from '#core/config/patroni/read-value.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import { parseSchedule } from './parse-schedule.ts';
import { publishedTime } from './postgres-time.ts';

export interface RestartRequest {
  /** Only if this is the role; null: whatever it is. */
  readonly role: 'primary' | 'standby_leader' | 'replica' | null;
  /** Only if the server is older than this, for example 160004; null: whatever it is. */
  readonly olderThan: number | null;
  /** Only if settings wait for it. */
  readonly isPendingOnly: boolean;
  /** How long the start may take; null: `primary_start_timeout`. */
  readonly timeoutSeconds: number | null;
  /** Milliseconds since the epoch; null: now. */
  readonly atMs: number | null;
  /** The conditions as they were given, with the schedule in ISO 8601, for the member's value. */
  readonly published: JsonObject;
}

export interface ScheduledRestart {
  readonly request: RestartRequest & { readonly atMs: number };
  /** When the server started, as PostgreSQL prints it; another start calls the restart off. */
  readonly postmasterStartTime: string;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly why: string;
}

export type RestartReading =
  | { readonly kind: 'restart'; readonly request: RestartRequest }
  | Refusal;

function refuse(status: number, why: string): Refusal {
  return { kind: 'refused', status, why };
}

/** `16.4` is 160004, `9.6.24` is 90624; text that is no such version gives what is wrong with it. */
function readServerVersion(value: JsonValue): number | string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (!/^\d+(?:\.\d+)*$/u.test(text)) return `Invalid PostgreSQL version: ${text}`;
  const [major = 0, minor = 0, patch = 0, ...rest] = text.split('.').map(Number);
  const count = text.split('.').length;
  if (count < 2 || (count === 2 && major < 10) || rest.length > 0) {
    return `Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: ${text}`;
  }
  return count === 2 ? major * 10_000 + minor : major * 10_000 + minor * 100 + patch;
}

/** Reads one field into the request so far. */
function addField(
  request: RestartRequest,
  key: string,
  value: JsonValue,
  nowMs: number,
): RestartRequest | Refusal {
  const published = { ...request.published, [key]: value };
  switch (key) {
    case 'schedule': {
      const schedule = parseSchedule(value, 'restart', nowMs);
      if (schedule.kind === 'fault') return refuse(schedule.status, schedule.why);
      return { ...request, atMs: schedule.atMs, published: { ...published, [key]: schedule.text } };
    }
    case 'role': {
      const role = value === 'master' ? 'primary' : value;
      if (role !== 'primary' && role !== 'standby_leader' && role !== 'replica') {
        return refuse(400, 'PostgreSQL role should be either primary, standby_leader, or replica');
      }
      return { ...request, role, published: { ...published, role } };
    }
    case 'postgres_version': {
      const version = readServerVersion(value);
      if (typeof version === 'string') return refuse(400, version);
      return { ...request, olderThan: version, published };
    }
    case 'timeout': {
      const timeoutSeconds = readInteger(value, 's');
      if (timeoutSeconds === null || timeoutSeconds <= 0) {
        return refuse(400, 'Timeout should be a positive number of seconds');
      }
      return { ...request, timeoutSeconds, published: { ...published, timeout: timeoutSeconds } };
    }
    case 'restart_pending':
      // Patroni heeds the flag by its presence; one that says no is taken at its word here.
      return { ...request, isPendingOnly: readBoolean(value) !== false, published };
    default:
      return refuse(400, `Unknown filter for the scheduled restart: ${key}`);
  }
}

/** Reads the body of `POST /restart`. `nowMs` is milliseconds since the epoch. */
export function readRestart(
  body: JsonObject,
  config: Pick<GlobalConfig, 'isPaused'>,
  nowMs: number,
): RestartReading {
  if (config.isPaused && Object.hasOwn(body, 'schedule')) {
    return refuse(500, "Can't schedule restart in the paused state");
  }
  let request: RestartRequest = {
    role: null,
    olderThan: null,
    isPendingOnly: false,
    timeoutSeconds: null,
    atMs: null,
    published: {},
  };
  for (const [key, value] of Object.entries(body)) {
    const next = addField(request, key, value, nowMs);
    if ('kind' in next) return next;
    request = next;
  }
  return { kind: 'restart', request };
}

/** Which condition of the restart does not hold, in words; null where all of them do. */
export function unmetCondition(
  request: Pick<RestartRequest, 'role' | 'olderThan' | 'isPendingOnly'>,
  facts: Pick<PostgresFacts, 'role' | 'serverVersion' | 'pendingRestart'>,
): string | null {
  if (request.role !== null && request.role !== facts.role) {
    return `the role is ${facts.role}, the restart is for ${request.role}`;
  }
  if (request.olderThan !== null && facts.serverVersion >= request.olderThan) {
    return `the server is ${facts.serverVersion}, the restart is for servers older than ${request.olderThan}`;
  }
  if (request.isPendingOnly && Object.keys(facts.pendingRestart).length === 0) {
    return 'no setting waits for a restart';
  }
  return null;
}

/** The value of `scheduled_restart` in `members/<name>`; the status document leaves the start time out. */
export function scheduledRestartValue(
  { request, postmasterStartTime }: ScheduledRestart,
  isWithStartTime: boolean,
): JsonObject {
  if (!isWithStartTime) return request.published;
  return { ...request.published, postmaster_start_time: publishedTime(postmasterStartTime) };
}
