// Looks into configuration that nobody has checked yet: every reader here takes what fits and says so
// where nothing does, so that no form of a value can stop a member that runs.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { asObject } from '#core/dcs/json.ts';

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return asObject(value) !== null;
}

export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The section of this name; empty where there is none, or something else in its place. */
export function section(parent: JsonObject, name: string): JsonObject {
  return asObject(parent[name]) ?? {};
}

/** The value, as text; null where it is absent, empty, or no scalar. */
export function textOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return null;
}

/** The values of a list as texts, without those that are none; null where it is no list. */
export function textsOf(value: JsonValue | undefined): readonly string[] | null {
  if (!isJsonList(value)) return null;
  return value.map(textOf).filter((text) => text !== null);
}

/** The values of a mapping as texts, without those that are none. */
export function textFields(value: JsonValue | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const fields: [string, string][] = [];
  for (const [name, each] of Object.entries(value)) {
    const text = textOf(each);
    if (text !== null) fields.push([name, text]);
  }
  return Object.fromEntries(fields);
}
