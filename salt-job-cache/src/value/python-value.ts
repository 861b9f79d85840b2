// What Salt passes around: Python's values, as TypeScript sees them. Salt's own module writes str() of
// them, so what JavaScript alone can't tell apart (1 and 1.0, the order of keys) is kept apart here.

/**
 * A float. Needed only where JavaScript would take it for an integer (`1.0`, `-0.0`, `1e22`); a plain
 * number with a fraction is a float as well.
 */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A tuple; lists are arrays. */
export class PythonTuple {
  readonly items: readonly PythonValue[];

  constructor(items: readonly PythonValue[]) {
    this.items = items;
  }
}

export type PythonList = readonly PythonValue[];

/** Keys in the order of insertion. A plain object has its integer-like keys first, a Map has not. */
export type PythonDict =
  | ReadonlyMap<PythonValue, PythonValue>
  | { readonly [key: string]: PythonValue | undefined };

/**
 * None, bool, int (a bigint, or a number without a fraction), float (`PythonFloat`, or a number that is no
 * integer: NaN and the infinities too), str, bytes, tuple, list, dict.
 */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PythonFloat
  | PythonTuple
  | PythonList
  | PythonDict;

export function isList(value: PythonValue): value is PythonList {
  return Array.isArray(value);
}

export function isDict(value: PythonValue): value is PythonDict {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isList(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof PythonFloat) &&
    !(value instanceof PythonTuple)
  );
}

/** The value under a key of type str; undefined where there is none. */
export function valueAt(dict: PythonDict, key: string): PythonValue | undefined {
  if (dict instanceof Map) return dict.get(key);
  return Object.hasOwn(dict, key)
    ? (dict as Readonly<Record<string, PythonValue>>)[key]
    : undefined;
}

/** Keys and values, in order. A key that is undefined in a plain object is not there. */
export function entriesOf(dict: PythonDict): readonly (readonly [PythonValue, PythonValue])[] {
  if (dict instanceof Map) return [...dict];
  return Object.entries(dict).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
}
