// The key `failover`: a request for a switchover (leader named) or a failover (only a candidate named).

import type { Failover } from './cluster.ts';
import { parseIsoTime } from './iso-time.ts';
import { asObject, asText, parseJson, writeJson } from './json.ts';

/** Null where nothing is asked for: no leader and no candidate, or a text that makes no sense. */
export function readFailover(value: string, modRevision: string): Failover | null {
  const parsed = parseJson(value);
  if (parsed === undefined) return readLegacy(value, modRevision);
  const data = asObject(parsed);
  const leader = asText(data?.['leader']);
  const candidate = asText(data?.['member']);
  if (leader === null && candidate === null) return null;
  const at = data?.['scheduled_at'] ?? null;
  if (at === null || at === '') return { modRevision, leader, candidate, scheduledAtMs: null };
  const scheduledAtMs = typeof at === 'string' ? parseIsoTime(at) : null;
  // A request for a time nobody can read is not carried out: now would be the wrong time.
  return scheduledAtMs === null ? null : { modRevision, leader, candidate, scheduledAtMs };
}

/** `leader:candidate`, of which one may be empty. */
function readLegacy(value: string, modRevision: string): Failover | null {
  const [leader = '', candidate = ''] = value.split(':').map((name) => name.trim());
  if (leader === '' && candidate === '') return null;
  return {
    modRevision,
    leader: leader === '' ? null : leader,
    candidate: candidate === '' ? null : candidate,
    scheduledAtMs: null,
  };
}

export interface FailoverFields {
  readonly leader: string | null;
  readonly candidate: string | null;
  /** ISO 8601 with a zone. */
  readonly scheduledAt: string | null;
}

/** Null gives `{}`, by which a request is cleared. */
export function writeFailover(fields: FailoverFields | null): string {
  return writeJson({
    ...(fields?.leader ? { leader: fields.leader } : {}),
    ...(fields?.candidate ? { member: fields.candidate } : {}),
    ...(fields?.scheduledAt ? { scheduled_at: fields.scheduledAt } : {}),
  });
}
