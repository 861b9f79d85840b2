// Opens a connection to the related PostgreSQL from a conninfo string, bounded in time, and says in a
// sentence why it could not. Neither the string nor the password ever appears in a message.

import type { Client } from 'pg';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { connectTo } from '../src/database/connection.ts';
import { hintFor } from '../src/database/hints.ts';
import { codeOf } from '../src/database/problems.ts';
import { defaultConnectTimeoutMs, placeName, targetOf } from '../src/database/target.ts';
import { JobCacheError } from '../src/errors.ts';

const statementTimeoutMs = 15_000;

export class ConnectError extends Error {
  override readonly name: string = 'ConnectError';
  /** SQLSTATE, or the code of the socket's error. */
  readonly code: string;
  /** Whether the next event may well find it mended. */
  readonly isTransient: boolean;

  constructor(message: string, code: string, isTransient: boolean, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.isTransient = isTransient;
  }
}

/** What a person can do where the database comes from a relation; for the rest the general hints do. */
const relationHints: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there yet; it is tried again at the next event'],
  [
    '28P01',
    'the password was refused; if no other one arrives, remove the relation and relate again',
  ],
  ['28000', 'the server does not admit this unit yet; it is tried again at the next event'],
  ['3D000', 'the database is not there; remove the relation and relate again'],
  ['57P03', 'the server is starting or stopping; it is tried again at the next event'],
]);

export interface Connection extends AsyncDisposable {
  readonly client: Client;
}

/**
 * @param conninfo libpq's keyword/value form or a URI, as the relation publishes it
 * @throws ConnectError; PgsqlError or JobCacheError for a conninfo that can't be used
 */
export async function connect(conninfo: string): Promise<Connection> {
  // Its own error, which tells where the string goes wrong.
  ConnectionString.parse(conninfo);
  const target = targetOf(conninfo);
  const [place] = target.places;
  if (place === undefined) throw new TypeError('a target has a place');
  try {
    const { client } = await connectTo(target, place, {
      statementTimeoutMs,
      queryTimeoutMs: statementTimeoutMs + defaultConnectTimeoutMs,
      generation: 0,
      applicationName: 'salt-job-cache',
    });
    return { client, [Symbol.asyncDispose]: async () => client.end() };
  } catch (error) {
    if (error instanceof JobCacheError) throw error;
    const code = codeOf(error);
    const words = error instanceof Error ? error.message : String(error);
    const hint = relationHints.get(code) ?? hintFor(code)?.text ?? words;
    const isTransient = hintFor(code)?.isTransient ?? true;
    throw new ConnectError(
      `Cannot connect to PostgreSQL at ${placeName(place)}: ${hint}`,
      code,
      isTransient,
      { cause: error },
    );
  }
}
