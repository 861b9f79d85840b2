// Tells a refusal by PostgreSQL, or its absence, from a mistake of ours: the first two are one relation's
// problem and end there, the third has to end the program (rule: unknown errors are never swallowed).

import { DatabaseError } from 'pg';
import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';

/** What a person can do about the SQLSTATEs that do happen. */
const hints: ReadonlyMap<string, string> = new Map([
  ['42501', 'Connect as a superuser; somebody may have taken that from "postgres"'],
  ['53100', 'Free space on the disk that holds the data directory'],
  ['53300', 'Raise max-connections, or find out who holds so many connections'],
  ['55006', 'Somebody is connected to template1; it is tried again with the next hook'],
  ['55P03', 'Another session holds a lock on it; it is tried again with the next hook'],
  ['57014', 'It took too long; it is tried again with the next hook'],
  ['58P01', 'A file of PostgreSQL or of an extension is missing; install its package on this unit'],
]);

/** Errors by which Node says that a connection could not be made or broke. */
const connectionCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'EACCES',
  'ETIMEDOUT',
]);

// What `pg` throws for a lost or slow connection has no code, so it is known by its text.
const connectionMessages =
  /^(?:Connection terminated|Client (?:has encountered a connection error|was closed)|Query read timeout|timeout expired)/u;

function isConnectionError(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return connectionCodes.has(code) || connectionMessages.test(error.message);
}

/**
 * The problem this error is, or null where it is none PostgreSQL or the connection made. Detail, query and
 * context of the error are left out: they may quote a statement with a verifier in it.
 */
export function sqlProblem(error: unknown, tried: string): Problem | null {
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    return problem(
      'SQL_FAILED',
      `Cannot ${tried}: PostgreSQL says "${error.message}" (SQLSTATE ${state})`,
      hints.get(state) ??
        "Look at PostgreSQL's log on this unit; it is tried again with the next hook",
    );
  }
  if (error instanceof Error && isConnectionError(error)) {
    return problem(
      'SERVER_UNREACHABLE',
      `Cannot ${tried}: the connection to PostgreSQL failed (${error.message})`,
      "Look at PostgreSQL's log on this unit; it is tried again with the next hook",
    );
  }
  return null;
}
