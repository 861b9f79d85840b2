// The key `history`: the timelines that ended, the oldest first.

import type { History, HistoryLine, JsonValue } from './cluster.ts';
import { asCount, asList, asText, parseJson, writeJson } from './json.ts';
import { asPosition } from './position.ts';

/**
 * Null where the value is no list, or its last line makes no sense: then the cluster's timeline is not known.
 * Earlier lines that make no sense are left out.
 */
export function readHistory(value: string, modRevision: string): History | null {
  const list = asList(parseJson(value));
  if (list === null) return null;
  const lines = list.map(readLine);
  if (lines.at(-1) === null) return null;
  return { modRevision, lines: lines.filter((line) => line !== null) };
}

function readLine(value: JsonValue): HistoryLine | null {
  const fields = asList(value);
  const timeline = asCount(fields?.[0]);
  const lsn = asPosition(fields?.[1]);
  if (timeline === null || lsn === null) return null;
  const reason = fields?.[2];
  return {
    timeline,
    lsn,
    reason: typeof reason === 'string' ? reason : '',
    timestamp: asText(fields?.[3]),
    newLeader: asText(fields?.[4]),
  };
}

/** Time and leader are left out at a line's end where they are not known. */
export function writeHistory(lines: readonly HistoryLine[]): string {
  return writeJson(
    lines.map(({ timeline, lsn, reason, timestamp, newLeader }) => [
      timeline,
      lsn,
      reason,
      ...(timestamp === null && newLeader === null ? [] : [timestamp]),
      ...(newLeader === null ? [] : [newLeader]),
    ]),
  );
}
