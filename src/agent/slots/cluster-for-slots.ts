// The cluster as slot work sees it: that of the store, or, while the store is away and failsafe_mode keeps a leader,
// the last one with what leader and members told each other over REST.

import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import { asPosition } from '#core/dcs/position.ts';
import type { DcsView } from '#core/ha/world.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { AgentParts } from '../context.ts';
import { isLeading } from '../leadership.ts';
import { leaderByFailsafe } from '../observe.ts';
import type { FailsafeSender } from '../state.ts';

function positionsOf(slots: JsonObject): Readonly<Record<string, Lsn>> {
  return Object.fromEntries(
    Object.entries(slots).flatMap(([name, value]) => {
      const position = asPosition(value);
      return position === null ? [] : [[name, position] as const];
    }),
  );
}

/** What the leader told is newer than what the store has, and holds for one ttl. */
function withSender(cluster: Cluster, sender: FailsafeSender): Cluster {
  return {
    ...cluster,
    leader: leaderByFailsafe(cluster, sender),
    status: { ...cluster.status, slots: positionsOf(sender.slots) },
  };
}

/** Members that stream from others tell only in their answers how far they are. */
function withPositions(cluster: Cluster, positions: ReadonlyMap<string, Lsn>): Cluster {
  return {
    ...cluster,
    members: cluster.members.map((member) => ({
      ...member,
      xlogLocation: positions.get(member.name) ?? member.xlogLocation,
    })),
  };
}

/** Null where too little is known to touch a slot. */
export function clusterForSlots(context: AgentParts, dcs: DcsView): Cluster | null {
  const { state, deps } = context;
  const sender = state.failsafeSender;
  const isTold = sender !== null && deps.clock.monotonicMs() < sender.untilMs;
  if (dcs.kind === 'cluster') {
    return dcs.isLeaderByFailsafe && isTold ? withSender(dcs.cluster, sender) : dcs.cluster;
  }
  if (dcs.cached === null || !state.config.global.isFailsafeMode) return null;
  if (state.isLeadingByFailsafe && isLeading(context)) {
    return withPositions(dcs.cached, state.failsafePositions);
  }
  return isTold ? withSender(dcs.cached, sender) : null;
}
