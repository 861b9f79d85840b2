// What `pg_basebackup --progress` tells, and what follows from it about rate and end.

import type { Progress } from '#core/dcs/cluster.ts';

export interface CopiedBytes {
  readonly bytesDone: number;
  /** Null where the source did not estimate it. */
  readonly bytesTotal: number | null;
}

const line = /^\s*(?<done>\d+)(?:\/(?<total>\d+))? kB(?: \(\d+%\))?, \d+\/\d+ tablespaces?/u;

/** Reads one line; null for any other one. The unit of the program is 1024 bytes. */
export function readBasebackupProgress(text: string): CopiedBytes | null {
  const { done, total } = line.exec(text)?.groups ?? {};
  if (done === undefined) return null;
  return {
    bytesDone: Number(done) * 1024,
    bytesTotal: total === undefined ? null : Number(total) * 1024,
  };
}

interface Sample {
  readonly atMs: number;
  readonly bytesDone: number;
}

/** What was seen in the last half minute, so that the rate is that of now. Times are monotonic. */
export type RateWindow = readonly Sample[];

const windowMs = 30_000;

/** The window with this sample added; a copy that began anew begins a new window. */
export function addSample(window: RateWindow, sample: Sample): RateWindow {
  const last = window.at(-1);
  if (last !== undefined && last.bytesDone > sample.bytesDone) return [sample];
  // One sample older than the window is kept, as the rate is taken from the oldest to the newest.
  const from = window.findLastIndex((one) => one.atMs <= sample.atMs - windowMs);
  return [...window.slice(Math.max(from, 0)), sample];
}

/** Bytes per second over the window; null while there is none to tell. */
function rateOf(window: RateWindow): number | null {
  const [first] = window;
  const last = window.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
  return ((last.bytesDone - first.bytesDone) * 1000) / (last.atMs - first.atMs);
}

/** `bytesTotal` is the source's estimate and may be exceeded; it is never told to be less than what is done. */
export function progressOf(
  action: string,
  phase: string,
  window: RateWindow,
  bytesTotal: number | null,
): Progress {
  const bytesDone = window.at(-1)?.bytesDone ?? 0;
  const total = bytesTotal === null ? null : Math.max(bytesTotal, bytesDone);
  const rate = rateOf(window);
  const left = total === null || rate === null || rate <= 0 ? null : (total - bytesDone) / rate;
  return {
    action,
    phase,
    bytesDone,
    bytesTotal: total,
    bytesPerSecond: rate === null ? null : Math.round(rate),
    expectedEndInMs: left === null ? null : Math.round(left * 1000),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/** The progress in one line, for the log. */
export function progressText(progress: Progress): string {
  const { bytesDone, bytesTotal, bytesPerSecond, expectedEndInMs } = progress;
  const parts = [
    bytesTotal === null
      ? megabytes(bytesDone)
      : `${megabytes(bytesDone)} of ${megabytes(bytesTotal)}${bytesTotal === 0 ? '' : ` (${Math.floor((bytesDone * 100) / bytesTotal)} %)`}`,
  ];
  if (bytesPerSecond !== null) parts.push(`${megabytes(bytesPerSecond)}/s`);
  if (expectedEndInMs !== null) parts.push(`${Math.ceil(expectedEndInMs / 1000)} s left`);
  return `${progress.action}, ${progress.phase}: ${parts.join(', ')}`;
}
