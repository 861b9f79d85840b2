// Decides which physical slots a member keeps for the others, and how far each of them may move.

import type { GlobalConfig, Tags } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, Member, Role } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { slotNameFromMemberName } from './slot-name.ts';

export interface SlotOwner {
  readonly name: string;
  readonly role: Role;
  readonly tags: Pick<Tags, 'nofailover'>;
}

export interface DesiredSlot {
  readonly name: string;
  /** Where it is to be moved while nobody uses it; null: leave it where it is. */
  readonly lsn: Lsn | null;
  /** Whether its member streams from us; null where the member is away and its slot only retained. */
  readonly isExpectedActive: boolean | null;
}

export type DesiredSlots = ReadonlyMap<string, DesiredSlot>;

/** Since then a slot can be moved without a consumer. */
const firstWithAdvance = 110_000;

/** A server whose version is not known, 0, is taken for a recent one. */
export function canAdvanceSlots(serverVersion: number): boolean {
  return serverVersion === 0 || serverVersion >= firstWithAdvance;
}

/**
 * The physical slots of other members that this member is to have. Whoever may become the primary keeps one
 * for everybody, so that nobody has to be cloned after a failover, and those of members that are away as
 * long as the leader retains them. Where two members share a name the later one counts.
 */
export function memberSlots(
  me: SlotOwner,
  cluster: Cluster,
  config: Pick<GlobalConfig, 'isUsingSlots' | 'memberSlotsTtlSeconds'>,
): DesiredSlots {
  const slots = new Map<string, DesiredSlot>();
  if (!config.isUsingSlots) return slots;
  const ownName = slotNameFromMemberName(me.name);
  for (const member of cluster.members) {
    const name = slotNameFromMemberName(member.name);
    const { replicatefrom, nostream } = readTags(member.tags).tags;
    if (member.name === me.name || nostream || name === ownName) continue;
    const isExpectedActive = isStreamingFrom(me, member, replicatefrom, cluster);
    const isKept =
      config.memberSlotsTtlSeconds === 0
        ? isExpectedActive
        : !me.tags.nofailover || replicatefrom === me.name;
    if (!isKept) continue;
    const lsn = positionOf(name, member, replicatefrom, cluster);
    slots.set(name, { name, lsn, isExpectedActive });
  }
  if (me.tags.nofailover) return slots;
  for (const name of cluster.status.retainSlots) {
    if (slots.has(name) || name === ownName) continue;
    slots.set(name, { name, lsn: null, isExpectedActive: null });
  }
  return slots;
}

function isStreamingFrom(
  me: SlotOwner,
  member: Member,
  from: string | null,
  { leader, members }: Cluster,
): boolean {
  if (me.role !== 'primary' && me.role !== 'standby_leader') {
    return from === me.name && leader?.name !== member.name;
  }
  return from === null || from === me.name || !members.some(({ name }) => name === from);
}

/**
 * What the leader says the slot needs. The leader knows little of who streams from somebody else, and agents
 * before 4.0 published no positions of members: those are taken from the member itself.
 */
function positionOf(
  name: string,
  { xlogLocation }: Member,
  from: string | null,
  { status, leader }: Cluster,
): Lsn | null {
  const published = Object.hasOwn(status.slots, name) ? (status.slots[name] ?? null) : null;
  if (from === null && !isBeforeVersion4(leader?.member?.version ?? null)) return published;
  if (published === null || xlogLocation === null) return published ?? xlogLocation;
  return published > xlogLocation ? published : xlogLocation;
}

function isBeforeVersion4(version: string | null): boolean {
  const major = /^(\d+)\./u.exec(version ?? '')?.[1];
  return major !== undefined && Number(major) < 4;
}
