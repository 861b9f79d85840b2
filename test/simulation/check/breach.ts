// Something a run found that must not be.

export type Law =
  /** At most one member accepts writes. */
  | 'one-primary'
  /** What was acknowledged is not lost, or within the bound. */
  | 'no-loss'
  /** After the faults the cluster is whole again in time. */
  | 'recovery'
  /** Who leads has the key and a lease. */
  | 'lease'
  /** Invariants of making and cloning clusters. */
  | 'bootstrap'
  /** No data is removed that nobody asked to remove; what is broken is not started. */
  | 'data'
  /** Replication slots: INV-1 to INV-15a, and no consumer misses a row. */
  | 'slots'
  /** A turn of the loop ends, and throws nothing. */
  | 'turn';

export interface Breach {
  readonly law: Law;
  readonly atMs: number;
  readonly what: string;
}
