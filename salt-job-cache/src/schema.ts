// The tables of Salt's postgres_local_cache returner, as Salt's documentation gives them, and what to
// do to have them. Nothing here drops or changes a table that exists: a job cache is somebody's history.

export interface Column {
  readonly name: string;
  /** As PostgreSQL's `format_type` spells it, or `serial`. */
  readonly type: string;
  /** Whether Salt writes null into it, or nothing. */
  readonly isNullable: boolean;
  /** Whether Salt names it when it writes a row; the others have to fill themselves. */
  readonly isWritten: boolean;
  readonly default?: string;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey?: string;
  /** Columns that have an index of their own. */
  readonly indexes: readonly string[];
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

export const tables: readonly Table[] = [
  {
    name: 'jids',
    columns: [
      jid,
      time('started', true),
      ...['tgt_type', 'cmd', 'tgt', 'kwargs', 'ret', 'username', 'arg', 'fun'].map(text),
    ],
    primaryKey: 'jid',
    indexes: [],
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
    indexes: ['added', 'id', 'jid', 'fun'],
  },
  {
    name: 'salt_events',
    columns: [
      { name: 'id', type: 'serial', isNullable: false, isWritten: false },
      text('tag'),
      text('data'),
      time('alter_time', false),
      text('master_id'),
    ],
    indexes: ['tag', 'data', 'id', 'master_id'],
  },
];

export interface ExistingColumn {
  readonly type: string;
  readonly isNotNull: boolean;
  /** Fills itself where a row is written without it. */
  readonly hasDefault: boolean;
}

/** What stands under the name of one of Salt's tables. */
export interface ExistingTable {
  /** False for a view and the like. */
  readonly isTable: boolean;
  /** Whether our user may grant it to others. */
  readonly isOurs: boolean;
  /** Whether our user may read, write and delete rows. */
  readonly isWritable: boolean;
  readonly columns: ReadonlyMap<string, ExistingColumn>;
  /** Columns of which each by itself is kept unique. */
  readonly unique: ReadonlySet<string>;
}

export type ExistingTables = ReadonlyMap<string, ExistingTable>;

export interface SchemaPlan {
  /** Statements to run in one transaction, in this order. */
  readonly statements: readonly string[];
  /** Sentences that say what the statements do, and what is left as it is. */
  readonly notes: readonly string[];
  /** Sentences that say why an existing table can't serve; statements are then not to be run. */
  readonly conflicts: readonly string[];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function createTable(table: Table): string {
  const columns = table.columns.map((column) =>
    [
      quoted(column.name),
      column.type,
      ...(column.isNullable ? [] : ['NOT NULL']),
      ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ].join(' '),
  );
  const key = table.primaryKey === undefined ? [] : [`PRIMARY KEY (${quoted(table.primaryKey)})`];
  return `CREATE TABLE ${quoted(table.name)} (${[...columns, ...key].join(', ')})`;
}

/** Under the name PostgreSQL itself would give it, so that it looks like Salt's own. */
function createIndex(table: string, column: string): string {
  return `CREATE INDEX ${quoted(`${table}_${column}_idx`)} ON ${quoted(table)} (${quoted(column)})`;
}

/** Whether a column holds whatever Salt writes into one of the declared type. */
function typeFits(declared: string, found: string): boolean {
  if (declared === found || found === 'text' || found === 'character varying') {
    return declared === found || declared === 'text' || declared.startsWith('character varying');
  }
  if (declared.startsWith('character varying')) {
    return Number(/^character varying\((\d+)\)$/u.exec(found)?.[1] ?? 0) >= 20;
  }
  return declared === 'timestamp with time zone' && found === 'timestamp without time zone';
}

function columnConflict(table: string, column: Column, found: ExistingTable): string | null {
  const place = `"${table}"."${column.name}"`;
  const there = found.columns.get(column.name);
  if (!column.isWritten) return null;
  if (there === undefined) {
    return `Table "${table}" has no column "${column.name}", which Salt writes`;
  }
  if (!typeFits(column.type, there.type)) {
    return `Column ${place} is ${there.type}, but Salt needs ${column.type}`;
  }
  return column.isNullable && there.isNotNull
    ? `Column ${place} takes no null, which Salt writes`
    : null;
}

/** Columns that Salt does not write, and that PostgreSQL would not let it leave out. */
function unfilledColumns(table: Table, found: ExistingTable): readonly string[] {
  const written = new Set(
    table.columns.filter(({ isWritten }) => isWritten).map(({ name }) => name),
  );
  return [...found.columns]
    .filter(([name, { isNotNull, hasDefault }]) => !written.has(name) && isNotNull && !hasDefault)
    .map(
      ([name]) => `Column "${table.name}"."${name}" has to be given, but Salt does not write it`,
    );
}

function conflictsOf(table: Table, found: ExistingTable): readonly string[] {
  const { name, primaryKey } = table;
  if (!found.isTable) return [`"${name}" is there already and is no table`];
  return [
    ...table.columns.flatMap((column) => columnConflict(name, column, found) ?? []),
    ...unfilledColumns(table, found),
    ...(primaryKey !== undefined && !found.unique.has(primaryKey)
      ? [`Table "${name}" does not keep "${primaryKey}" unique, which Salt relies on`]
      : []),
    ...(found.isWritable
      ? []
      : [
          `Table "${name}" belongs to another user, who has to grant SELECT, INSERT and DELETE on it`,
        ]),
  ];
}

/**
 * What is left to do to have Salt's tables, given those that are there.
 *
 * @param readers roles, all there, whose members may read the tables
 */
export function planSchema(existing: ExistingTables, readers: readonly string[]): SchemaPlan {
  const missing = tables.filter(({ name }) => !existing.has(name));
  const isOurs = ({ name }: Table): boolean => existing.get(name)?.isOurs ?? true;
  const grantees = readers.map((reader) => quoted(reader)).join(', ');
  const grants =
    readers.length === 0
      ? []
      : tables.filter(isOurs).map(({ name }) => `GRANT SELECT ON ${quoted(name)} TO ${grantees}`);
  return {
    statements: [
      ...missing.flatMap((table) => [
        createTable(table),
        ...table.indexes.map((column) => createIndex(table.name, column)),
      ]),
      ...grants,
    ],
    notes: [
      ...missing.map(({ name }) => `created table ${name}`),
      ...(readers.length === 0
        ? []
        : tables
            .filter((table) => !isOurs(table))
            .map(({ name }) => `left it to the owner of table ${name} who may read it`)),
    ],
    conflicts: tables.flatMap((table) => {
      const found = existing.get(table.name);
      return found === undefined ? [] : conflictsOf(table, found);
    }),
  };
}
