// A part of the unit data as if it were all of it.

import type { StorePort } from '#interfaces/ports.ts';

/** The rows of `store` whose keys begin with `prefix`, seen without it. */
export function prefixedStore(store: StorePort, prefix: string): StorePort {
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    unset: (key) => store.unset(prefix + key),
    entries: (inner) =>
      store
        .entries(prefix + inner)
        .map(([key, value]) => [key.slice(prefix.length), value] as const),
  };
}
