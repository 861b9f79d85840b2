// What slot work needs of this member's PostgreSQL.

import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { SlotPosition, SlotSnapshot } from '#adapters/postgres/slot-snapshots.ts';
import type { SlotsPort } from '#adapters/ports/slots-port.ts';

export interface SlotsDeps {
  readonly port: SlotsPort;
  /**
   * Whether hot_standby_feedback is on whatever is configured. A change is written and the server reloaded; nothing
   * happens where it is so already.
   */
  readonly forceHotStandbyFeedback: (isForced: boolean) => Promise<void>;
  /** What the leader's slots go on from, by their names; throws where it can't be asked. See slot-snapshots.ts. */
  readonly fetchSnapshots: (
    leader: Upstream,
    slots: readonly SlotPosition[],
  ) => Promise<ReadonlyMap<string, SlotSnapshot | null>>;
  /** Puts them in place on the stopped server; throws where one can't be. */
  readonly installSnapshots: (snapshots: readonly SlotSnapshot[]) => Promise<void>;
  /**
   * Whether the leader still has the WAL from this position on. Null where it can't be asked, is a standby itself, or has
   * not come that far.
   */
  readonly isWalOnLeader: (leader: Upstream, from: Lsn) => Promise<boolean | null>;
  /** Size of the volume that holds the WAL, in bytes; null where it can't be told. */
  readonly walVolumeBytes: () => Promise<bigint | null>;
}
