// What libpq takes from the environment, so that whoever knows psql knows this program.

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const keywords: readonly (readonly [variable: string, keyword: string])[] = [
  ['PGHOST', 'host'],
  ['PGHOSTADDR', 'hostaddr'],
  ['PGPORT', 'port'],
  ['PGDATABASE', 'dbname'],
  ['PGUSER', 'user'],
  ['PGPASSWORD', 'password'],
  ['PGPASSFILE', 'passfile'],
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLROOTCERT', 'sslrootcert'],
  ['PGSSLCERT', 'sslcert'],
  ['PGSSLKEY', 'sslkey'],
  ['PGCONNECT_TIMEOUT', 'connect_timeout'],
  ['PGTARGETSESSIONATTRS', 'target_session_attrs'],
  ['PGOPTIONS', 'options'],
];

/** Those that say which database is meant; the others only say how to reach one. */
const naming: readonly string[] = ['PGHOST', 'PGHOSTADDR', 'PGDATABASE', 'PGUSER'];

/** Variables that name a database, for messages. */
export const namingVariables: string = naming.join(', ');

export function namesDatabase(environment: Environment): boolean {
  return naming.some((variable) => (environment[variable] ?? '') !== '');
}

/** Adds what the environment says about everything the string leaves open, as libpq does. */
export function withEnvironment(
  given: ConnectionString,
  environment: Environment,
): ConnectionString {
  const fromEnvironment = keywords.map(
    ([variable, keyword]) => [keyword, environment[variable] ?? ''] as const,
  );
  // A server that is named must not go to the address of another one.
  const namesServer = given.get('host') !== null || given.get('hostaddr') !== null;
  const kept = fromEnvironment.filter(
    ([keyword]) => !namesServer || (keyword !== 'host' && keyword !== 'hostaddr'),
  );
  return new ConnectionString(new Map([...kept, ...given.items()]));
}
