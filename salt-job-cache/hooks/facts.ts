// What the unit remembers between hooks beyond its flags: why something could not be done.

import type { StorePort } from '#interfaces/ports.ts';
import type { ProgramProblem } from '../program/request.ts';

type Store = Pick<StorePort, 'get' | 'set' | 'unset'>;

/** A problem with the database, and since when there has been one of its kind. */
export interface Trouble {
  readonly problem: ProgramProblem;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const requestKey = 'problem.request';
const databaseKey = 'trouble.database';

/** The sentence why the configured request can't be made; null when it could. */
export function requestProblem(store: Store): string | null {
  const value = store.get(requestKey);
  return typeof value === 'string' ? value : null;
}

export function rememberRequestProblem(store: Store, message: string | null): void {
  if (message === null) store.unset(requestKey);
  else store.set(requestKey, message);
}

/** Why the tables could not be made; null when they could. Only this charm writes it. */
export function databaseTrouble(store: Store): Trouble | null {
  return (store.get(databaseKey) as Trouble | undefined) ?? null;
}

export function noteDatabaseProblem(
  store: Store,
  problem: ProgramProblem | null,
  now: number,
): void {
  if (problem === null) {
    store.unset(databaseKey);
    return;
  }
  const before = databaseTrouble(store);
  const since = before?.problem.code === problem.code ? before.since : now;
  store.set(databaseKey, { problem, since });
}
