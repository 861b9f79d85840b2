// The keys `config` (the dynamic configuration) and `failsafe` (who must agree when the store is out of reach).

import type { ClusterConfig } from './cluster.ts';
import { parseJsonObject } from './json.ts';

/** Its data is null where the value is no object: the configuration counts as wiped. */
export function readClusterConfig(value: string, modRevision: string): ClusterConfig {
  return { modRevision, data: parseJsonObject(value) };
}

/** API addresses by member's name; null where the value is no object. */
export function readFailsafe(value: string): Readonly<Record<string, string>> | null {
  const data = parseJsonObject(value);
  if (data === null) return null;
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
