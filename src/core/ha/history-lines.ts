// The history key from the server's history file and what the key said before (patroni/ha.py, update_cluster_history).

import type { HistoryLine } from '#core/dcs/cluster.ts';

export interface HistoryInputs {
  readonly known: readonly HistoryLine[];
  /** Of the timeline the primary is on; empty on timeline 1. */
  readonly onDisk: readonly HistoryLine[];
  readonly leader: string;
  readonly nowIso: string;
  /** 0: all of them. */
  readonly most: number;
}

/** The lines to write; null where the key says it already. */
export function completeHistory(inputs: HistoryInputs): readonly HistoryLine[] | null {
  const { known, onDisk, leader, nowIso, most } = inputs;
  const byTimeline = new Map(known.map((line) => [line.timeline, line]));
  const newest = onDisk.at(-1)?.timeline;
  const lines = onDisk.map((line): HistoryLine => {
    const before = byTimeline.get(line.timeline);
    if (before !== undefined && before.lsn === line.lsn) return before;
    // Only the last line is ours: when earlier ones began is not known.
    return line.timeline === newest ? { ...line, timestamp: nowIso, newLeader: leader } : line;
  });
  const kept = most > 0 ? lines.slice(-most) : lines;
  const isSame = kept.length === known.length && kept.every((line, index) => line === known[index]);
  return isSame ? null : kept;
}
