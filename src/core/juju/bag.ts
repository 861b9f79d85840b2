// Bags of settings, as relations hold them: one per unit and one per application. The version counts
// real changes, and watchers compare versions, so it must not move for a write that changed nothing.

import type { Bag } from './model.ts';
import { own } from './own.ts';

export const emptyBag: Bag = { settings: {}, version: 0 };

/**
 * Applies a change of keys. An empty value deletes its key (H90), so no bag ever holds one; identical
 * values, and deletions of keys that are absent, give back the same object with the same version (E68).
 */
export function writeBag(bag: Bag, change: Readonly<Record<string, string>>): Bag {
  const real = Object.entries(change).filter(
    ([key, value]) => (own(bag.settings, key) ?? '') !== value,
  );
  if (real.length === 0) return bag;
  // A Map keeps the latest write of each key and, unlike assignment, takes `__proto__` as any other key.
  const settings = new Map(Object.entries(bag.settings));
  for (const [key, value] of real) {
    if (value === '') settings.delete(key);
    else settings.set(key, value);
  }
  return { settings: Object.fromEntries(settings), version: bag.version + 1 };
}

/** Makes the bag hold exactly these settings, with the same rule for the version. */
export function replaceBag(bag: Bag, settings: Readonly<Record<string, string>>): Bag {
  const emptied = Object.keys(bag.settings).filter((key) => !Object.hasOwn(settings, key));
  return writeBag(bag, { ...Object.fromEntries(emptied.map((key) => [key, ''])), ...settings });
}
