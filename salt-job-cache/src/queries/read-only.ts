// A transaction that only reads, is over in bounded time, and stops waiting when the person does.

import type { Database, Session } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';

export interface ReadOptions {
  /** Longest time of one statement. @default 60000 */
  readonly statementTimeoutMs?: number;
  /** One view of the data for all statements. @default false */
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal;
}

export function interruptedError(what: string): JobCacheError {
  return new JobCacheError(`${what} was interrupted`, { kind: 'KeyboardInterrupt' });
}

/** Rejects as soon as the signal is aborted; what runs is left to end by itself. */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(interruptedError('Reading the job cache'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Whichever lost is not waited for, and may not go unheard either.
    work.catch(() => undefined);
  }
}

/** @throws JobCacheError */
export async function readOnly<T>(
  database: Database,
  work: (session: Session) => Promise<T>,
  options: ReadOptions = {},
): Promise<T> {
  const { statementTimeoutMs = 60_000, isRepeatable = false, signal } = options;
  const level = isRepeatable ? 'ISOLATION LEVEL REPEATABLE READ, READ ONLY' : 'READ ONLY';
  return untilAborted(
    database.transaction(async (session) => {
      await session.run({ text: `SET TRANSACTION ${level}` });
      await session.run({ text: `SET LOCAL statement_timeout = ${statementTimeoutMs}` });
      // Compiling a statement that is over in milliseconds takes longer than running it.
      await session.run({ text: 'SET LOCAL jit = off' });
      return work(session);
    }),
    signal,
  );
}
