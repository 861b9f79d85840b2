// Errors of the database, said again with the job they are about.

import { JobCacheError } from '../errors.ts';
import { shownJid } from '../rows/field-error.ts';

/** What is known of the job when the database fails. */
export interface JobFacts {
  readonly jid?: string;
  /** Fields that have an index, which takes no long text. */
  readonly indexed?: Readonly<Record<string, string>>;
}

function longestOf(indexed: Readonly<Record<string, string>>): string | undefined {
  const fields = Object.entries(indexed).toSorted(([, a], [, b]) => b.length - a.length);
  return fields[0]?.[0];
}

/** PostgreSQL names the index that a value is too long for, unless it is much too long. */
function fieldOf(
  sqlstate: string,
  message: string,
  { indexed = {} }: JobFacts,
): string | undefined {
  if (sqlstate === '54000') {
    const named = /index "\w*?_(data|id|fun|tag)_idx\d*"/u.exec(message)?.[1];
    return named ?? longestOf(indexed);
  }
  if (sqlstate === '23502') return /column "(\w+)"/u.exec(message)?.[1];
  return ['22001', '22007', '22008', '23505'].includes(sqlstate) ? 'jid' : undefined;
}

/**
 * @param action what was tried: `save the load`
 * @returns what to throw; an error that has a field already, or is none of the database, stays as it is
 */
export function jobError(error: unknown, action: string, facts: JobFacts = {}): unknown {
  if (!(error instanceof JobCacheError) || error.field !== null) return error;
  const { kind, sqlstate, message, isTransient } = error;
  const { jid } = facts;
  const job = jid === undefined ? '' : ` of job "${shownJid(jid)}"`;
  const field = sqlstate === null ? undefined : fieldOf(sqlstate, message, facts);
  return new JobCacheError(
    `Cannot ${action}${job}: ${message}`,
    {
      kind,
      isTransient,
      ...(sqlstate === null ? {} : { sqlstate }),
      ...(jid === undefined ? {} : { jid }),
      ...(field === undefined ? {} : { field }),
    },
    { cause: error },
  );
}

/** Runs the work and throws its errors as `jobError` says them. */
export async function forJob<T>(
  action: string,
  facts: JobFacts,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw jobError(error, action, facts);
  }
}

/** SQLSTATE classes that say a value can't be stored: data, constraints, limits. Nothing of the statement is. */
const refusals = new Set(['22', '23', '54']);

/** Whether PostgreSQL refused what it was sent: what else was sent along may be stored without it. */
export function isRefusal(error: unknown): error is JobCacheError {
  if (!(error instanceof JobCacheError) || error.isTransient) return false;
  return refusals.has((error.sqlstate ?? '').slice(0, 2));
}
