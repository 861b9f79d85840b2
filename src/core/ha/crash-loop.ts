// A server that dies soon after each start is not started again at once for ever: what kills it (a full disk, a broken
// page) would do so again, and the log would be all that grows.

/** A death within this time of the start counts, in milliseconds. */
const soonMs = 10_000;

/** The first pause, doubled with each further death, and the longest, in milliseconds. */
const firstPauseMs = 500;
const longestPauseMs = 10_000;

export interface CrashLoop {
  /** Deaths soon after a start, one after the other. */
  readonly deaths: number;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number | null;
}

export const noCrashLoop: CrashLoop = { deaths: 0, startedAtMs: null };

/** The server has started. */
export function noteStart(loop: CrashLoop, nowMs: number): CrashLoop {
  return { ...loop, startedAtMs: nowMs };
}

/** The server was found dead. */
export function noteDeath({ deaths, startedAtMs }: CrashLoop, nowMs: number): CrashLoop {
  if (startedAtMs === null) return { deaths, startedAtMs };
  return { deaths: nowMs - startedAtMs < soonMs ? deaths + 1 : 0, startedAtMs: null };
}

/** How long the next start waits after the death; none for the first. */
export function pauseMs({ deaths }: CrashLoop): number {
  return deaths === 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (deaths - 1));
}
