// Reads a timeline's history as PostgreSQL keeps it in `00000002.history` and sends it on TIMELINE_HISTORY:
// a line for each timeline that ended, with where it ended and why, split by tabs.

import type { HistoryLine } from '#core/dcs/cluster.ts';
import { parseLsn } from './lsn.ts';

const form = /^\s*(?<timeline>\d{1,10})\s+(?<lsn>[0-9A-Fa-f]+\/[0-9A-Fa-f]+)\s*(?<reason>.*)$/u;

/** The lines, oldest first. Comments, empty lines and lines that are none are left out. */
export function parseTimelineHistory(text: string): readonly HistoryLine[] {
  const lines: HistoryLine[] = [];
  for (const line of text.split('\n')) {
    const { timeline, lsn: lsnText = '', reason = '' } = form.exec(line)?.groups ?? {};
    const lsn = parseLsn(lsnText);
    if (timeline === undefined || lsn === null) continue;
    lines.push({
      timeline: Number(timeline),
      lsn,
      reason: reason.trim(),
      timestamp: null,
      newLeader: null,
    });
  }
  return lines;
}
