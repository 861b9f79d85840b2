// Reads the whole job cache, or a period of it, in the order of job ids: each job with its returns, then
// returns whose job is not there, then events. A portion is one view of the data; between two of them
// nothing is held, so that an export of hours keeps no VACUUM from its work.

import type { Database, Row, Session } from '../database/database.ts';
import { lineColumns, lineText } from './exported-lines.ts';
import type { LineKind } from './exported-lines.ts';

/** Up to where an export has come; the next one goes on behind it. */
export type ExportPosition =
  | { readonly kind: 'jid'; readonly jid: string }
  | { readonly kind: 'event'; readonly id: string };

export interface ExportOptions {
  /** Lowest job id, included. */
  readonly fromJid: string | null;
  /** Highest job id, not included. */
  readonly toJid: string | null;
  /** The same as times, for events. */
  readonly fromTime: string | null;
  readonly toTime: string | null;
  readonly withEvents: boolean;
  readonly after: ExportPosition | null;
}

/** Jobs, or events, of one portion. */
const portion = 1000;
/** Rows that are fetched first; a return may have many megabytes. Where they are small it becomes more. */
const firstFetched = 20;
const mostFetched = 1000;
/** So many characters are fetched at a time where rows allow, and written at a time. */
const portionCharacters = 65_536;

const aboveEveryJid = 'zzzzzzzzzzzzzzzzzzzz';

export interface ExportSink {
  /** Resolves once it may be given more; false: nobody reads any more. */
  write(lines: string): Promise<boolean>;
  /** After each portion. */
  onPosition(position: ExportPosition, counts: Readonly<Record<LineKind, number>>): void;
}

function selected(kind: LineKind): string {
  return lineColumns[kind]
    .map(({ name, type }) => (type === 'time' ? `${name}::text AS ${name}` : name))
    .join(', ');
}

/** A cursor of our own: rows may be so large that few of them fit. Gives lines, many at a time. */
async function* linesOf(
  session: Session,
  kind: LineKind,
  query: string,
  values: readonly unknown[],
): AsyncGenerator<{ readonly text: string; readonly rows: readonly Row[] }, void> {
  await session.run({ text: `DECLARE exported NO SCROLL CURSOR FOR ${query}` }, values);
  let fetched = firstFetched;
  for (;;) {
    const { rows } = await session.run({ text: `FETCH ${fetched} FROM exported` });
    const text = rows.map((row) => `${lineText(kind, row)}\n`).join('');
    yield { text, rows };
    if (rows.length < fetched) break;
    if (text.length < portionCharacters) fetched = Math.min(mostFetched, fetched * 4);
    else if (text.length > 4 * portionCharacters) fetched = Math.max(1, Math.floor(fetched / 4));
  }
  await session.run({ text: 'CLOSE exported' });
}

interface State {
  readonly counts: Record<LineKind, number>;
  isOpen: boolean;
}

class Export {
  readonly #database: Database;
  readonly #options: ExportOptions;
  readonly #sink: ExportSink;
  readonly #signal: AbortSignal;
  readonly #state: State = { counts: { job: 0, return: 0, event: 0 }, isOpen: true };

  constructor(database: Database, options: ExportOptions, sink: ExportSink, signal: AbortSignal) {
    this.#database = database;
    this.#options = options;
    this.#sink = sink;
    this.#signal = signal;
  }

  get counts(): Readonly<Record<LineKind, number>> {
    return this.#state.counts;
  }

  get isEnded(): boolean {
    return this.#signal.aborted || !this.#state.isOpen;
  }

