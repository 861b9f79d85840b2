// Writes what others read of this member: its own key, and as the leader the positions and slots of the cluster.

import { memberValue } from '#core/ha/member-value.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import { retainSlots } from '#core/slots/retain-slots.ts';
import { scheduledRestartValue } from '#core/rest/restart-request.ts';
import type { AgentContext } from './context.ts';
import { publishTopology } from './failsafe.ts';
import { meOf } from './observe.ts';
import { unreadySlots, unreadySlotsTag } from '#core/slots/slot-summary.ts';
import { lostSlots, slotPositions } from './slots/slot-positions.ts';

export async function publishMember(context: AgentContext, postgres: PostgresFacts): Promise<void> {
  const { deps, state, executor } = context;
  const { summaries, givenUp } = context.slots.view();
  const me = meOf(context);
  await deps.dcs.touchMember(
    memberValue({
      // Tags are all that `patronictl list` shows of what a member says of itself.
      me: { ...me, tags: { ...me.tags, raw: { ...me.tags.raw, ...unreadySlotsTag(summaries) } } },
      version: deps.version,
      proxyUrl: deps.proxyUrl,
      postgres,
      memory: state.memory,
      action: executor.running(),
      isPaused: state.config.global.isPaused,
      scheduledRestart:
        state.scheduledRestart === null
          ? null
          : scheduledRestartValue(state.scheduledRestart, true),
      progress: postgres.progress,
      unreadySlots: unreadySlots(summaries),
      givenUpSlots: Object.fromEntries(givenUp),
    }),
  );
}

/** The leader's part, after the lease was proven in this turn. */
export async function publishStatus(context: AgentContext, postgres: PostgresFacts): Promise<void> {
  const { deps, state } = context;
  const { cluster, config, memory } = state;
  if (cluster === null || postgres.sql === null || memory.lastLsn === null) return;
  const published = slotPositions(context, cluster, memory.lastLsn);
  const {
    table,
    retainSlots: retained,
    expired,
  } = retainSlots(state.retention, {
    me: config,
    cluster,
    published,
    givenUp: context.slots.givenUp,
    config: config.global,
    serverVersion: postgres.serverVersion,
    nowMs: deps.clock.monotonicMs(),
  });
  state.retention = table;
  for (const { name, ageSeconds } of expired) {
    deps.log.info(
      `Replication slot '${name}' for absent cluster member is expired after ${ageSeconds} sec.`,
    );
  }
  await deps.dcs.writeStatus({
    lastLsn: memory.lastLsn,
    slots: published,
    retainSlots: retained ?? [],
    lostSlots: lostSlots(context, cluster),
  });
  await publishTopology(context);
}
