// The history of timelines in the store: which ended where, when and who led the next one.

import type { HistoryLine } from '#core/dcs/cluster.ts';
import { completeHistory } from '#core/ha/history-lines.ts';
import type { AgentContext } from './context.ts';

/** Writes what the store lacks; nothing on timeline 1 without a history. */
export async function keepHistory({ deps, state }: AgentContext): Promise<void> {
  const facts = await deps.postgres.observe();
  const timeline = facts.sql?.isInRecovery === false ? facts.sql.timeline : 0;
  if (timeline === 0) return;
  const known: readonly HistoryLine[] = state.cluster?.history?.lines ?? [];
  const lines = completeHistory({
    known,
    onDisk: timeline > 1 ? await deps.postgres.readTimelineHistory(timeline) : [],
    leader: state.config.name,
    nowIso: new Date(deps.clock.now()).toISOString().replace('Z', '+00:00'),
    most: state.config.global.maxTimelinesHistory,
  });
  if (lines !== null) await deps.dcs.setHistory(lines);
}
