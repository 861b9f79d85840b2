// The unit data of a test as a real file for the time of one hook, so that what a charm keeps, and
// what a failed hook forgets, is decided by the store a unit has.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openUnitData } from '../state/unit-data.ts';

export interface UnitDataFile extends Disposable {
  readonly path: string;
  /** What the file holds now, by key. */
  read(): Readonly<Record<string, unknown>>;
}

/**
 * Memory where there is some: each hook of a test makes a file, and syncing it to a disk would be most
 * of the test's time.
 */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Makes the file in a directory of its own; disposing removes both. */
export function createUnitDataFile(
  values: Readonly<Record<string, unknown>>,
  now: number,
): UnitDataFile {
  const directory = mkdtempSync(join(parent, 'unit-data-'));
  const path = join(directory, '.unit-state.db');
  const options = { now: () => now };
  if (Object.keys(values).length > 0) {
    const data = openUnitData(path, options);
    data.update(values);
    data.flush();
    data.close();
  }
  return {
    path,
    read() {
      const data = openUnitData(path, options);
      try {
        return Object.fromEntries(data.entries(''));
      } finally {
        data.close();
      }
    },
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
