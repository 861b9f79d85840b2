// Reads numbers the way PostgreSQL does: with a unit of memory or time where the parameter has one.

/** Factors to bytes and to microseconds; the letters' case matters, as `m` and `M` do in PostgreSQL. */
const memoryUnits: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1024],
  ['MB', 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
]);
const timeUnits: ReadonlyMap<string, number> = new Map([
  ['us', 1],
  ['ms', 1000],
  ['s', 1_000_000],
  ['min', 60_000_000],
  ['h', 3_600_000_000],
  ['d', 86_400_000_000],
]);

/** What units a parameter takes, by the unit it is counted in, for example `8kB` or `ms`. */
function unitsFor(
  unit: string,
): { readonly units: ReadonlyMap<string, number>; readonly base: number } | null {
  const match = /^(?<count>\d*)(?<name>[A-Za-z]+)$/u.exec(unit);
  const { count = '', name = '' } = match?.groups ?? {};
  for (const units of [memoryUnits, timeUnits]) {
    const factor = units.get(name);
    if (factor !== undefined) return { units, base: factor * Number(count || '1') };
  }
  return null;
}

export type Quantity =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'fault'; readonly why: string };

const numberForm =
  /^\s*(?<number>[+-]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))\s*(?<unit>[A-Za-z]*)\s*$/iu;

function readNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/u, '');
  // A whole number that begins with 0 is octal to PostgreSQL, as it is to strtol.
  if (/^0[0-7]+$/u.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

/** The number in `text`, counted in `unit`; null means the parameter is a bare number. */
export function readQuantity(text: string, unit: string | null): Quantity {
  const match = numberForm.exec(text);
  const { number = '', unit: given = '' } = match?.groups ?? {};
  if (match === null) return { kind: 'fault', why: 'it is no number' };
  const value = readNumber(number);
  if (given === '') return { kind: 'number', value };
  const known = unit === null ? null : unitsFor(unit);
  if (known === null) return { kind: 'fault', why: 'it takes a number without a unit' };
  const factor = known.units.get(given);
  if (factor === undefined) {
    return { kind: 'fault', why: `its unit is to be one of ${[...known.units.keys()].join(', ')}` };
  }
  return { kind: 'number', value: (value * factor) / known.base };
}
