// JSON as it is kept in the configuration store: integers of any size survive reading and writing, and what
// is written is byte for byte what Python's compact `json.dumps` writes, so that both agents compare equal.

import type { JsonObject, JsonValue } from './cluster.ts';

/** What JSON of ECMAScript 2026 can do, which the compiler's library does not list yet. */
interface RichJson {
  parse(
    text: string,
    revive: (key: string, value: JsonValue, context: { readonly source?: string }) => JsonValue,
  ): JsonValue;
  stringify(value: JsonValue, replace: (key: string, value: JsonValue) => unknown): string;
  rawJSON(text: string): unknown;
}

const richJson = JSON as unknown as RichJson;

/** The value, integers beyond 2^53 as bigint; undefined where the text is no JSON. Never throws. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return richJson.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && isBeyondNumber(value, source)
        ? BigInt(source)
        : value,
    );
  } catch {
    // No JSON; or nested so deep that reading it ran out of stack, which no agent ever wrote.
    return undefined;
  }
}

function isBeyondNumber(value: number, source: string): boolean {
  return !Number.isSafeInteger(value) && /^-?\d+$/u.test(source);
}

/** The object a text holds; null where it holds anything else. Never throws. */
export function parseJsonObject(text: string): JsonObject | null {
  return asObject(parseJson(text));
}

/** Compact, ASCII only, bigint as an integer literal. Keys come in the order they have. */
export function writeJson(value: JsonValue): string {
  return (
    richJson
      .stringify(value, (_key, part) =>
        typeof part === 'bigint' ? richJson.rawJSON(part.toString()) : part,
      )
      // By UTF-16 units, as Python writes a character beyond the basic plane as two escapes.
      .replaceAll(/[\u007F-\uFFFF]/g, escapeUnit)
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Whether two values say the same, whatever the order of keys. */
export function isSameJson(left: JsonValue, right: JsonValue): boolean {
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((part: JsonValue, at) => isSameJson(part, right[at] as JsonValue))
    );
  }
  const [leftObject, rightObject] = [asObject(left), asObject(right)];
  if (leftObject !== null && rightObject !== null) {
    const keys = Object.keys(leftObject);
    return (
      keys.length === Object.keys(rightObject).length &&
      keys.every(
        (key) =>
          Object.hasOwn(rightObject, key) &&
          isSameJson(leftObject[key] as JsonValue, rightObject[key] as JsonValue),
      )
    );
  }
  if (isNumeric(left) && isNumeric(right)) {
    // 5n and 5 are the same integer; only what can't be a number is ever read as bigint.
    return String(left) === String(right);
  }
  return left === right;
}

function isNumeric(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The value if it is an object, else null. */
export function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}

/** The value if it is an array, else null. */
export function asList(value: JsonValue | undefined): readonly JsonValue[] | null {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : null;
}

/** The value if it is a text that is not empty, else null. */
export function asText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An integer given as one or as decimal text; null for anything else. */
export function asInteger(value: JsonValue | undefined): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null;
  if (typeof value === 'string' && /^\s*[+-]?\d{1,40}\s*$/u.test(value)) {
    return BigInt(value.trim().replace(/^\+/u, ''));
  }
  return null;
}

/** An integer that a number holds exactly; null for anything else. */
export function asCount(value: JsonValue | undefined): number | null {
  const integer = asInteger(value);
  return integer !== null && integer >= 0n && integer <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(integer)
    : null;
}