  /** Jobs and returns of one portion. @returns the last job id of it; null: there is no more */
  async jobs(after: string): Promise<string | null> {
    const from = this.#options.fromJid ?? '';
    const to = this.#options.toJid ?? aboveEveryJid;
    return this.#portion(async (session) => {
      const ids = await session.run(
        {
          text: `SELECT max(jid) AS last, count(*) AS jobs FROM (
                   SELECT jid FROM jids WHERE jid > $1 AND jid >= $2 AND jid < $3
                    ORDER BY jid LIMIT ${portion}) x`,
        },
        [after, from, to],
      );
      const last = ids.rows[0]?.['last'];
      const isLast = Number(ids.rows[0]?.['jobs']) < portion;
      // The last portion has the returns behind the last job as well.
      const end = isLast || typeof last !== 'string' ? null : last;
      const values = [after, from, to, end ?? to];
      const range = 'jid > $1 AND jid >= $2 AND jid < $3 AND jid <= $4';
      await this.#write(
        'job',
        session,
        `SELECT ${selected('job')} FROM jids WHERE ${range} ORDER BY jid`,
        values,
      );
      await this.#write(
        'return',
        session,
        `SELECT ${selected('return')} FROM salt_returns WHERE ${range} ORDER BY jid, added, id`,
        values,
      );
      return end;
    });
  }

  /** @returns the last id; null: there is no more */
  async events(after: string): Promise<string | null> {
    const { fromTime, toTime } = this.#options;
    return this.#portion(async (session) => {
      const query = `
        SELECT ${selected('event')} FROM salt_events
         WHERE id > $1::bigint AND ($2::timestamptz IS NULL OR alter_time >= $2::timestamptz)
           AND ($3::timestamptz IS NULL OR alter_time < $3::timestamptz)
         ORDER BY id FETCH FIRST ${portion} ROWS WITH TIES`;
      const { count, last } = await this.#write('event', session, query, [after, fromTime, toTime]);
      return count < portion || last === null ? null : String(last['id']);
    });
  }

  async #portion<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (session) => {
      await session.run({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY' });
      await session.run({ text: 'SET LOCAL jit = off' });
      return work(session);
    });
  }

  async #write(
    kind: LineKind,
    session: Session,
    query: string,
    values: readonly unknown[],
  ): Promise<{ readonly count: number; readonly last: Row | null }> {
    let count = 0;
    let last: Row | null = null;
    // What is written of a portion that is cut short is written again when it goes on; an import takes it once.
    if (this.isEnded) return { count, last };
    for await (const { text, rows } of linesOf(session, kind, query, values)) {
      this.#state.isOpen = await this.#sink.write(text);
      if (this.isEnded) break;
      count += rows.length;
      last = rows.at(-1) ?? last;
      this.#state.counts[kind] += rows.length;
    }
    return { count, last };
  }
}

export interface ExportEnd {
  readonly isComplete: boolean;
  /** Where to go on; null: from the beginning. */
  readonly position: ExportPosition | null;
  readonly counts: Readonly<Record<LineKind, number>>;
}

/** Before every id of an event; a sequence that ended may have begun anew below zero. */
const firstEvent: ExportPosition = { kind: 'event', id: '-9223372036854775808' };

/**
 * @param signal ends it at once; the portion at work is then begun again by whoever goes on
 * @throws JobCacheError; the last position told to the sink is where to go on
 */
export async function exportRows(
  database: Database,
  options: ExportOptions,
  sink: ExportSink,
  signal: AbortSignal,
): Promise<ExportEnd> {
  const work = new Export(database, options, sink, signal);
  let position = options.after;
  const end = (isComplete: boolean): ExportEnd => ({ isComplete, position, counts: work.counts });
  while (position?.kind !== 'event') {
    const last = await work.jobs(position?.jid ?? '');
    if (work.isEnded) return end(false);
    position = last === null ? firstEvent : { kind: 'jid', jid: last };
    sink.onPosition(position, work.counts);
  }
  while (options.withEvents) {
    const last = await work.events(position.id);
    if (work.isEnded) return end(false);
    if (last === null) break;
    position = { kind: 'event', id: last };
    sink.onPosition(position, work.counts);
  }
  return end(true);
}
