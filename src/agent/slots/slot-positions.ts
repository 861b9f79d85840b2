// What this member publishes of its slots, in `/status` and, while the store is away, in failsafe messages.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Cluster } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { readConfiguredSlots } from '#core/slots/configured-slots.ts';
import { publishedPositions } from '#core/slots/process-permanent-slots.ts';
import { slotNameFromMemberName } from '#core/slots/slot-name.ts';
import type { AgentContext } from '../context.ts';

/**
 * What is known of permanent logical slots that are not here stays published: it tells that they were there. Else the
 * first turn of a new leader would make everybody, itself too, forget that a consumer has a position.
 */
function positionsOfMissing(
  { replicationSlots, beingMade }: AgentContext['slots'],
  { status }: Cluster,
  { global }: AgentConfig,
): ReadonlyMap<string, Lsn> {
  const missing = readConfiguredSlots(global.permanentSlots).slots.filter(
    ({ type, name }) => type === 'logical' && !replicationSlots.has(name) && !beingMade.has(name),
  );
  return new Map(
    missing.flatMap(({ name }) => {
      const known = Object.hasOwn(status.slots, name) ? status.slots[name] : undefined;
      return known === undefined ? [] : [[name, known] as const];
    }),
  );
}

/** What is known of slots that are lost, or not here, from what their consumers confirmed to leaders before this one. */
function lostPositions({ slots, state }: AgentContext, cluster: Cluster): ReadonlyMap<string, Lsn> {
  return new Map([...positionsOfMissing(slots, cluster, state.config), ...slots.lostPositions]);
}

/** Names of those of the published slots that nobody is to move theirs along with. */
export function lostSlots(context: AgentContext, cluster: Cluster): readonly string[] {
  return [...lostPositions(context, cluster).keys()].toSorted();
}

/** Positions of our slots as others are to have them. */
export function slotPositions(
  context: AgentContext,
  cluster: Cluster,
  lastLsn: Lsn,
): Readonly<Record<string, Lsn>> {
  const { config } = context.state;
  return publishedPositions({
    me: config.name,
    positions: context.slots.positions,
    lostPositions: lostPositions(context, cluster),
    memberSlotNames: new Set(cluster.members.map(({ name }) => slotNameFromMemberName(name))),
    lastLsn,
    config: config.global,
  });
}
