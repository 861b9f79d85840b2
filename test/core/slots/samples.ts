// Clusters, members and slots for tests of replication slots.

import type { Cluster, JsonObject, Member } from '#core/dcs/cluster.ts';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { DesiredLogicalSlot, DesiredPhysicalSlot } from '#core/slots/desired-slot.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { Xid } from '#core/slots/xid.ts';
import { parseXid } from '#core/slots/xid.ts';
import { memberOf as runningMember } from '../sync/samples.ts';

export function memberOf(name: string, tags: JsonObject = {}, xlog: number | null = null): Member {
  return runningMember(name, tags, { xlogLocation: xlog === null ? null : lsnOf(xlog) });
}

export function clusterOf(
  members: readonly Member[],
  leaderName: string | null,
  slots: Readonly<Record<string, number>> = {},
  retain: readonly string[] = [],
): Cluster {
  const member = members.find(({ name }) => name === leaderName) ?? null;
  return {
    initialize: '1',
    config: null,
    leader:
      leaderName === null ? null : { modRevision: '1', name: leaderName, session: '1', member },
    status: {
      lastLsn: null,
      slots: Object.fromEntries(Object.entries(slots).map(([name, lsn]) => [name, lsnOf(lsn)])),
      retainSlots: retain,
    },
    members,
    failover: null,
    sync: { modRevision: null, leader: null, voters: [], quorum: 0 },
    history: null,
    failsafe: null,
  };
}

export function slotOf(
  name: string,
  restart: number | null = 50,
  more: Partial<PhysicalSlotRow> = {},
): PhysicalSlotRow {
  return {
    name,
    type: 'physical',
    isActive: false,
    restartLsn: restart === null ? null : lsnOf(restart),
    xmin: null,
    walStatus: 'reserved',
    database: null,
    plugin: null,
    ...more,
  };
}

export function xidOf(value: number): Xid {
  const xid = parseXid(value);
  if (xid === null) throw new RangeError(`${value} is no xid`);
  return xid;
}

/** A physical slot as the server shows it. */
export function infoOf(
  name: string,
  restart: number | null = 50,
  more: Partial<SlotInfo> = {},
): SlotInfo {
  return {
    name,
    type: 'physical',
    database: null,
    plugin: null,
    datoid: null,
    isActive: false,
    restartLsn: restart === null ? null : lsnOf(restart),
    confirmedFlushLsn: null,
    xmin: null,
    catalogXmin: null,
    walStatus: 'reserved',
    isConflicting: false,
    invalidationReason: null,
    isFailover: false,
    isSynced: false,
    retainedBytes: null,
    ...more,
  };
}

/** A logical slot of database `a` whose consumer has confirmed that much. */
export function logicalOf(
  name: string,
  confirmed: number | null = 500,
  more: Partial<SlotInfo> = {},
): SlotInfo {
  return infoOf(name, confirmed === null ? null : Math.max(1, confirmed - 10), {
    type: 'logical',
    database: 'a',
    plugin: 'b',
    datoid: '5',
    confirmedFlushLsn: confirmed === null ? null : lsnOf(confirmed),
    catalogXmin: xidOf(100),
    ...more,
  });
}

/** A logical slot of database `a` that is to be there. */
export function wantedLogical(
  name: string,
  lsn: number | null = null,
  more: Partial<DesiredLogicalSlot> = {},
): DesiredLogicalSlot {
  return {
    name,
    database: 'a',
    plugin: 'b',
    lsn: lsn === null ? null : lsnOf(lsn),
    isFailover: false,
    isRecreatedWhenLost: false,
    isLostOnLeader: false,
    ...more,
  };
}

export function wantedPhysical(
  name: string,
  more: Partial<DesiredPhysicalSlot> = {},
): DesiredPhysicalSlot {
  return { name, lsn: null, isExpectedActive: false, source: 'member', ...more };
}
