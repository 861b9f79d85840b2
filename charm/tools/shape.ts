// Checks that what a tool printed has the shape the contract gives it. Here, and nowhere after, an
// unknown value becomes a typed one.

import { HookToolError } from './errors.ts';

export type UnknownRecord = Readonly<Record<string, unknown>>;

/** A JSON object. Null is an empty one: Juju prints it where there is nothing (T1, H192). */
export function asRecord(tool: string, value: unknown): UnknownRecord {
  if (value === null || value === undefined) return {};
  if (isRecord(value)) return value;
  throw unexpected(tool, 'an object', value);
}

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON list of texts; null is an empty one. */
export function asStrings(tool: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw unexpected(tool, 'a list of texts', value);
}

/** A JSON object whose values are all text: a bag, a secret, a charm's state. */
export function asTextRecord(tool: string, value: unknown): Readonly<Record<string, string>> {
  const record = asRecord(tool, value);
  for (const inner of Object.values(record)) {
    if (typeof inner !== 'string') throw unexpected(tool, 'an object of texts', inner);
  }
  return record as Readonly<Record<string, string>>;
}

export function asString(tool: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw unexpected(tool, 'a text', value);
}

export function asBoolean(tool: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw unexpected(tool, 'true or false', value);
}

/** The text under a key, or the fallback where the key is missing or null. */
export function textAt(record: UnknownRecord, key: string, fallback: string = ''): string {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  return typeof value === 'string' ? value : fallback;
}

/** What was found is named by its type only, as its content may be secret. */
function unexpected(tool: string, wanted: string, found: unknown): HookToolError {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found;
  return new HookToolError({
    kind: 'failed',
    tool,
    exitCode: 0,
    detail: `cannot use its output: found ${kind}, need ${wanted}`,
  });
}
