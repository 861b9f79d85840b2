// The unit's status from what is known now: what is wrong, since when, and what to do about it.

import { active, blocked, type Status, waiting } from '#charm/status/status.ts';
import type { Problem } from '#core/access/problem.ts';
import type { MasterState } from '../machine/request.ts';
import type { OldRows } from '../src/retention/count-old-rows.ts';
import type { CacheStats } from './cache-stats.ts';
import type { Trouble } from './facts.ts';
import type { Place } from './place.ts';
import { ageText, bytesText, countText } from './quantities.ts';
import { waitingText } from './retention.ts';
import type { ServiceFacts } from './service-facts.ts';

export interface MachineFacts {
  /** Why the service or the master's files could not be made; null when they could. */
  readonly problem: Problem | null;
  /** Null before the first time. */
  readonly master: MasterState | null;
  /** Directory of the master's configuration as the option says. */
  readonly masterConfig: string;
  /** Salt masters run that have to be restarted. */
  readonly isMasterOutdated: boolean;
  /** Null before the service was started. */
  readonly service: ServiceFacts | null;
  readonly stats: CacheStats | null;
  /** Old rows that wait for a person's word before anything is deleted; null when nothing does. */
  readonly oldRows: OldRows | null;
}

export interface Facts {
  /** PostgreSQL is related. */
  readonly isRelated: boolean;
  /** A server unit has joined. */
  readonly isConnected: boolean;
  /** Sentence why the configured request can't be made. */
  readonly requestProblem: string | null;
  /** Sentence why the options can't be used. */
  readonly optionProblem: string | null;
  /** Database that was asked for; "" leaves it to the server. */
  readonly database: string;
  /** Where the database is, once the server has let this unit in. */
  readonly place: Omit<Place, 'connection'> | null;
  readonly isReady: boolean;
  readonly databaseTrouble: Trouble | null;
  /** What the protocol found odd, for a person. */
  readonly warnings: readonly string[];
  readonly application: string;
  readonly machine: MachineFacts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

function troubleStatus({ problem, since }: Trouble): Status {
  const beginning = `${new Date(since).toISOString().slice(0, 16)}Z`;
  const message = `Since ${beginning}: ${problem.message}`;
  return problem.isTransient ? waiting(message) : blocked(message);
}

/** What is in the cache, as the last look found it. */
function statsText(stats: CacheStats | null, now: number): readonly string[] {
  if (stats === null) return [];
  const about = stats.areEstimates ? '~' : '';
  const age = (time: string): string => ageText(now - Date.parse(time));
  const jobs = `${about}${countText(stats.jobs)} jobs, ${about}${countText(stats.returns)} returns, ${bytesText(stats.bytes)}`;
  return [
    stats.oldestJob === null ? jobs : `${jobs}, oldest ${age(stats.oldestJob)}`,
    ...(stats.lastWrite === null ? [] : [`last write ${age(stats.lastWrite)} ago`]),
  ];
}

function masterText({ master, masterConfig, isMasterOutdated }: MachineFacts): readonly string[] {
  if (isMasterOutdated) return ['Restart salt-master, so that it reads its new configuration'];
  return master === 'absent' ? [`No Salt master here: ${masterConfig} is not there`] : [];
}

/** The cache serves: what is left to be said of it and around it, the most urgent first. */
function servingStatus(facts: Facts, place: Omit<Place, 'connection'>): Status {
  const { machine, warnings, now } = facts;
  const where = `Job cache in database ${place.database} at ${place.host}:${place.port}`;
  const { problem, service, stats } = machine;
  if (problem !== null) return blocked(`${problem.message}. ${problem.hint}`);
  // The master writes by itself, and what the service has to do can wait.
  if (service !== null && service.problem !== null) return waiting(service.problem);
  return active(
    [
      where,
      ...(machine.oldRows === null ? [] : [waitingText(machine.oldRows)]),
      ...masterText(machine),
      ...(service?.remarks ?? []),
      ...warnings,
      ...statsText(stats, now),
    ].join('; '),
  );
}

export function statusOf(facts: Facts): Status {
  const { requestProblem, optionProblem, application, place } = facts;
  const wrong = requestProblem ?? optionProblem;
  if (wrong !== null) return blocked(`${wrong}; change it with 'juju config ${application}'`);
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
  return servingStatus(facts, place);
}
