// Stores blocks of the spool in one transaction together with how far the spool is stored, so that whatever
// breaks in between, a block is stored as a whole and once. Rows the database refuses for what is in them are
// found by halving and set aside; the others are stored.

import { spoolsTable } from '../schema/own-tables.ts';
import { writerSetting } from '../schema/keep-first-jid.ts';
import type { Database, Session } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { jobError } from '../functions/job-error.ts';
import type { Block } from './block.ts';
import { columnsOf, lineFeed } from './copy-buffer.ts';
import { eventColumns, jobColumns, returnColumns } from './event-rows.ts';

export interface RejectedRow {
  readonly table: 'jids' | 'salt_returns' | 'salt_events';
  readonly batch: number;
  /** In COPY's text format, without the line feed. */
  readonly row: string;
  readonly reason: string;
  readonly jid: string | null;
  /** Which field was refused, as far as the database tells. */
  readonly field: string | null;
  readonly sqlstate: string | null;
}

/** Blocks that follow each other. */
export type Blocks = readonly [Block, ...(readonly Block[])];

/** The database has stored another number of blocks than we think: it has to be asked. */
export class OutOfStepError extends Error {
  override readonly name: string = 'OutOfStepError';
}

/**
 * How far the spool is stored.
 *
 * @returns the number of its last block in the database; 0 where there is none
 */
export async function storedBatch(database: Database, spool: string): Promise<number> {
  const { rows } = await database.run(
    { text: `SELECT batch::text FROM ${spoolsTable} WHERE spool = $1` },
    [spool],
  );
  return Number(rows[0]?.['batch'] ?? 0);
}

const claim = {
  name: 'salt_job_cache_claim',
  text: `INSERT INTO ${spoolsTable} AS s (spool, batch) VALUES ($1, $2)
    ON CONFLICT (spool) DO UPDATE SET batch = excluded.batch, stored = now() WHERE s.batch = $3`,
};

/** Whether a row's content is the reason; everything else is the database's, and passes or is mended. */
function isRowsFault(error: unknown): error is JobCacheError {
  if (!(error instanceof JobCacheError) || error.isTransient || error.sqlstate === null)
    return false;
  // A partition that is missing is no fault of the row.
  if (error.sqlstate === '23514') return false;
  return /^(?:22|23|54)/u.test(error.sqlstate);
}

/** Takes rows in one or several pieces, each of whole rows. */
type Store = (pieces: readonly Buffer[]) => Promise<void>;

async function* chunksOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  const chunkBytes = 256 * 1024;
  for (const rows of pieces) {
    for (let at = 0; at < rows.length; at += chunkBytes) {
      yield await Promise.resolve(rows.subarray(at, at + chunkBytes));
    }
  }
}

/** The middle of some rows, at the beginning of a row; 0 where there is only one. */
function middleOf(rows: Buffer): number {
  const half = Math.floor(rows.length / 2);
  const after = rows.indexOf(lineFeed, half) + 1;
  if (after > 0 && after < rows.length) return after;
  return rows.lastIndexOf(lineFeed, half - 1) + 1;
}

const columnsOfTable: Readonly<Record<RejectedRow['table'], readonly string[]>> = {
  jids: jobColumns,
  salt_returns: returnColumns,
  salt_events: eventColumns,
};

function rejectedRow(
  row: string,
  place: Pick<RejectedRow, 'table' | 'batch'>,
  error: JobCacheError,
): RejectedRow {
  const texts = columnsOf(row);
  const textOf = (column: string): string =>
    texts[columnsOfTable[place.table].indexOf(column)] ?? '';
  const jid = textOf('jid') || null;
  const facts = {
    ...(jid === null ? {} : { jid }),
    ...(place.table === 'salt_returns'
      ? { indexed: { id: textOf('id'), fun: textOf('fun') } }
      : {}),
  };
  const told = jobError(error, 'store the row', facts);
  const { field, sqlstate, message: reason } = told instanceof JobCacheError ? told : error;
  return { ...place, jid, field, row, reason, sqlstate };
}

