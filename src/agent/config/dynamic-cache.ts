// Keeps the dynamic configuration in the data directory, where Patroni keeps it: a member that starts
// without its store goes on with it, and a leader whose store was wiped puts it back.

import { join } from 'node:path';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { parseJsonObject, writeJson } from '#core/dcs/json.ts';

export const dynamicCacheFile = 'patroni.dynamic.json';

export type DynamicCache =
  | { readonly kind: 'found'; readonly dynamic: JsonObject }
  | { readonly kind: 'absent' }
  /** It holds no JSON object: it counts as absent, and somebody should hear of it. */
  | { readonly kind: 'broken'; readonly why: string };

/** Throws the system's error where the file is there and can't be read. */
export async function readDynamicCache(dataDirectory: string): Promise<DynamicCache> {
  const path = join(dataDirectory, dynamicCacheFile);
  const text = await readIfThere(path);
  if (text === null) return { kind: 'absent' };
  const dynamic = parseJsonObject(text);
  if (dynamic !== null) return { kind: 'found', dynamic };
  return { kind: 'broken', why: `Cannot use ${path}: it holds no JSON object` };
}

/** Writes the file with mode 0600 for the server's user. Throws the system's error. */
export async function writeDynamicCache(
  dataDirectory: string,
  dynamic: JsonObject,
  owner: Identity,
): Promise<void> {
  await writeAtomically(join(dataDirectory, dynamicCacheFile), writeJson(dynamic), owner);
}
