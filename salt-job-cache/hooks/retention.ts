// Whether expired rows are deleted yet. What stood in the tables before this charm came, older than the options keep
// it, is somebody's history: it is not deleted, and nothing else is, until a person has agreed to it.

import { fact, type Fact } from '#charm/state/fact.ts';
import type { AgeLimits, OldRows } from '../src/retention/count-old-rows.ts';
import { oldRowsMax } from '../src/retention/count-old-rows.ts';
import { countText } from './quantities.ts';
import type { Settings } from './settings.ts';

export interface Retention {
  /** Name of the database that was looked at. */
  readonly database: string;
  /** What waits for the action `clean`; null once expired rows are deleted by themselves. */
  readonly waiting: OldRows | null;
}

/** Null before the tables were looked at. */
export const retention: Fact<Retention> = fact('retention');

export function isBegun(found: Retention | null, database: string): boolean {
  return found !== null && found.database === database && found.waiting === null;
}

/** What is to be remembered of tables that hold so many old rows. */
export function retentionOf(database: string, old: OldRows): Retention {
  const isNone = old.jobs === 0 && old.returns === 0 && old.events === 0;
  return { database, waiting: isNone ? null : old };
}

export function ageLimitsOf({ keepJobsSeconds, keepEventsSeconds }: Settings): AgeLimits {
  return { keepJobsSeconds, keepEventsSeconds };
}

/** What the service is to delete: nothing, until retention has begun. */
export function limitsFor(
  settings: Settings,
  found: Retention | null,
  database: string,
): Pick<Settings, 'keepJobsSeconds' | 'keepJobs' | 'keepEventsSeconds'> {
  const { keepJobsSeconds, keepJobs, keepEventsSeconds } = settings;
  return isBegun(found, database)
    ? { keepJobsSeconds, keepJobs, keepEventsSeconds }
    : { keepJobsSeconds: 0, keepJobs: 0, keepEventsSeconds: 0 };
}

function oldText(count: number, what: string): readonly string[] {
  if (count === 0) return [];
  return [`${countText(count)}${count >= oldRowsMax ? ' or more' : ''} ${what}`];
}

/** What waits, and for what; a status is cut after some two hundred characters. */
export function waitingText({ jobs, returns, events }: OldRows): string {
  const found = [
    ...oldText(jobs, 'jobs'),
    ...oldText(returns, 'returns'),
    ...oldText(events, 'events'),
  ];
  return `Nothing is deleted until the action clean has run: ${found.join(', ')} were here before and have expired`;
}
