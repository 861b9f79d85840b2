// Decides which slots are to be on this member: those of the other members, and those the configuration asks for.

import type { GlobalConfig, Tags } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, Member, Role } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { ConfiguredSlot } from './configured-slots.ts';
import { readConfiguredSlots } from './configured-slots.ts';
import type { DesiredLogicalSlot, DesiredPhysicalSlot, DesiredSlotSet } from './desired-slot.ts';
import { canAdvanceSlots, memberSlots } from './member-slots.ts';
import { slotNameOnPrimary } from './slot-name-on-primary.ts';
import { sharedSlotNames, slotNameFromMemberName } from './slot-name.ts';
import type { SlotReport } from './slot-report.ts';

export interface SlotKeeper {
  readonly name: string;
  readonly role: Role;
  readonly tags: Pick<Tags, 'nofailover' | 'nostream' | 'replicatefrom'>;
}

export type SlotConfig = Pick<
  GlobalConfig,
  'isUsingSlots' | 'memberSlotsTtlSeconds' | 'permanentSlots' | 'standbyCluster'
>;

export interface DesiredSlotsInput {
  readonly me: SlotKeeper;
  readonly cluster: Cluster;
  readonly config: SlotConfig;
  /** For example 150018; 0 where unknown. */
  readonly serverVersion: number;
}

export interface DesiredSlots extends DesiredSlotSet {
  readonly reports: readonly SlotReport[];
}

/** Since then the server can keep logical slots on standbys by itself. */
export const firstWithFailoverSlots = 170_000;

export function desiredSlots(input: DesiredSlotsInput): DesiredSlots {
  const { me, cluster, config, serverVersion } = input;
  const canAdvance = canAdvanceSlots(serverVersion);
  // What can't be moved is kept only where its member streams from.
  const ttl = canAdvance ? config.memberSlotsTtlSeconds : 0;
  const members = memberSlots(me, cluster, { ...config, memberSlotsTtlSeconds: ttl });
  const physical = new Map<string, DesiredPhysicalSlot>();
  for (const [name, slot] of members) {
    const source = slot.isExpectedActive === null ? 'retained' : 'member';
    physical.set(name, { ...slot, source });
  }
  const reports = [...reportSharedNames(cluster)];
  const logical = new Map<string, DesiredLogicalSlot>();
  if (!config.isUsingSlots) return { physical, logical, reports };
  const configured = readConfiguredSlots(config.permanentSlots);
  reports.push(...configured.reports);
  if (me.tags.nofailover) return { physical, logical, reports };
  const hasLogical = mayHaveLogicalSlots(input);
  const cascading = cascadingMembers(cluster);
  for (const slot of configured.slots) {
    if (slot.type === 'physical') {
      if (canAdvance || isLeading(me.role)) addPhysical(physical, slot, input, cascading);
    } else if (hasLogical) {
      const problem = logicalProblem(slot, members.has(slot.name), input);
      if (problem === null) logical.set(slot.name, logicalOf(slot, cluster, serverVersion));
      else reports.push(problem);
    }
  }
  return { physical, logical, reports };
}

function isLeading(role: Role): boolean {
  return role === 'primary' || role === 'standby_leader';
}

/**
 * A logical slot is kept where its consumer may come after a failover: not in a standby cluster, and not where no WAL
 * is streamed, as nothing there tells the primary which rows of the catalog are still needed.
 */
function mayHaveLogicalSlots({ me, cluster, config }: DesiredSlotsInput): boolean {
  if (config.standbyCluster !== null) return false;
  const { replicatefrom, nostream } = me.tags;
  return slotNameOnPrimary({ name: me.name, replicatefrom, nostream }, cluster.members) !== null;
}

/** Members that stream from another one, by the name of their slot: the leader is told nothing of what they need. */
function cascadingMembers({ members }: Cluster): ReadonlyMap<string, Member> {
  return new Map(
    members
      .filter(({ tags }) => readTags(tags).tags.replicatefrom !== null)
      .map((member) => [slotNameFromMemberName(member.name), member]),
  );
}

function addPhysical(
  physical: Map<string, DesiredPhysicalSlot>,
  slot: ConfiguredSlot & { readonly type: 'physical' },
  { me, cluster, config }: DesiredSlotsInput,
  cascading: ReadonlyMap<string, Member>,
): void {
  const { name, clusterType } = slot;
  const kind = config.standbyCluster === null ? 'primary' : 'standby';
  if (clusterType !== null && clusterType !== kind) return;
  if (physical.get(name)?.source === 'member' || name === slotNameFromMemberName(me.name)) return;
  const member = cascading.get(name);
  physical.set(name, {
    name,
    lsn: latest(publishedLsn(cluster, name), member?.xlogLocation ?? null),
    isExpectedActive: member === undefined && isLeading(me.role),
    source: 'permanent',
  });
}

function logicalOf(
  slot: ConfiguredSlot & { readonly type: 'logical' },
  cluster: Cluster,
  serverVersion: number,
): DesiredLogicalSlot {
  return {
    name: slot.name,
    database: slot.database,
    plugin: slot.plugin,
    lsn: publishedLsn(cluster, slot.name),
    isFailover: slot.isFailover && serverVersion >= firstWithFailoverSlots,
    isRecreatedWhenLost: slot.isRecreatedWhenLost,
    isLostOnLeader: cluster.status.lostSlots?.includes(slot.name) === true,
  };
}

function logicalProblem(
  { name }: ConfiguredSlot,
  isMemberSlot: boolean,
  { me, serverVersion }: DesiredSlotsInput,
): SlotReport | null {
  if (!canAdvanceSlots(serverVersion)) {
    return {
      level: 'error',
      code: 'old-server',
      slot: name,
      message:
        `Permanent logical replication slot '${name}' is not made: before PostgreSQL 11 ` +
        'no standby can move such a slot on. Remove it from `slots`, or upgrade the server',
    };
  }
  if (!isMemberSlot && name !== slotNameFromMemberName(me.name)) return null;
  return {
    level: 'error',
    code: 'name-collision',
    slot: name,
    message:
      `Permanent logical replication slot '${name}' is conflicting with physical replication slot for cluster member. ` +
      'Give it another name in `slots`',
  };
}

function reportSharedNames({ members }: Cluster): readonly SlotReport[] {
  return [...sharedSlotNames(members.map(({ name }) => name))].map(([slot, names]) => ({
    level: 'error',
    code: 'shared-name',
    slot,
    message:
      `Following cluster members share a replication slot name: ${names.join(', ')} map to ${slot}. ` +
      'Give one of them another name, as only one of them has its WAL kept',
  }));
}

/** What the leader published of a slot; 0 stands for nothing. */
function publishedLsn({ status }: Cluster, name: string): Lsn | null {
  const lsn = Object.hasOwn(status.slots, name) ? (status.slots[name] ?? null) : null;
  return lsn === null || lsn === 0n ? null : lsn;
}

function latest(one: Lsn | null, other: Lsn | null): Lsn | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
