// Reading single values and lists out of a bag. Values are text and stay text: "10", "true" and "null"
// are as good a password as any and must never be taken for JSON (T16).

import type { Settings } from '../ports.ts';

/** Value of the key; empty where the bag has none. Juju takes an empty value for an absent one, too. */
export function settingOf(settings: Settings, key: string): string {
  return Object.hasOwn(settings, key) ? (settings[key] ?? '') : '';
}

/** A comma-separated list: trimmed, without empty items, each item once, in the order written. */
export function splitList(text: string): readonly string[] {
  return uniqueItems(text.split(','));
}

/** A list of unit names, separated by blanks with some servers and by commas with others (T9). */
export function splitUnits(text: string): readonly string[] {
  return uniqueItems(text.split(/[\s,]+/));
}

function uniqueItems(items: readonly string[]): readonly string[] {
  return [...new Set(items.map((item) => item.trim()).filter((item) => item !== ''))];
}

/** An empty text takes a key away, anything else sets it. */
export function orAbsent(text: string): string | null {
  return text === '' ? null : text;
}

/** True where both hold the same items, in whatever order. */
export function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const items = new Set(left);
  return items.size === new Set(right).size && right.every((item) => items.has(item));
}
