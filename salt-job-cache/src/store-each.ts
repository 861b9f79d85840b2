// Stores many rows by as few statements as their faults allow: where PostgreSQL refuses a statement, it is
// halved, until only the rows that can't be stored are left over.

import { isRefusal } from './functions/job-error.ts';

/** What became of a row: null where it is stored. */
export type Outcome = { readonly error: unknown } | null;

/**
 * Rows are stored in their order. Where a statement fails otherwise than by a refusal, as the connection broke,
 * nobody knows what became of it: its rows and those after it have that error, and nothing is sent again.
 *
 * @param store all of the rows or none
 */
export async function storeEach<Row>(
  rows: readonly Row[],
  store: (rows: readonly Row[]) => Promise<unknown>,
): Promise<readonly Outcome[]> {
  const outcomes = rows.map((): Outcome => null);
  const open: (readonly [number, number])[] = rows.length === 0 ? [] : [[0, rows.length]];
  for (;;) {
    const range = open.pop();
    if (range === undefined) return outcomes;
    const [from, to] = range;
    try {
      await store(rows.slice(from, to));
    } catch (error) {
      if (!isRefusal(error)) {
        return outcomes.map((outcome, index) => (index < from ? outcome : { error }));
      }
      const middle = (from + to) >> 1;
      if (middle === from) outcomes[from] = { error };
      else open.push([middle, to], [from, middle]);
    }
  }
}
