// Rows of Salt's three tables as they are written. Everything is text as PostgreSQL reads it, so that one
// row may go by INSERT, by COPY or through a file.

/** A row of `jids`. */
export interface JobRow {
  /** At most 20 characters. */
  readonly jid: string;
  /** What PostgreSQL reads as a timestamp; with an explicit zone but in compatible mode. */
  readonly started: string;
  readonly tgtType: string;
  readonly cmd: string;
  readonly tgt: string;
  readonly kwargs: string;
  readonly ret: string;
  readonly username: string;
  /** JSON. */
  readonly arg: string;
  readonly fun: string;
}

/** A row of `salt_returns`; `added` is filled by the database. */
export interface ReturnRow {
  readonly fun: string;
  readonly jid: string;
  /** JSON: an object with the key `return`. */
  readonly return: string;
  /** The minion. */
  readonly id: string;
  /** Null where Salt gave none. */
  readonly success: boolean | null;
}

/** A row of `salt_events`; `id` and `alter_time` are filled by the database. */
export interface EventRow {
  readonly tag: string;
  /** JSON. */
  readonly data: string;
  readonly masterId: string;
}
