// How much of the job cache is kept, and what of it has therefore expired. Salt's rule is the age of the job,
// whether or not returns still come in.

export interface Limits {
  /** Age from which on a job is deleted, its returns with it; 0: none. */
  readonly keepJobsSeconds: number;
  /** How many of the newest jobs are kept; 0: all. */
  readonly keepJobs: number;
  /** Age from which on an event is deleted; 0, the default, none. */
  readonly keepEventsSeconds?: number;
}

/** A job id given out so long ago can't be given out again, and its job would have been stored. */
const keepReservationsSeconds = 86_400;

/** Times before which rows have expired, microseconds since the epoch; null: none has. */
export interface Cutoffs {
  readonly jobs: bigint | null;
  readonly events: bigint | null;
  readonly reservations: bigint;
}

/** Not before the epoch: no job is older, and no calendar reaches back as far as a number of seconds can. */
function before(nowMicros: bigint, seconds: number): bigint {
  const cutoff = nowMicros - BigInt(Math.round(seconds * 1_000_000));
  return cutoff < 0n ? 0n : cutoff;
}

/**
 * Of two clocks the one that is behind counts: one that runs ahead must not delete what is still to be kept.
 *
 * @param clocks microseconds since the epoch, of this machine and of the server
 * @throws RangeError for a limit that is negative or no number
 */
export function cutoffsOf(limits: Limits, clocks: readonly [bigint, bigint]): Cutoffs {
  const { keepJobsSeconds, keepJobs, keepEventsSeconds = 0 } = limits;
  for (const [name, value] of Object.entries({ keepJobsSeconds, keepJobs, keepEventsSeconds })) {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(
        `Cannot clean with ${name} = ${value}: give 0 for no limit, or a positive number`,
      );
    }
  }
  const now = clocks[0] < clocks[1] ? clocks[0] : clocks[1];
  return {
    jobs: keepJobsSeconds === 0 ? null : before(now, keepJobsSeconds),
    events: keepEventsSeconds === 0 ? null : before(now, keepEventsSeconds),
    reservations: before(now, keepReservationsSeconds),
  };
}
