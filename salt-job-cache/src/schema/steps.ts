// What a migration consists of. Each step by itself leaves a job cache that works, so it may be cut off
// after any of them, and the next run plans what is left.

export interface Step {
  /**
   * `transaction`: the statements together, and no writer waits behind them for long.
   * `alone`: each outside a transaction, as CONCURRENTLY demands; takes no lock that writers wait for.
   */
  readonly mode: 'transaction' | 'alone';
  readonly statements: readonly string[];
  /** What was done, for people; null where it is not worth a word. */
  readonly sentences: readonly string[];
  /** Bytes of the table that the step reads or writes whole; 0 where it does not depend on the size. */
  readonly bytes: number;
  /** Where the table is too big for now: what was left, as "left …". */
  readonly ifLeft?: string;
  /** Where our user may not do it, and the job cache works without: what was left. */
  readonly ifRefused?: string;
}

export interface MigrationPlan {
  readonly steps: readonly Step[];
  /** What is left as it is, and why. */
  readonly notes: readonly string[];
  /** Why an existing table can't serve; nothing is to be done then. */
  readonly conflicts: readonly string[];
}
