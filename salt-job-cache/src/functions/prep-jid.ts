// Gives out job ids that nobody else has. Between the moment a jid is given out and that of its load only a
// row of its own keeps others off it; in `jids` such a row would make Salt's own save_load fail.

import type { Clock } from '../clock.ts';
import type { Database, Statement } from '../database/database.ts';
import { JobCacheError } from '../errors.ts';
import { jidOf } from '../jid.ts';
import { ownTables, reservationsTable } from '../schema/own-tables.ts';

const reserve: Statement = {
  name: 'reserve_jid',
  text:
    `INSERT INTO ${reservationsTable} (jid) SELECT $1::text` +
    ' WHERE NOT EXISTS (SELECT FROM jids WHERE jid = $1::text) ON CONFLICT (jid) DO NOTHING',
};
const look: Statement = { name: 'look_for_jid', text: 'SELECT jid FROM jids WHERE jid = $1' };
// By the primary key: jids are in the order of their time.
const expire: Statement = {
  name: 'expire_jids',
  text:
    `DELETE FROM ${reservationsTable} WHERE jid < $1` +
    " AND reserved < now() - interval '10 minutes'",
};

/** Nobody makes a jid again that is older; its load is stored long since. */
const reservedMicros = 600_000_000n;
const expiryPauseMicros = 60_000_000n;

export interface JidDesk {
  /** A new jid that is in no table. */
  nextJid(): Promise<string>;
}

/** As Salt's module: looks whether the jid is taken, and keeps nobody else from taking it. */
export function compatibleDesk(database: Database, generate: () => string): JidDesk {
  return {
    async nextJid() {
      for (;;) {
        const jid = generate();
        if ((await database.run(look, [jid])).rows.length === 0) return jid;
      }
    },
  };
}

function stateOf(error: unknown): string | null {
  return error instanceof JobCacheError ? error.sqlstate : null;
}

/** Whether the table of reservations is there now; false where our user may not make it. */
async function makeTable(database: Database): Promise<boolean> {
  const columns = ownTables.find(({ name }) => name === reservationsTable)?.columns;
  try {
    await database.run({ text: `CREATE TABLE IF NOT EXISTS ${reservationsTable} (${columns})` });
    return true;
  } catch (error) {
    const state = stateOf(error);
    if (state === '42501') return false;
    // Somebody else made it in this very moment, which PostgreSQL says as a duplicate in its catalogue.
    if (state === '23505' || state === '42P07' || state === '42710') return true;
    throw error;
  }
}

export class ReservingDesk implements JidDesk {
  readonly #database: Database;
  readonly #generate: () => string;
  readonly #clock: Clock;
  readonly #onProblem: (error: JobCacheError) => void;
  readonly #unreserved: JidDesk;
  #canReserve = true;
  #expiredMicros: bigint;

  /** @param onProblem told once where reservations can't be kept */
  constructor(
    database: Database,
    generate: () => string,
    clock: Clock,
    onProblem: (error: JobCacheError) => void,
  ) {
    this.#database = database;
    this.#generate = generate;
    this.#clock = clock;
    this.#onProblem = onProblem;
    this.#unreserved = compatibleDesk(database, generate);
    this.#expiredMicros = clock.nowMicros();
  }

  async nextJid(): Promise<string> {
    while (this.#canReserve) {
      const jid = this.#generate();
      if (await this.#reserve(jid)) {
        await this.#expireNowAndThen();
        return jid;
      }
    }
    return this.#unreserved.nextJid();
  }

  /** False where the jid is taken, or there is no table after all. */
  async #reserve(jid: string): Promise<boolean> {
    try {
      return (await this.#database.run(reserve, [jid])).rowCount === 1;
    } catch (error) {
      const state = stateOf(error);
      if (state !== '42P01' && state !== '42501') throw error;
      this.#canReserve = state === '42P01' && (await makeTable(this.#database));
      if (!this.#canReserve) this.#giveUp(error);
      return false;
    }
  }

  #giveUp(cause: unknown): void {
    const problem = `Cannot reserve job ids: table ${reservationsTable} is not there or not ours to write. Two masters that make a job in the same microsecond may give it the same id. Run the migration as a user that may create tables`;
    this.#onProblem(
      new JobCacheError(problem, { kind: 'InsufficientPrivilege', sqlstate: '42501' }, { cause }),
    );
  }

  async #expireNowAndThen(): Promise<void> {
    const now = this.#clock.nowMicros();
    const sinceMicros = now - this.#expiredMicros;
    if (sinceMicros >= 0n && sinceMicros < expiryPauseMicros) return;
    this.#expiredMicros = now;
    if (now > reservedMicros) await this.#database.run(expire, [jidOf(now - reservedMicros)]);
  }
}
