// The unit's status from what is known now: what is wrong, since when, and what to do about it.

import { active, blocked, type Status, waiting } from '#charm/status/status.ts';
import type { Trouble } from './facts.ts';
import type { Place } from './place.ts';

export interface Facts {
  /** PostgreSQL is related. */
  readonly isRelated: boolean;
  /** A server unit has joined. */
  readonly isConnected: boolean;
  /** Sentence why the configured request can't be made. */
  readonly requestProblem: string | null;
  /** Database that was asked for; "" leaves it to the server. */
  readonly database: string;
  /** Where the database is, once the server has let this unit in. */
  readonly place: Omit<Place, 'connection'> | null;
  readonly isReady: boolean;
  readonly databaseTrouble: Trouble | null;
  /** What the protocol found odd, for a person. */
  readonly warnings: readonly string[];
  readonly application: string;
}

function troubleStatus({ problem, since }: Trouble): Status {
  const beginning = `${new Date(since).toISOString().slice(0, 16)}Z`;
  const message = `Since ${beginning}: ${problem.message}`;
  return problem.isTransient ? waiting(message) : blocked(message);
}

export function statusOf(facts: Facts): Status {
  const { requestProblem, application, place } = facts;
  if (requestProblem !== null) {
    return blocked(`${requestProblem}; change it with 'juju config ${application}'`);
  }
  if (!facts.isRelated) {
    return blocked(
      `Not related to PostgreSQL: run 'juju integrate ${application}:db postgresql:db'`,
    );
  }
  if (!facts.isConnected) return waiting('Waiting for a unit of PostgreSQL');
  if (place === null) {
    const wanted = facts.database === '' ? 'a database' : `database ${facts.database}`;
    return waiting(
      `Waiting for PostgreSQL to provide ${wanted}; if it does not, see the status of PostgreSQL`,
    );
  }
  if (facts.databaseTrouble !== null) return troubleStatus(facts.databaseTrouble);
  if (!facts.isReady) return waiting(`Waiting to make the tables in database ${place.database}`);
  const { database, host, port } = place;
  return active(
    [`Job cache in database ${database} at ${host}:${port}`, ...facts.warnings].join('; '),
  );
}
