// The indexes that finding jobs in a large cache relies on. All begin with at most 200 characters of a
// text: a btree takes no row of more than a third of a page, and a target can be a list of any length.
// They are in the collation "C", which finds prefixes, and which no upgrade of a system's library reorders.

/** How much of a text is in the index. */
export const indexedLength = 200;

export interface QueryIndex {
  readonly name: string;
  readonly table: 'jids' | 'salt_returns';
  /** What stands between the parentheses of CREATE INDEX. */
  readonly keys: string;
  /** Predicate of a partial index. */
  readonly where: string | null;
  /** What it is for, in a sentence. */
  readonly purpose: string;
}

/** The indexed part of a column, as the index and the queries write it. */
export function keyOf(column: string): string {
  return `left(${column}, ${indexedLength}) COLLATE "C"`;
}

export const queryIndexes: readonly QueryIndex[] = [
  {
    name: 'jids_fun_jid_idx',
    table: 'jids',
    keys: `(${keyOf('fun')}), jid`,
    where: null,
    purpose: 'Finds the newest jobs of a function.',
  },
  {
    name: 'jids_tgt_jid_idx',
    table: 'jids',
    keys: `(${keyOf('tgt')}), jid`,
    where: null,
    purpose: 'Finds the newest jobs of a target.',
  },
  {
    name: 'jids_username_jid_idx',
    table: 'jids',
    keys: `(${keyOf('username')}), jid`,
    where: null,
    purpose: 'Finds the newest jobs of a user.',
  },
  {
    // Serves whoever looks for a minion alone as well, so that one index on `id` by itself may go.
    name: 'salt_returns_id_jid_idx',
    table: 'salt_returns',
    keys: `(${keyOf('id')}), jid`,
    where: null,
    purpose: 'Finds the newest returns of a minion.',
  },
  {
    // Costs writers next to nothing: a return that succeeded is not in it.
    name: 'salt_returns_failed_idx',
    table: 'salt_returns',
    keys: 'jid',
    where: 'NOT success',
    purpose: 'Finds the newest returns that failed.',
  },
];
