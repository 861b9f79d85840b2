// Stores events of the master's bus, all of a call in one transaction.

import type { Database, Session } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { compatibleEventRow } from '../rows/compatible-rows.ts';
import { defaultEventRow } from '../rows/default-rows.ts';
import type { EventRow } from '../rows/rows.ts';
import { storeEach } from '../store-each.ts';
import type { PythonValue } from '../value/python-value.ts';
import { isDict, isList, valueAt } from '../value/python-value.ts';
import { forJob, isRefusal, jobError } from './job-error.ts';
import { insertEvents } from './insert-rows.ts';

const action = 'store events';
/** Of one statement: rows, and characters of their data. */
const limits = { rows: 1000, size: 8_000_000 };

interface Encoded {
  readonly index: number;
  readonly row: EventRow;
}

interface BadEvent {
  readonly index: number;
  readonly error: unknown;
}

function batchesOf(rows: readonly Encoded[]): readonly (readonly Encoded[])[] {
  const batches: Encoded[][] = [];
  let size = 0;
  for (const encoded of rows) {
    const { tag, data } = encoded.row;
    size += tag.length + data.length;
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= limits.rows || size > limits.size) {
      batches.push([encoded]);
      size = tag.length + data.length;
    } else {
      batch.push(encoded);
    }
  }
  return batches;
}

/** All or nothing, as Salt's module: the first bad event loses those with it. */
async function storeAll(
  database: Database,
  events: readonly PythonValue[],
  masterId: string,
): Promise<void> {
  const rows: Encoded[] = [];
  let failure: BadEvent | null = null;
  for (const [index, event] of events.entries()) {
    try {
      rows.push({ index, row: compatibleEventRow(event, masterId) });
    } catch (error) {
      failure = { index, error };
      break;
    }
  }
  if (rows.length === 0 && failure !== null) throw failure.error;
  await database.transaction(async (session) => {
    for (const batch of batchesOf(rows))
      await insertEvents(
        session,
        batch.map(({ row }) => row),
      );
    if (failure !== null) throw failure.error;
  });
}

/** Stores what can be stored of the rows; the others are given back. Throws where that can't be known. */
async function storeGood(session: Session, rows: readonly Encoded[]): Promise<readonly BadEvent[]> {
  const bad: BadEvent[] = [];
  for (const batch of batchesOf(rows)) {
    const outcomes = await storeEach(batch, async (part) => {
      await session.run({ text: 'SAVEPOINT events' });
      try {
        await insertEvents(
          session,
          part.map(({ row }) => row),
        );
      } catch (error) {
        if (isRefusal(error)) await session.run({ text: 'ROLLBACK TO SAVEPOINT events' });
        throw error;
      }
      await session.run({ text: 'RELEASE SAVEPOINT events' });
    });
    for (const [position, outcome] of outcomes.entries()) {
      if (outcome === null) continue;
      if (!isRefusal(outcome.error)) throw outcome.error;
      const { index = 0, row } = batch[position] ?? {};
      const indexed = { tag: row?.tag ?? '', data: row?.data ?? '' };
      bad.push({ index, error: jobError(outcome.error, 'store the event', { indexed }) });
    }
  }
  return bad;
}

/** Most calls hold one batch without a fault: that is one statement, its own transaction. */
async function storeRows(
  database: Database,
  rows: readonly Encoded[],
): Promise<readonly BadEvent[]> {
  if (batchesOf(rows).length === 1) {
    try {
      await insertEvents(
        database,
        rows.map(({ row }) => row),
      );
      return [];
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return database.transaction(async (session) => storeGood(session, rows));
}

function tagOf(event: PythonValue | undefined): string {
  const tag = event !== undefined && isDict(event) ? valueAt(event, 'tag') : null;
  return typeof tag === 'string' ? `tag "${tag.slice(0, 100)}"` : 'no tag';
}

const namedEvents = 3;

function badEventsError(bad: readonly BadEvent[], events: readonly PythonValue[]): JobCacheError {
  const named = bad.slice(0, namedEvents).map(({ index, error }) => {
    const problem = error instanceof Error ? error.message : String(error);
    return `event ${index} with ${tagOf(events[index])}: ${problem}`;
  });
  const more = bad.length > namedEvents ? `; and ${bad.length - namedEvents} more` : '';
  const first = bad[0]?.error;
  const facts = first instanceof JobCacheError ? first : null;
  return new JobCacheError(
    `Cannot store ${bad.length} of ${events.length} events; the others are stored: ${named.join('; ')}${more}`,
    {
      kind: facts?.kind ?? 'TypeError',
      ...(facts?.sqlstate ? { sqlstate: facts.sqlstate } : {}),
      ...(facts?.jid ? { jid: facts.jid } : {}),
      ...(facts?.field ? { field: facts.field } : {}),
    },
    { cause: first },
  );
}

async function storeEvents(
  database: Database,
  events: readonly PythonValue[],
  masterId: string,
): Promise<void> {
  const rows: Encoded[] = [];
  const bad: BadEvent[] = [];
  for (const [index, event] of events.entries()) {
    try {
      rows.push({ index, row: defaultEventRow(event, masterId) });
    } catch (error) {
      bad.push({ index, error });
    }
  }
  if (rows.length > 0) bad.push(...(await storeRows(database, rows)));
  if (bad.length === 0) return;
  throw badEventsError(
    bad.toSorted((a, b) => a.index - b.index),
    events,
  );
}

/**
 * @param events dicts with `tag` and `data`
 * @throws {JobCacheError} in the default mode of the bad events, once the good ones are stored; in compatible
 *   mode of the first bad one, and nothing is stored. Where it is transient nothing is stored, or, if the
 *   connection broke at the very end, everything
 */
export async function eventReturn(
  database: Database,
  events: PythonValue,
  rules: { readonly isCompatible: boolean; readonly masterId: string },
): Promise<void> {
  if (!isList(events)) {
    throw new JobCacheError('Cannot store events: they have to be a list', { kind: 'TypeError' });
  }
  const store = rules.isCompatible ? storeAll : storeEvents;
  if (events.length > 0) {
    await forJob(action, {}, async () => store(database, events, rules.masterId));
  }
}
