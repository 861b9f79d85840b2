// Whether data differ from what they were at the last look. The hash is over canonical JSON, so the
// order of keys makes no difference.

import type { StorePort } from '#interfaces/ports.ts';

const prefix = 'reactive.data_changed.';

/** SHA-256 of text in lower-case hexadecimal. */
export type HashText = (text: string) => string;

/**
 * Whether `data` differ from the last call with this id; the first call is a change. Remembers them.
 * @param data a JSON value
 */
export function dataChanged(store: StorePort, id: string, data: unknown, hash: HashText): boolean {
  const now = hash(canonicalJson(data));
  if (store.get(prefix + id) === now) return false;
  store.set(prefix + id, now);
  return true;
}

/** Like `dataChanged`, but remembers nothing. */
export function isDataChanged(
  store: StorePort,
  id: string,
  data: unknown,
  hash: HashText,
): boolean {
  return store.get(prefix + id) !== hash(canonicalJson(data));
}

/** JSON with the keys of every object sorted by code unit. */
export function canonicalJson(data: unknown): string {
  const text = JSON.stringify(data, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  if (text === undefined)
    throw new TypeError('Cannot hash data: found undefined, need a JSON value');
  return text;
}
