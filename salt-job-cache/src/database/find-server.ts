// Finds the server to work with: tries each place in turn, the one that was right last time first, and
// keeps the first that is of the kind asked for, which usually is the primary.

import { JobCacheError } from '../errors.ts';
import type { ConnectOptions, Connection } from './connection.ts';
import { connectTo } from './connection.ts';
import { hintFor, isTransientCode } from './hints.ts';
import { codeOf, withoutSecret } from './problems.ts';
import type { DatabaseTarget, Place, ServerKind } from './target.ts';
import { placeName } from './target.ts';

export interface ServerFacts {
  readonly isInRecovery: boolean;
  /** Whether a transaction may write unless told otherwise. */
  readonly isReadOnly: boolean;
}

/** Null where the server will do, else what it is instead. */
export function whyNot(kind: ServerKind, facts: ServerFacts): string | null {
  const isStandby = 'is a standby';
  switch (kind) {
    case 'any':
    case 'prefer-standby':
      return null;
    case 'primary':
      return facts.isInRecovery ? isStandby : null;
    case 'standby':
      return facts.isInRecovery ? null : 'is the primary';
    case 'read-write':
      if (facts.isInRecovery) return isStandby;
      return facts.isReadOnly ? 'is read-only' : null;
    case 'read-only':
      return facts.isReadOnly ? null : 'may be written to';
    default:
      return kind satisfies never;
  }
}

/** The places in the order to try them. */
export function orderOf(places: readonly Place[], last: Place | null): readonly Place[] {
  return last === null ? places : [last, ...places.filter((place) => place !== last)];
}

interface Failure {
  readonly text: string;
  readonly code: string;
  readonly isTransient: boolean;
  readonly cause: unknown;
}

function failureOf(error: unknown, target: DatabaseTarget, place: Place): Failure {
  const code = codeOf(error);
  const words = error instanceof Error ? error.message : String(error);
  const text = withoutSecret(hintFor(code)?.text ?? words, target.passwordFor(place));
  const isOurs = error instanceof JobCacheError;
  const isTransient = isOurs ? error.isTransient : code === '' || isTransientCode(code);
  return { text: `${placeName(place)}: ${text}`, code, isTransient, cause: error };
}

async function factsOf(connection: Connection): Promise<ServerFacts> {
  const { rows } = await connection.client.query<{ recovery: boolean; readonly: boolean }>(
    `SELECT pg_catalog.pg_is_in_recovery() AS recovery,
            pg_catalog.current_setting('transaction_read_only') = 'on' AS readonly`,
  );
  return { isInRecovery: rows[0]?.recovery === true, isReadOnly: rows[0]?.readonly === true };
}

async function tryPlace(
  target: DatabaseTarget,
  place: Place,
  kind: ServerKind,
  options: ConnectOptions,
): Promise<Connection | Failure> {
  try {
    const connection = await connectTo(target, place, options);
    if (kind === 'any') return connection;
    try {
      const reason = whyNot(kind, await factsOf(connection));
      if (reason === null) return connection;
      connection.destroy();
      const text = `${placeName(place)} ${reason}`;
      return { text, code: '25006', isTransient: true, cause: undefined };
    } catch (error) {
      connection.destroy();
      throw error;
    }
  } catch (error) {
    return failureOf(error, target, place);
  }
}

function nothingFound(kind: ServerKind, failures: readonly Failure[]): JobCacheError {
  const wanted = kind === 'read-write' || kind === 'primary' ? 'the primary' : 'a server';
  const first = failures[0];
  const sqlstate = failures.length === 1 && first?.code.length === 5 ? first.code : undefined;
  return new JobCacheError(
    `Cannot reach ${wanted} of the job cache: ${failures.map(({ text }) => text).join('; ')}`,
    {
      // What psycopg2 raises for whatever keeps it from connecting.
      kind: 'OperationalError',
      ...(sqlstate === undefined ? {} : { sqlstate }),
      isTransient: failures.some(({ isTransient }) => isTransient),
    },
    { cause: first?.cause },
  );
}

/**
 * @param last where the last connection led, tried first
 * @throws JobCacheError with what was found at each place
 */
export async function findServer(
  target: DatabaseTarget,
  last: Place | null,
  options: ConnectOptions,
): Promise<Connection> {
  const kinds: readonly ServerKind[] =
    target.serverKind === 'prefer-standby' ? ['standby', 'any'] : [target.serverKind];
  let failures: Failure[] = [];
  for (const kind of kinds) {
    failures = [];
    for (const place of orderOf(target.places, last)) {
      const found = await tryPlace(target, place, kind, options);
      if (!('text' in found)) return found;
      failures.push(found);
    }
  }
  throw nothingFound(target.serverKind, failures);
}
