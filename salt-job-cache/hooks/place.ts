// Where the database of the job cache is, as far as this unit may use it.

import type { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';

export interface Place {
  /** libpq conninfo; holds the password. */
  readonly connection: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

/** Null until the server has let this unit in and done what was asked of it. */
export function placeOf(db: PostgreSQLClient): Place | null {
  const connection = db.connectionString();
  const { master } = db;
  if (connection === null || master === null) return null;
  const part = (keyword: string): string => master.get(keyword) ?? '';
  return { connection, host: part('host'), port: part('port'), database: part('dbname') };
}
