// Reads what `GET /patroni` of another member said, whichever version of Patroni it is.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { asCount, asObject, asText, parseJsonObject } from '#core/dcs/json.ts';
import { asPosition } from '#core/dcs/position.ts';
import type { PeerStatus } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

/** A member that did not answer, or whose PostgreSQL did not. */
export function unreachable(name: string): PeerStatus {
  return {
    name,
    isReachable: false,
    isInRecovery: null,
    timeline: null,
    lsn: null,
    tags: {},
    isWatchdogFailed: false,
    leaseLeftMs: null,
  };
}

function furthest(wal: JsonObject): Lsn | null {
  const received = asPosition(wal['received_location']);
  const replayed = asPosition(wal['replayed_location']);
  return received === null || (replayed !== null && replayed > received) ? replayed : received;
}

/**
 * Positions stand under `xlog`, and under `wal` in some versions; without them the member's PostgreSQL did
 * not answer, and the member counts as one that can't be reached. Never throws.
 */
export function readPeerStatus(name: string, text: string): PeerStatus {
  const status = parseJsonObject(text);
  const wal = asObject(status?.['wal']) ?? asObject(status?.['xlog']);
  if (status === null || wal === null) return unreachable(name);
  const location = asPosition(wal['location']);
  const role = asText(status['role']);
  const isPrimary = (location ?? 0n) > 0n || role === 'primary' || role === 'master';
  const timeline = asCount(status['timeline']);
  return {
    name,
    isReachable: true,
    isInRecovery: !isPrimary,
    timeline: timeline === 0 ? null : timeline,
    lsn: isPrimary ? location : furthest(wal),
    tags: asObject(status['tags']) ?? {},
    isWatchdogFailed: status['watchdog_failed'] === true,
    leaseLeftMs: asCount(status['leader_lease_ms']),
  };
}
