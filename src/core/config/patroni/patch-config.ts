// Lays one configuration over another, as Patroni does for several files, for the environment, and for
// `PATCH /config`: mappings are merged, anything else is replaced, and null takes a key away.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { isJsonObject } from './json-fields.ts';

/** `base` with `patch` laid over it; neither of them changes. */
export function patchConfig(base: JsonObject, patch: JsonObject): JsonObject {
  const patched = new Map<string, JsonValue>(Object.entries(base));
  for (const [name, value] of Object.entries(patch)) {
    const before = patched.get(name);
    if (value === null) patched.delete(name);
    else if (isJsonObject(value) && isJsonObject(before)) {
      patched.set(name, patchConfig(before, value));
    } else patched.set(name, value);
  }
  return Object.fromEntries(patched);
}
