// Tables beside Salt's three that the job cache keeps for itself. Salt never reads them.

/** Job ids given out and not stored yet: a row in `jids` would make Salt's own save_load fail. */
export const reservationsTable = 'salt_jid_reservations';

/** How far each spool of the ingestion service is stored; written in the transaction of its rows. */
export const spoolsTable = 'salt_spools';

/** Columns: the table's name and what follows CREATE TABLE IF NOT EXISTS. */
export const ownTables: readonly { readonly name: string; readonly columns: string }[] = [
  {
    name: reservationsTable,
    columns:
      'jid character varying(20) PRIMARY KEY, reserved timestamp with time zone NOT NULL DEFAULT now()',
  },
  {
    name: spoolsTable,
    columns:
      'spool uuid PRIMARY KEY, batch bigint NOT NULL, stored timestamp with time zone NOT NULL DEFAULT now()',
  },
];
