// Moves the logical slots of a standby on, beside the loop, which only says how far and is never waited for.
//
// It owns the targets, at most one session per database and at most two at a time. With nothing to do it has no
// session and no timer. What fails is tried again after a growing pause, its own: neither a slot nor a database holds
// up another one. Each `clean()` begins a new generation; what an attempt of an older one brings is ignored, but its
// database stays taken until its session has ended.

import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { AdvanceEvent } from '#core/slots/advance-outcome.ts';
import { judgeFailedAdvance, needsCopy } from '#core/slots/advance-outcome.ts';
import { retryPauseMs } from '#core/slots/retry-pause.ts';
import { errorCode } from '#adapters/files/error-code.ts';
import type { ClockPort, LogPort, Timer } from '#adapters/ports/agent-ports.ts';
import type { AdvanceSession, SlotsPort } from '#adapters/ports/slots-port.ts';
import { reasonOf } from './connection.ts';

export interface AdvanceTarget {
  readonly name: string;
  readonly database: string;
  readonly to: Lsn;
}

/** What came to light since the last call. */
export interface AdvanceNews {
  readonly hasFailed: boolean;
  /** Slots that only another copy from the primary can help. */
  readonly toCopy: readonly string[];
  /** The last one of each slot. */
  readonly events: readonly AdvanceEvent[];
}

export interface AdvanceParts {
  readonly openDatabase: SlotsPort['openDatabase'];
  readonly clock: Pick<ClockPort, 'monotonicMs' | 'after'>;
  /** From 0 (included) to 1 (excluded). */
  readonly random?: () => number;
  readonly loopWaitMs: () => number;
  readonly log: LogPort;
  /** Called for each attempt that counts. */
  readonly onEvent?: (event: AdvanceEvent) => void;
}

interface Pause {
  readonly failures: number;
  readonly untilMs: number;
  readonly reason: string;
}

interface Round {
  session: AdvanceSession | null;
  readonly ended: Promise<void>;
}

const mostDatabases = 2;
/** A statement that takes this many periods of the loop is given up, and tried again later. */
const mostPeriods = 10;

export class AdvanceWorker {
  readonly #parts: AdvanceParts;
  readonly #random: () => number;
  #targets: ReadonlyMap<string, AdvanceTarget> = new Map();
  #slotPauses = new Map<string, Pause>();
  #databasePauses = new Map<string, Pause>();
  #events = new Map<string, AdvanceEvent>();
  #toCopy = new Set<string>();
  #hasFailed = false;
  #generation = 0;
  #timer: Timer | null = null;
  /** By database. */
  readonly #rounds = new Map<string, Round>();
  /** Databases in the order in which they had their last round. */
  #served: readonly string[] = [];

  constructor(parts: AdvanceParts) {
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
  }

  /** Databases in which something is being moved now. */
  get inFlight(): number {
    return this.#rounds.size;
  }

  /** How many slots are not yet where they are to be. */
  get pending(): number {
    return this.#targets.size;
  }

