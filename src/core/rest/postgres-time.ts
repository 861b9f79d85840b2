// Times as PostgreSQL prints them with zone UTC (`2026-11-20 10:00:00.5+00`) and as Patroni publishes them
// (`2026-11-20 10:00:00.500000+00:00`).

import { parseIsoTime } from '#core/dcs/iso-time.ts';

const printed =
  /^(?<second>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2})(?:\.(?<fraction>\d{1,6}))?(?:\+00(?::?00)?|Z)$/u;

/** The same moment as Patroni prints it; text of another form is left as it is. */
export function publishedTime(text: string): string {
  const { second, fraction = '' } = printed.exec(text)?.groups ?? {};
  if (second === undefined) return text;
  const micros = fraction.padEnd(6, '0');
  return `${second.replace('T', ' ')}${micros === '000000' ? '' : `.${micros}`}+00:00`;
}

/** Seconds since the epoch, to the microsecond; 0 for text that is no such time. */
export function epochSeconds(text: string | null): number {
  const { second = '', fraction = '' } = printed.exec(text ?? '')?.groups ?? {};
  const wholeMs = parseIsoTime(second);
  return wholeMs === null ? 0 : Number(`${wholeMs / 1000}.${fraction.padEnd(6, '0')}`);
}
