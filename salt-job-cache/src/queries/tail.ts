// Follows the job cache: what is in it last, and then whatever comes, each row once, by looking again and
// again. LISTEN would need a trigger on tables that Salt writes.

import type { Database, Session } from '../database/database.ts';
import { readOnly } from './read-only.ts';
import { advance, startAt } from './tail-position.ts';
import type { Look, TailPosition } from './tail-position.ts';
import { lastRows, lookAt, rowsSince } from './tail-rows.ts';
import type { TailKind, TailRow } from './tail-rows.ts';

function byTime(left: TailRow, right: TailRow): number {
  if (left.at === right.at) return 0;
  return left.at < right.at ? -1 : 1;
}

/** Rows of all kinds as they happened; the sort keeps a job before its returns where times are equal. */
function merged(rows: readonly (readonly TailRow[])[]): readonly TailRow[] {
  return rows.flat().sort(byTime);
}

async function eachKind(
  kinds: readonly TailKind[],
  read: (kind: TailKind) => Promise<readonly TailRow[]>,
): Promise<readonly (readonly TailRow[])[]> {
  const rows: (readonly TailRow[])[] = [];
  // One connection: its statements come one after the other.
  for (const kind of kinds) rows.push(await read(kind));
  return rows;
}

export class Tail {
  readonly #database: Database;
  readonly #kinds: readonly TailKind[];
  #position: TailPosition | null = null;
  /** Rows at or above the horizon that were shown, with their transactions. */
  #seen: Map<string, bigint> = new Map();

  constructor(database: Database, kinds: readonly TailKind[]) {
    this.#database = database;
    this.#kinds = kinds;
  }

  /** The last `count` rows, oldest first; `next` goes on from there. @throws JobCacheError */
  async last(count: number, signal?: AbortSignal): Promise<readonly TailRow[]> {
    return this.#read(signal, async (session, look) => {
      const rows =
        count === 0
          ? []
          : merged(
              await eachKind(this.#kinds, async (kind) => lastRows(session, kind, count, look)),
            );
      const position = startAt(look);
      const recent = await this.#since(session, position, look);
      this.#remember(recent, look);
      this.#position = position;
      return count === 0 ? [] : rows.slice(-count);
    });
  }

  /** What came since; where it throws, the next call gives what this one would have. @throws JobCacheError */
  async next(signal?: AbortSignal): Promise<readonly TailRow[]> {
    const position = this.#position;
    if (position === null) throw new Error('next() is called before last()');
    return this.#read(signal, async (session, look) => {
      const found = await this.#since(session, position, look);
      const fresh = found.filter(({ identity }) => !this.#seen.has(identity));
      this.#remember(fresh, look);
      this.#position = advance(position, look);
      return fresh;
    });
  }

  async #since(session: Session, position: TailPosition, look: Look): Promise<readonly TailRow[]> {
    return merged(
      await eachKind(this.#kinds, async (kind) => rowsSince(session, kind, position, look)),
    );
  }

  /** Forgets what the next look does not see again. */
  #remember(rows: readonly TailRow[], look: Look): void {
    for (const [identity, xid] of this.#seen) if (xid < look.xmin) this.#seen.delete(identity);
    for (const { identity, xid } of rows) if (xid >= look.xmin) this.#seen.set(identity, xid);
  }

  async #read<T>(
    signal: AbortSignal | undefined,
    work: (session: Session, look: Look) => Promise<T>,
  ): Promise<T> {
    return readOnly(
      this.#database,
      async (session) => {
        // It looks often and reads little: starting other processes for it costs more than it saves.
        await session.run({ text: 'SET LOCAL max_parallel_workers_per_gather = 0' });
        return work(session, await lookAt(session));
      },
      { isRepeatable: true, ...(signal === undefined ? {} : { signal }) },
    );
  }
}
