// A data directory on a disk: a log, what pg_control says of it, and the files that decide what a server in it will be.

import type { Upstream } from '#core/ha/values.ts';
import type { Random } from '#core/random.ts';
import { SlotTable } from './slot-table.ts';
import { Wal } from './wal.ts';

export type ClusterState =
  | 'in production'
  | 'shutting down'
  | 'shut down'
  | 'in archive recovery'
  | 'shut down in recovery';

export interface Control {
  readonly state: ClusterState;
  /** Of the last checkpoint. */
  readonly timeline: number;
  readonly checkpointLsn: number;
  /** End of a shutdown checkpoint; null of another one. */
  readonly checkpointEnd: number | null;
  readonly minRecoveryEnd: number;
  readonly minRecoveryTimeline: number;
}

/**
 * `half-cloned`: a copy that was cut off; it is no cluster. `half-rewound`: pg_rewind was cut off; it looks like a
 * cluster, and starting it would be wrong.
 */
export type Condition = 'whole' | 'half-made' | 'half-cloned' | 'half-rewound';

export class DataDirectory {
  readonly wal: Wal = new Wal();
  systemId: string;
  condition: Condition = 'whole';
  control: Control;
  hasStandbySignal = false;
  /** Roles and scripts of a new cluster were run in it. */
  hasRoles = false;
  /** Of the configuration files. */
  upstream: Upstream | null = null;
  standbyNames = '';
  /** As the agent forces it, whatever is configured. */
  isFeedbackForced = false;
  readonly slots: SlotTable = new SlotTable();
  /** Slots whose state no server can read: it refuses to start. */
  readonly brokenSlots: Set<string> = new Set();

  constructor(systemId: string) {
    this.systemId = systemId;
    this.control = {
      state: 'shut down',
      timeline: 1,
      checkpointLsn: this.wal.end,
      checkpointEnd: null,
      minRecoveryEnd: 0,
      minRecoveryTimeline: 0,
    };
  }

  /** What pg_basebackup makes of another directory; ready to be started as a standby. */
  copyFrom(other: DataDirectory): void {
    const { wal } = this;
    wal.copyFrom(other.wal);
    this.systemId = other.systemId;
    this.hasRoles = other.hasRoles;
    // The configuration files come along.
    this.standbyNames = other.standbyNames;
    this.isFeedbackForced = other.isFeedbackForced;
    // What is in pg_replslot is no part of it.
    this.slots.clear();
    this.brokenSlots.clear();
    this.condition = 'whole';
    this.control = {
      state: 'in production',
      timeline: wal.timeline,
      checkpointLsn: wal.end,
      checkpointEnd: null,
      minRecoveryEnd: wal.end,
      minRecoveryTimeline: wal.timeline,
    };
  }

  /** What pg_rewind makes of it. */
  rewindTo(other: DataDirectory): void {
    this.copyFrom(other);
    this.control = { ...this.control, state: 'in archive recovery' };
  }

  setState(state: ClusterState): void {
    this.control = { ...this.control, state };
  }

  /** A checkpoint, or a restartpoint of a standby, of where the log is now. */
  checkpoint(kind: 'online' | 'shutdown', start: number): void {
    const { wal } = this;
    const isStandby = this.hasStandbySignal;
    this.slots.save();
    this.control = {
      ...this.control,
      timeline: wal.timeline,
      checkpointLsn: start,
      checkpointEnd: kind === 'shutdown' && !isStandby ? wal.end : null,
      ...(isStandby
        ? { minRecoveryEnd: wal.flushedEnd, minRecoveryTimeline: wal.timeline }
        : { minRecoveryEnd: 0, minRecoveryTimeline: 0 }),
    };
  }

  /** The server, or its whole machine, died. */
  crash(random: Random): void {
    this.slots.crash();
    this.wal.loseUnflushed(random.between(0, Math.max(0, this.wal.end - this.wal.flushedEnd)));
  }

  get isCluster(): boolean {
    return this.condition === 'whole' || this.condition === 'half-rewound';
  }
}
