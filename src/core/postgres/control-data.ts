// Reads what pg_controldata prints with LC_ALL=C. The lines are the same from PostgreSQL 13 to 18; the
// numbers of one server are left as they are, nothing is concluded here.

import type { ControlData } from '#core/ha/postgres-facts.ts';
import type { Lsn } from './lsn.ts';
import { lsnOf, parseLsn } from './lsn.ts';

function readLines(text: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) lines.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return lines;
}

function readWhole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/u.test(text) ? Number(text) : null;
}

/** Where the report calls a parameter otherwise than everybody else. */
const parameterNames: Readonly<Record<string, string>> = {
  max_prepared_xacts: 'max_prepared_transactions',
  max_locks_per_xact: 'max_locks_per_transaction',
};

/** `max_connections setting: 100` and its like, by the parameter's name. */
function readSettings(lines: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
  const settings: Record<string, number> = {};
  for (const [name, value] of lines) {
    const parameter = /^(?<name>[a-z_]+) setting$/u.exec(name)?.groups?.['name'];
    const number = readWhole(value);
    if (parameter === undefined || number === null) continue;
    settings[parameterNames[parameter] ?? parameter] = number;
  }
  return settings;
}

/** What the program said; null where it is no report of a control file, or lacks what decisions need. */
export function parseControlData(text: string): ControlData | null {
  const lines = readLines(text);
  const lsn = (name: string): Lsn | null => parseLsn(lines.get(name) ?? '');
  const systemId = lines.get('Database system identifier') ?? '';
  const clusterState = lines.get('Database cluster state');
  const timeline = readWhole(lines.get("Latest checkpoint's TimeLineID"));
  const checkpointLsn = lsn('Latest checkpoint location');
  const redoLsn = lsn("Latest checkpoint's REDO location");
  if (!/^\d{1,20}$/u.test(systemId) || clusterState === undefined || timeline === null) return null;
  if (checkpointLsn === null || redoLsn === null) return null;
  return {
    systemId,
    clusterState,
    timeline,
    checkpointLsn,
    redoLsn,
    minRecoveryEndLsn: lsn('Minimum recovery ending location') ?? lsnOf(0),
    minRecoveryEndTimeline: readWhole(lines.get("Min recovery ending loc's timeline")) ?? 0,
    isDataChecksummed: (readWhole(lines.get('Data page checksum version')) ?? 0) > 0,
    isWalLogHints: lines.get('wal_log_hints setting') === 'on',
    settings: readSettings(lines),
  };
}
