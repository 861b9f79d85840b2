// Job ids as Salt makes them: the time in UTC down to the microsecond, twenty digits.

/** @param epochMicros microseconds since the epoch */
export function jidOf(epochMicros: bigint): string {
  const iso = new Date(Number(epochMicros / 1000n)).toISOString();
  const seconds = iso.slice(0, 19).replaceAll(/[-:T]/g, '');
  return seconds + String(epochMicros % 1_000_000n).padStart(6, '0');
}
