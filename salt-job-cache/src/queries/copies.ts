// Counts how many copies of a row a file has had so far, remembering no more than the rows of the group
// (a job, a moment) that the file is at.

import { createHash } from 'node:crypto';
import type { ImportedLine } from './exported-lines.ts';
import { lineColumns } from './exported-lines.ts';

/** Which columns make a row the copy of another, and which one tells copies apart. */
const roles = {
  job: { group: 'jid', apart: null },
  return: { group: 'jid', apart: 'added' },
  event: { group: 'alter_time', apart: 'id' },
} as const;

function digestOf(values: readonly (string | null)[]): string {
  const hash = createHash('sha256');
  for (const value of values) {
    hash.update(value === null ? '-' : `${value.length}:`);
    hash.update(value ?? '');
  }
  return hash.digest('base64');
}

interface Group {
  /** By the digest of a row: what tells its copies apart. */
  readonly rows: Map<string, Set<string>>;
}

export class Copies {
  readonly #groups: Map<string, Group> = new Map();
  #current: string | null = null;

  /** @returns 1 for a row the file did not have yet, 2 for its second copy; null for the very same row again */
  next(line: ImportedLine): number | null {
    const names = lineColumns[line.kind].map(({ name }) => name);
    const { group, apart } = roles[line.kind];
    const key = `${line.kind} ${line.values[names.indexOf(group)] ?? ''}`;
    const place = apart === null ? -1 : names.indexOf(apart);
    const row = digestOf(line.values.filter((_, index) => index !== place));
    this.#current = key;
    const known = this.#groups.get(key) ?? { rows: new Map<string, Set<string>>() };
    this.#groups.set(key, known);
    const copies = known.rows.get(row) ?? new Set<string>();
    known.rows.set(row, copies);
    const mark = line.values[place] ?? '';
    if (copies.has(mark)) return null;
    copies.add(mark);
    return copies.size;
  }

  /** Forgets all but the group of the last row: what was stored is found in the job cache. */
  forget(): void {
    for (const key of this.#groups.keys()) if (key !== this.#current) this.#groups.delete(key);
  }
}
