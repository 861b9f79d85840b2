// The tables of Salt's postgres_local_cache returner: the columns Salt's documentation gives them, and the
// indexes kept here. What differs from Salt's own is said where it differs.

import { queryIndexes } from '../queries/indexes.ts';

export interface Column {
  readonly name: string;
  /** As PostgreSQL's `format_type` spells it, or `bigserial`. */
  readonly type: string;
  /** Whether Salt writes null into it, or nothing. */
  readonly isNullable: boolean;
  /** Whether Salt names it when it writes a row; the others have to fill themselves. */
  readonly isWritten: boolean;
  readonly default?: string;
}

export interface Index {
  readonly name: string;
  /** What follows USING. */
  readonly definition: string;
  /** Left out where the table is partitioned: of Salt's own, and nothing reads it; writing is cheaper without. */
  readonly onlyPlain?: boolean;
  /** In its place where the table is partitioned. */
  readonly onlyPartitioned?: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey?: string;
  readonly indexes: readonly Index[];
  /** Column by whose time the table is divided where it is partitioned. */
  readonly partitionColumn: string;
}

const text = (name: string): Column => ({
  name,
  type: 'text',
  isNullable: false,
  isWritten: true,
});
const jid: Column = {
  name: 'jid',
  type: 'character varying(20)',
  isNullable: false,
  isWritten: true,
};
const time = (name: string, isWritten: boolean): Column => ({
  name,
  type: 'timestamp with time zone',
  isNullable: true,
  isWritten,
  default: 'now()',
});
const index = (table: string, name: string, definition: string): Index => ({
  name: `${table}_${name}_idx`,
  definition,
});

/** Those that finding jobs relies on. */
const forQueries = (table: string): readonly Index[] =>
  queryIndexes
    .filter((one) => one.table === table)
    .map(({ name, keys, where }) => ({
      name,
      definition: `btree (${keys})${where === null ? '' : ` WHERE ${where}`}`,
    }));

export const tables: readonly Table[] = [
  {
    name: 'jids',
    columns: [
      jid,
      time('started', true),
      ...['tgt_type', 'cmd', 'tgt', 'kwargs', 'ret', 'username', 'arg', 'fun'].map(text),
    ],
    primaryKey: 'jid',
    indexes: [index('jids', 'started', 'btree (started)'), ...forQueries('jids')],
    partitionColumn: 'jid',
  },
  {
    name: 'salt_returns',
    columns: [
      time('added', false),
      text('fun'),
      jid,
      text('return'),
      text('id'),
      // Some of Salt's functions give no success, so it may be null.
      { name: 'success', type: 'boolean', isNullable: true, isWritten: true },
    ],
    indexes: [
      { ...index('salt_returns', 'added', 'btree (added)'), onlyPlain: true },
      { ...index('salt_returns', 'id', 'btree (id)'), onlyPlain: true },
      // Costs writers next to nothing, and keeps who asks for the last hour out of older partitions. Without
      // autosummarize the end of each partition would be read whole until it is vacuumed.
      {
        ...index('salt_returns', 'added_range', "brin (added) WITH (autosummarize='on')"),
        onlyPartitioned: true,
      },
      index('salt_returns', 'jid', 'btree (jid)'),
      { ...index('salt_returns', 'fun', 'btree (fun)'), onlyPlain: true },
      ...forQueries('salt_returns'),
    ],
    partitionColumn: 'jid',
  },
  {
    name: 'salt_events',
    columns: [
      // Salt's own is an integer, which ends at 2,147,483,647.
      { name: 'id', type: 'bigserial', isNullable: false, isWritten: false },
      text('tag'),
      text('data'),
      time('alter_time', false),
      text('master_id'),
    ],
    indexes: [
      // Salt's own is of the whole tag, and refuses one of more than about 2.7 kB. A hash would take any length,
      // but becomes slower with each row of the same tag.
      index('salt_events', 'tag_start', 'btree ("left"(tag, 200) text_pattern_ops)'),
      index('salt_events', 'id', 'btree (id)'),
      index('salt_events', 'master_id', 'btree (master_id)'),
      index('salt_events', 'alter_time', 'btree (alter_time)'),
    ],
    partitionColumn: 'alter_time',
  },
];

/** Indexes of Salt's own that refuse rows; dropped, as an index is no data. */
export const refusingIndexes: ReadonlyMap<string, readonly string[]> = new Map([
  ['salt_events', ['btree (data)', 'btree (tag)']],
]);

/** @param isPartitioned whether the table is in partitions */
export function indexesOf(table: Table, isPartitioned: boolean): readonly Index[] {
  return table.indexes.filter(
    ({ onlyPlain, onlyPartitioned }) => (isPartitioned ? onlyPlain : onlyPartitioned) !== true,
  );
}
