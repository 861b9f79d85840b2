// How a name is written in pg_hba.conf and pg_ident.conf, which share their syntax.

/** Name of our map of users of the machine: pg_ident.conf defines it, pg_hba.conf refers to it. */
export const identMap = 'juju_charm';

/**
 * Quotes a database, user or address. Quotes take the special meaning from `all`, `replication`,
 * `sameuser`, a leading `+` or `@`; a quote inside is doubled.
 */
export function hbaQuote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