class Writer {
  readonly #session: Session;
  readonly #rejected: RejectedRow[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get rejected(): readonly RejectedRow[] {
    return this.#rejected;
  }

  /** Stores rows in parts, and every part behind a savepoint. */
  async storeInParts(
    rows: Buffer,
    store: Store,
    place: Pick<RejectedRow, 'table' | 'batch'>,
  ): Promise<void> {
    if (rows.length === 0) return;
    await this.#session.run({ text: 'SAVEPOINT part' });
    try {
      await store([rows]);
      await this.#session.run({ text: 'RELEASE SAVEPOINT part' });
      return;
    } catch (error) {
      if (!isRowsFault(error)) throw error;
      await this.#session.run({ text: 'ROLLBACK TO SAVEPOINT part' });
      const middle = middleOf(rows);
      if (middle === 0) {
        this.#rejected.push(rejectedRow(rows.toString('utf8', 0, rows.length - 1), place, error));
        return;
      }
      await this.storeInParts(rows.subarray(0, middle), store, place);
      await this.storeInParts(rows.subarray(middle), store, place);
    }
  }

  copy(table: string, columns: readonly string[]): Store {
    const statement = `COPY ${table} (${columns.join(', ')}) FROM STDIN`;
    return async (pieces) => {
      await this.#session.copyIn(statement, chunksOf(pieces));
    };
  }

  /** Jobs come more than once: with their publication, and with returns. The first row stays. */
  async insertJobs(pieces: readonly Buffer[]): Promise<void> {
    // The trigger on jids makes Salt's own inserts behave; ours need no such help, and are quicker without.
    await this.#session.run({
      name: 'salt_job_cache_own',
      text: `SELECT set_config('${writerSetting}', 'own', true)`,
    });
    const jobs = pieces.flatMap((rows) =>
      rows
        .toString('utf8', 0, rows.length - 1)
        .split('\n')
        .map(columnsOf),
    );
    const values = jobColumns.map((_, column) => jobs.map((job) => job[column] ?? null));
    const types = jobColumns.map((column) => (column === 'started' ? 'timestamptz' : 'text'));
    await this.#session.run(
      {
        text: `INSERT INTO jids (${jobColumns.join(', ')})
          SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::text[]::${type}[]`).join(', ')})
          ON CONFLICT DO NOTHING`,
      },
      values,
    );
  }
}

function partsOf(writer: Writer): readonly {
  readonly table: RejectedRow['table'];
  readonly rowsOf: (block: Block) => Buffer;
  readonly store: Store;
}[] {
  return [
    {
      table: 'jids',
      rowsOf: (block) => block.jobs,
      store: async (pieces) => writer.insertJobs(pieces),
    },
    {
      table: 'salt_returns',
      rowsOf: (block) => block.returns,
      store: writer.copy('salt_returns', returnColumns),
    },
    {
      table: 'salt_events',
      rowsOf: (block) => block.events,
      store: writer.copy('salt_events', eventColumns),
    },
  ];
}

/** Which spool, and how far it was stored when the database was last asked. */
export interface Progress {
  readonly spool: string;
  readonly stored: number;
}

async function claimBlocks(session: Session, progress: Progress, blocks: Blocks): Promise<void> {
  const last = blocks.at(-1) ?? blocks[0];
  const { rowCount } = await session.run(claim, [progress.spool, last.batch, progress.stored]);
  if (rowCount !== 1)
    throw new OutOfStepError('Cannot store blocks that do not follow the last one');
}

/** All rows of a table at once: the usual case, without savepoints. */
async function storeWhole(database: Database, progress: Progress, blocks: Blocks): Promise<void> {
  await database.transaction(async (session) => {
    await claimBlocks(session, progress, blocks);
    for (const { rowsOf, store } of partsOf(new Writer(session))) {
      const pieces = blocks.map(rowsOf).filter((rows) => rows.length > 0);
      if (pieces.length > 0) await store(pieces);
    }
  });
}

async function storeInParts(
  database: Database,
  progress: Progress,
  blocks: Blocks,
  onRejected: (rows: readonly RejectedRow[]) => Promise<void>,
): Promise<number> {
  return database.transaction(async (session) => {
    await claimBlocks(session, progress, blocks);
    const writer = new Writer(session);
    for (const block of blocks) {
      for (const { table, rowsOf, store } of partsOf(writer)) {
        await writer.storeInParts(rowsOf(block), store, { table, batch: block.batch });
      }
    }
    // Before the commit: a row is in the file or in the table, perhaps in the file twice, but never in neither.
    await onRejected(writer.rejected);
    return writer.rejected.length;
  });
}

/**
 * @param onRejected makes rows last that the database refuses; called before they are left out for good
 * @returns how many were refused
 * @throws OutOfStepError where the spool is stored to another block than `progress` says
 * @throws JobCacheError where the database is away or refuses for another reason than a row; whether the
 *   blocks are stored is not known then
 */
export async function storeBlocks(
  database: Database,
  progress: Progress,
  blocks: Blocks,
  onRejected: (rows: readonly RejectedRow[]) => Promise<void>,
): Promise<number> {
  try {
    await storeWhole(database, progress, blocks);
    return 0;
  } catch (error) {
    if (!isRowsFault(error)) throw error;
    return storeInParts(database, progress, blocks, onRejected);
  }
}
