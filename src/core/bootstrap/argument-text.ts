// A configured value as an argument for somebody's script.

import type { JsonValue } from '#core/dcs/cluster.ts';

/** Scripts written for Patroni compare with `True` and `None`; lists and maps come as JSON. */
export function argumentText(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object') {
    return JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? part.toString() : part,
    );
  }
  return String(value);
}
