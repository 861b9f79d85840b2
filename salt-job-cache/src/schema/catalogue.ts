// What the catalogue says of the database the job cache is to stand in: the facts migrations are planned from.

export interface ExistingColumn {
  readonly type: string;
  readonly isNotNull: boolean;
  /** Fills itself where a row is written without it. */
  readonly hasDefault: boolean;
}

export interface ExistingIndex {
  readonly name: string;
  /** What follows USING in `pg_get_indexdef`. */
  readonly definition: string;
  /** False for what an interrupted CREATE INDEX CONCURRENTLY left behind. */
  readonly isValid: boolean;
  /** Whether a constraint such as the primary key stands on it. */
  readonly isConstraint: boolean;
}

export interface Sequence {
  readonly schema: string;
  readonly name: string;
  /** Last id given out; 0 before the first. */
  readonly lastValue: bigint;
  readonly isCycling: boolean;
  readonly isBigint: boolean;
}

/** What stands under the name of one of the tables. */
export interface ExistingTable {
  readonly kind: 'plain' | 'partitioned' | 'other';
  readonly schema: string;
  /** Whether our user may change it and grant it to others. */
  readonly isOurs: boolean;
  /** Whether our user may read, write and delete rows. */
  readonly isWritable: boolean;
  /** Heap and TOAST, without indexes. */
  readonly bytes: number;
  readonly columns: ReadonlyMap<string, ExistingColumn>;
  /** Columns of which each by itself is kept unique. */
  readonly unique: ReadonlySet<string>;
  readonly indexes: readonly ExistingIndex[];
  /** Triggers of users, by name. */
  readonly triggers: ReadonlySet<string>;
  /** Of `salt_events.id`, where it has one. */
  readonly sequence: Sequence | null;
}

export type ExistingTables = ReadonlyMap<string, ExistingTable>;

export interface Catalogue {
  /** Where a table made without naming a schema would go. */
  readonly schema: string;
  readonly database: string;
  readonly user: string;
  /** The time zone that is set for this user in this database; null where none is. */
  readonly timeZone: string | null;
  /** The server's clock, microseconds since the epoch. */
  readonly nowMicros: bigint;
  readonly tables: ExistingTables;
  /** Source of the trigger's function beside `jids`; null where it is not there. */
  readonly functionSource: string | null;
  /** Those of the readers that there are. */
  readonly readers: readonly string[];
}
