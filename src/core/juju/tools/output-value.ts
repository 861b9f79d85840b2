// What a tool prints before a format is chosen. The types follow what Go prints differently: a map is
// sorted by key, a struct keeps the order of its fields.

/** Keys of a map come from outside (settings, parameters), so it is a Map and never a plain object. */
export type OutputMap = ReadonlyMap<string, OutputValue>;

/** Fields in the order they are printed. Their names are the program's own. */
export interface OutputStruct {
  readonly fields: readonly (readonly [string, OutputValue])[];
}

export type OutputValue =
  | null
  | boolean
  | number
  | string
  | readonly OutputValue[]
  | OutputMap
  | OutputStruct;

export type OutputKind = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'map' | 'struct';

/** A struct without the fields whose value is undefined, which is what Go's omitempty does. */
export function struct(
  fields: readonly (readonly [string, OutputValue | undefined])[],
): OutputStruct {
  return {
    fields: fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  };
}

/** A map of the entries of a dictionary. */
export function mapOf(record: Readonly<Record<string, OutputValue>>): OutputMap {
  return new Map(Object.entries(record));
}

export function isList(value: OutputValue): value is readonly OutputValue[] {
  return Array.isArray(value);
}

export function isMap(value: OutputValue): value is OutputMap {
  return value instanceof Map;
}

/**
 * Takes plain data, as action parameters and status data are, for output. Objects become maps. Throws
 * for what JSON has no word for, since that would be a mistake of the program.
 */
export function toOutput(data: unknown): OutputValue {
  if (data === null || data === undefined) return null;
  if (typeof data === 'boolean' || typeof data === 'number' || typeof data === 'string')
    return data;
  if (Array.isArray(data)) return data.map(toOutput);
  if (typeof data === 'object') {
    return new Map(Object.entries(data).map(([key, value]) => [key, toOutput(value)]));
  }
  throw new Error(`Cannot print a ${typeof data} as it is no plain data`);
}

/** Order of two texts by code point, which is Go's order of UTF-8 bytes. */
export function compareCodePoints(left: string, right: string): number {
  const leftPoints = Array.from(left);
  const rightPoints = Array.from(right);
  for (const [index, character] of leftPoints.entries()) {
    const other = rightPoints[index];
    if (other === undefined) return 1;
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return leftPoints.length - rightPoints.length;
}
