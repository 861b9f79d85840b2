// Time as the job cache needs it; passed in, so that tests can set it, also backwards.

export interface Clock {
  /** Microseconds since the epoch, as Salt counts job ids. */
  nowMicros(): bigint;
}
