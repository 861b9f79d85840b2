// Clusters, members and slots for tests of replication slots.

import type { Cluster, JsonObject, Member } from '#core/dcs/cluster.ts';
import type { PhysicalSlotRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
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
