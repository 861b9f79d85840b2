// How far `tail` has come, so that it misses nothing that commits late and reads little again.
//
// A row is new where its transaction was not over at the last look. All transactions below the lowest one
// that ran then (`horizon`) were over, and what they wrote has been seen; so the rows to look at are those
// at or above the horizon, of which the ones shown already are remembered. Where in the table such rows can
// be is bounded by time: a transaction at or above the horizon got its number after the look at which that
// number was not given out yet, and began at most `graceMicros` before it first wrote.

/** Salt and we write right after BEGIN. */
export const graceMicros = 10_000_000n;
/** For transactions that ran already at the first look; when they began is not known. */
export const firstGraceMicros = 60_000_000n;

/** One look at the database: its time, its lowest running and its next transaction. */
export interface Look {
  readonly micros: bigint;
  readonly xmin: bigint;
  readonly xmax: bigint;
}

export interface TailPosition {
  /** Rows of transactions below this one were seen. */
  readonly horizon: bigint;
  /** Rows that were recorded before were seen. Microseconds since the epoch. */
  readonly floorMicros: bigint;
  /** Looks that still bound something, oldest first. */
  readonly looks: readonly Look[];
}

export function startAt(look: Look): TailPosition {
  return {
    horizon: look.xmin,
    floorMicros: look.micros - firstGraceMicros,
    looks: [look],
  };
}

/** After everything visible at `look` was shown. */
export function advance(position: TailPosition, look: Look): TailPosition {
  const looks = [...position.looks, look];
  // The last look at which no transaction that still runs had its number.
  const bound = looks.findLastIndex(({ xmax }) => xmax <= look.xmin);
  const found = looks[bound];
  if (found === undefined) return { ...position, horizon: look.xmin, looks };
  const floor = found.micros - graceMicros;
  return {
    horizon: look.xmin,
    floorMicros: floor,
    looks: looks.slice(bound),
  };
}
