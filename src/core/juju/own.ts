// Reads and rewrites of objects that serve as dictionaries. Their keys come from outside: `constructor`
// is a valid application name and `__proto__` a possible configuration key, so a plain `record[key]`
// would find what every object inherits.

/** The value stored under `key`, or undefined when the record itself has none. */
export function own<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** A copy of the record with `key` set. The computed key also stores `__proto__` as plain data. */
export function withKey<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value,
): Readonly<Record<string, Value>> {
  return { ...record, [key]: value };
}

/** A copy of the record without `key`; the record itself when it had none. */
export function withoutKey<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Readonly<Record<string, Value>> {
  if (!Object.hasOwn(record, key)) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