  /**
   * Says how far each slot is to be; what was said before is forgotten. Answers what came to light since the last call.
   * A slot that has to be copied is not moved before that was told. Does no work itself and never waits.
   */
  schedule(targets: readonly AdvanceTarget[]): AdvanceNews {
    const news: AdvanceNews = {
      hasFailed: this.#hasFailed,
      toCopy: [...this.#toCopy],
      events: [...this.#events.values()],
    };
    const wanted = targets.filter(({ name }) => !this.#toCopy.has(name));
    this.#targets = new Map(wanted.map((target) => [target.name, target]));
    this.#forgetOthers();
    this.#hasFailed = false;
    this.#toCopy = new Set();
    this.#events = new Map();
    this.run();
    return news;
  }

  /** Starts what is due, and sees to it that what is due later is started then. */
  run(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.syncSlots();
    if (this.#rounds.size >= mostDatabases) return;
    const dueMs = [...this.#targets.values()]
      .filter(({ database }) => !this.#rounds.has(database))
      .map((target) => this.#dueAtMs(target));
    if (dueMs.length === 0) return;
    const waitMs = Math.max(1, Math.min(...dueMs) - this.#parts.clock.monotonicMs());
    this.#timer = this.#parts.clock.after(waitMs, () => this.run());
  }

  /** Starts a round for every database with something due, as far as there may be more of them. */
  syncSlots(): void {
    const databases = new Set([...this.#targets.values()].map(({ database }) => database));
    // Who was served last comes last: two busy databases are not to keep a third one waiting for ever.
    const inOrder = [...databases].toSorted(
      (left, right) => this.#served.indexOf(left) - this.#served.indexOf(right),
    );
    for (const database of inOrder) {
      if (this.#rounds.size >= mostDatabases) return;
      const isFree = !this.#rounds.has(database) && this.#due(database).length > 0;
      if (isFree) this.#startRound(database);
    }
  }

  #startRound(database: string): void {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#rounds.set(database, { session: null, ended });
    this.#served = [...this.#served.filter((name) => name !== database), database];
    void this.syncSlotsInDatabase(database).finally(() => {
      this.#rounds.delete(database);
      resolve();
      this.run();
    });
  }

  /** Moves every slot of this database that is due, over one session. Never throws. */
  async syncSlotsInDatabase(database: string): Promise<void> {
    const generation = this.#generation;
    try {
      const limitMs = mostPeriods * this.#parts.loopWaitMs();
      await using session = await this.#parts.openDatabase(database, limitMs);
      const round = this.#rounds.get(database);
      if (round !== undefined) round.session = session;
      for (const { name } of this.#due(database)) {
        if (generation !== this.#generation) break;
        await this.syncSlot(session, name);
      }
      if (generation === this.#generation) this.#databasePauses.delete(database);
    } catch (error) {
      if (generation === this.#generation) this.#databaseFailed(database, reasonOf(error));
    }
  }

  /** Moves one slot to where it is to be by now. Throws where the session is of no more use. */
  async syncSlot(session: AdvanceSession, name: string): Promise<void> {
    const generation = this.#generation;
    const target = this.#targets.get(name);
    if (target === undefined) return;
    const { database, to } = target;
    const attempt = await attemptAdvance(session, target);
    if (generation !== this.#generation) return;
    const { lostSession, ...result } = attempt;
    const event: AdvanceEvent = { slot: name, database, ...result };
    this.#note(event, to);
    if (lostSession !== null) throw lostSession;
  }

  #note(event: AdvanceEvent, to: Lsn): void {
    const { slot: name, outcome } = event;
    this.#events.set(name, event);
    if (outcome === 'error') {
      this.#hasFailed = true;
      const pause = this.#longer(this.#slotPauses.get(name), event.why);
      this.#tell(this.#slotPauses.get(name), `logical replication slot '${name}'`, event.why);
      this.#slotPauses.set(name, pause);
    } else {
      this.#slotPauses.delete(name);
      // Somebody may have asked for more meanwhile: that is what the next round is for.
      const isOver = needsCopy(outcome) || this.#targets.get(name)?.to === to;
      if (isOver) this.#targets = without(this.#targets, name);
    }
    if (needsCopy(outcome)) {
      this.#hasFailed = true;
      this.#toCopy.add(name);
      this.#parts.log.warning(
        `Logical replication slot '${name}' can't be advanced to ${formatLsn(to)}: ${event.why}`,
      );
    }
    this.#parts.onEvent?.(event);
  }

  #databaseFailed(database: string, reason: string): void {
    this.#hasFailed = true;
    const before = this.#databasePauses.get(database);
    this.#tell(before, `replication slots in database '${database}'`, reason);
    this.#databasePauses.set(database, this.#longer(before, reason));
  }

  /** Once, and again when it is something else. */
  #tell(before: Pause | undefined, what: string, reason: string): void {
    if (before?.reason === reason) return;
    this.#parts.log.error(`Failed to advance ${what}: ${reason}`);
  }

  #longer(before: Pause | undefined, reason: string): Pause {
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = retryPauseMs(failures, this.#parts.loopWaitMs(), this.#random());
    return { failures, untilMs: this.#parts.clock.monotonicMs() + waitMs, reason };
  }

  /** When this may be tried, on the monotonic clock; in the past where it may be now. */
  #dueAtMs({ name, database }: AdvanceTarget): number {
    const slotMs = this.#slotPauses.get(name)?.untilMs ?? 0;
    return Math.max(slotMs, this.#databasePauses.get(database)?.untilMs ?? 0);
  }

  #due(database: string): readonly AdvanceTarget[] {
    const nowMs = this.#parts.clock.monotonicMs();
    return [...this.#targets.values()].filter(
      (target) => target.database === database && this.#dueAtMs(target) <= nowMs,
    );
  }

  /** Pauses of what nobody asks for any more. */
  #forgetOthers(): void {
    const databases = new Set([...this.#targets.values()].map(({ database }) => database));
    this.#slotPauses = kept(this.#slotPauses, (name) => this.#targets.has(name));
    this.#databasePauses = kept(this.#databasePauses, (name) => databases.has(name));
    this.#served = this.#served.filter((name) => databases.has(name) || this.#rounds.has(name));
  }

  /** Forgets everything and ends all sessions: slots are replaced, or are none of a standby any more. */
  clean(): void {
    this.#generation += 1;
    this.#targets = new Map();
    this.#slotPauses = new Map();
    this.#databasePauses = new Map();
    this.#events = new Map();
    this.#toCopy = new Set();
    this.#hasFailed = false;
    this.#timer?.cancel();
    this.#timer = null;
    for (const { session } of this.#rounds.values()) session?.destroy();
  }

  /**
   * As `clean()`; resolves once no session is left, with true, or after the time, with false. A slot that is still being
   * moved does no harm to a primary: the server lets one session have it at a time.
   */
  async onPromote(withinMs: number): Promise<boolean> {
    this.clean();
    const { promise: isOver, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#parts.clock.after(withinMs, () => resolve(false));
    const ended = Promise.all([...this.#rounds.values()].map(async (round) => round.ended));
    void ended.then(() => resolve(true));
    const hasEnded = await isOver;
    timer.cancel();
    return hasEnded;
  }
}

type Attempt = Pick<AdvanceEvent, 'outcome' | 'at' | 'why'> & {
  /** What broke the session; null where it can go on. */
  readonly lostSession: Error | null;
};

async function attemptAdvance(session: AdvanceSession, target: AdvanceTarget): Promise<Attempt> {
  const { name, to } = target;
  try {
    const at = await session.advance(name, to);
    const why = `Moved to ${at === null ? 'where it was' : formatLsn(at)}`;
    return { outcome: 'advanced', at, why, lostSession: null };
  } catch (error) {
    const reason = reasonOf(error);
    try {
      const slot = await session.look(name);
      const failure = { reason, sqlState: errorCode(error), slot };
      return { ...judgeFailedAdvance(to, failure), lostSession: null };
    } catch {
      const lostSession = error instanceof Error ? error : new Error(reason);
      return { outcome: 'error', at: null, why: reason, lostSession };
    }
  }
}

function without<Value>(map: ReadonlyMap<string, Value>, name: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([key]) => key !== name));
}

function kept<Value>(
  map: ReadonlyMap<string, Value>,
  isKept: (name: string) => boolean,
): Map<string, Value> {
  return new Map([...map].filter(([name]) => isKept(name)));
}
