// A typed fact of the unit, kept under one key of its unit data.

import type { StorePort } from '#interfaces/ports.ts';

type Store = Pick<StorePort, 'get' | 'set' | 'unset'>;

/** One fact: how to read it, and how to write it; null forgets it. */
export interface Fact<Value> {
  read(store: Store): Value | null;
  write(store: Store, value: Value | null): void;
}

/** Only one charm writes its keys, and each with one type, so what is read is what was written. */
export function fact<Value>(key: string): Fact<Value> {
  return {
    read: (store) => (store.get(key) ?? null) as Value | null,
    write: (store, value) => {
      if (value === null) {
        store.unset(key);
      } else {
        store.set(key, value);
      }
    },
  };
}
