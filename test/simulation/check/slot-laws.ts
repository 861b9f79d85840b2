// The laws of replication slots, judged by what the model knows at the moment something happens, never by what an
// agent believes. It is told of everything an agent has done to a slot, of promotions, and of consumers.

import { readStateFile } from '#core/slots/state-file.ts';
import type { SlotAsked } from '../postgres/slot-asked.ts';
import type { Slot } from '../postgres/slot-table.ts';
import type { Wal } from '../postgres/wal.ts';

/** How things stand with a member whose agent acts. */
export interface SlotSituation {
  readonly member: string;
  readonly nowMs: number;
  /** As its own agent has it. */
  readonly isPaused: boolean;
  /** Its server accepts writes. */
  readonly isPrimary: boolean;
  readonly isRunning: boolean;
  readonly hasKey: boolean;
  /** `failsafe_mode`, or a pause that is hardly over: who leads is not told by the key. */
  readonly isLooselyLed: boolean;
  readonly flushedEnd: number;
  /** What its server has of the slot. */
  readonly confirmedOf: (name: string) => number | null;
  /** Furthest that any leader published of the slot; null: nothing was. */
  readonly publishedOf: (name: string) => number | null;
  /** Whether the configuration allows this one to be made anew. */
  readonly isRecreated: (name: string) => boolean;
  readonly ignored: ReadonlySet<string>;
  /** Slots of members that this one has to keep for them. */
  readonly kept: ReadonlySet<string>;
  /** The life of its agent: pauses between attempts do not outlive it. */
  readonly agent: object;
}

interface Attempt {
  readonly to: number;
  /** Null: it goes on, or it worked. */
  readonly failedMs: number | null;
}

export type TellSlotBreach = (what: string) => void;

/** No pause after a failure is shorter on any clock, in milliseconds. */
const shortestPauseMs = 950;

export class SlotLaws {
  readonly #tell: TellSlotBreach;
  /** The last attempt to move each slot, by agent. */
  readonly #attempts = new WeakMap<object, Map<string, Attempt>>();
  /**
   * Where slots began again: those that were lost, by their setting, and those whose first leader was gone before it
   * could publish where they were.
   */
  readonly #madeAnew = new Map<string, number>();

  constructor(tell: TellSlotBreach) {
    this.#tell = tell;
  }

  asked(situation: SlotSituation, asked: SlotAsked): void {
    switch (asked.kind) {
      case 'drop':
        this.#dropped(situation, asked.slot, asked.why);
        return;
      case 'create-physical':
        this.#named(situation, asked.name);
        return;
      case 'create-logical':
        this.#named(situation, asked.name);
        this.#creating(situation, asked.name);
        return;
      case 'created-logical':
        this.#created(situation, asked.slot);
        return;
      case 'advance':
        this.#moving(situation, asked.name, asked.to);
        return;
      case 'advanced':
      case 'advance-failed':
        this.#moved(situation, asked.name, asked.kind === 'advance-failed');
        return;
      case 'install':
        this.#installing(situation, asked.states);
        return;
      default:
        asked satisfies never;
    }
  }

  #dropped({ member, isPaused, ignored, kept }: SlotSituation, slot: Slot, why: string): void {
    const { name, type, user, isLost, position } = slot;
    const dropped = `${member} dropped ${name} (${why})`;
    if (user !== null) this.#tell(`INV-1: ${dropped}, which was in use`);
    if (ignored.has(name)) this.#tell(`INV-2: ${dropped}, which ignore_slots fits`);
    if (isPaused) this.#tell(`INV-3: ${dropped} in maintenance mode`);
    const isServing = type === 'physical' && !isLost && position.catalogXmin === null;
    if (isServing && position.restartLsn !== null && kept.has(name)) {
      this.#tell(`INV-13: ${dropped}, which is that of a member`);
    }
  }

  #named({ member }: SlotSituation, name: string): void {
    if (name === member) this.#tell(`INV-6: ${member} makes a slot of its own name`);
  }

  /** One whose server has just died is told so by the server. */
  #creating(situation: SlotSituation, name: string): void {
    const { member, hasKey, isLooselyLed, isPrimary, isRunning, isPaused } = situation;
    const isStandby = isRunning && !isPrimary;
    if (isPaused || isLooselyLed || (hasKey && !isStandby)) return;
    const what = isStandby ? 'and is no primary' : 'without the leader key';
    this.#tell(`INV-7: ${member} makes the logical slot ${name} from scratch ${what}`);
  }

  #created({ member, publishedOf, isRecreated }: SlotSituation, { name, birthLsn }: Slot): void {
    const published = publishedOf(name);
    if (published === null || isRecreated(name)) {
      this.#madeAnew.set(name, birthLsn);
      return;
    }
    this.#tell(`INV-9: ${member} made ${name} anew, whose consumer had confirmed ${published}`);
  }

  #moving(situation: SlotSituation, name: string, to: number): void {
    const { member, flushedEnd, isPrimary, isLooselyLed, confirmedOf, publishedOf } = situation;
    const moves = `${member} moves ${name} to ${to}`;
    if (isPrimary) this.#tell(`INV-5: ${moves} and is a primary`);
    if (to > flushedEnd) this.#tell(`INV-5: ${moves}, and has replayed ${flushedEnd} only`);
    const from = confirmedOf(name);
    if (from !== null && to < from) this.#tell(`INV-5: ${moves}, backwards from ${from}`);
    const published = publishedOf(name);
    if (!isLooselyLed && to > (published ?? 0)) {
      this.#tell(`INV-5: ${moves}, and ${published ?? 'nothing'} was published`);
    }
    this.#retried(situation, name, from ?? 0);
    const attempts = this.#attempts.get(situation.agent) ?? new Map<string, Attempt>();
    attempts.set(name, { to, failedMs: null });
    this.#attempts.set(situation.agent, attempts);
  }

  /** One whose connection broke may have come where it was to be: that one has not failed. */
  #retried({ member, agent, nowMs }: SlotSituation, name: string, confirmed: number): void {
    const before = this.#attempts.get(agent)?.get(name);
    if (before?.failedMs == null || confirmed >= before.to) return;
    const afterMs = nowMs - before.failedMs;
    if (afterMs >= shortestPauseMs) return;
    this.#tell(
      `INV-15a: ${member} tries to move ${name} ${Math.round(afterMs)} ms after it failed`,
    );
  }

  #moved({ agent, nowMs }: SlotSituation, name: string, hasFailed: boolean): void {
    const attempts = this.#attempts.get(agent);
    const last = attempts?.get(name);
    if (last === undefined) return;
    attempts?.set(name, { ...last, failedMs: hasFailed ? nowMs : null });
  }

  #installing({ member, isRunning, isPaused }: SlotSituation, states: readonly Uint8Array[]): void {
    if (isRunning) this.#tell(`INV-8: ${member} installs slots while its server runs`);
    if (isPaused) this.#tell(`INV-3: ${member} installs slots in maintenance mode`);
    for (const state of states) {
      const read = readStateFile(state);
      if (read.kind === 'fault')
        this.#tell(`INV-8: ${member} installs what is no slot: ${read.why}`);
    }
  }

  /** The server is stopped for a copy of slots. */
  stoppedForCopy({ member, isPrimary, hasKey }: SlotSituation): void {
    if (isPrimary) this.#tell(`INV-8: ${member} is a primary, and is stopped for a copy of slots`);
    if (hasKey)
      this.#tell(`INV-8: ${member} has the leader key, and is stopped for a copy of slots`);
  }

  /** `unsafe`: slots whose use its agent warned of. `branchEnd`: where the new timeline begins. */
  promoted(
    member: string,
    {
      slots,
      wal,
      branchEnd,
    }: { readonly slots: readonly Slot[]; readonly wal: Wal; readonly branchEnd: number },
    unsafe: ReadonlySet<string>,
  ): void {
    const removed = wal.records.reduce(
      (most, record) => Math.max(most, record.removedBefore ?? 0),
      0,
    );
    for (const { name, type, position, isLost } of slots) {
      if (type !== 'logical' || isLost || unsafe.has(name)) continue;
      const { catalogXmin, confirmedFlushLsn } = position;
      if (catalogXmin !== null && catalogXmin < removed) {
        const what = `needs the catalog as of ${catalogXmin}, and what is before ${removed} is gone`;
        this.#tell(`INV-10: ${member} was promoted with ${name} taken for safe; it ${what}`);
      }
      if (confirmedFlushLsn !== null && confirmedFlushLsn > branchEnd) {
        const what = `is at ${confirmedFlushLsn}, and the new timeline begins at ${branchEnd}`;
        this.#tell(`INV-5: ${member} was promoted with ${name} taken for safe; it ${what}`);
      }
    }
  }

  /** A consumer goes on behind what its slot has confirmed: everything before it, it must have got. */
  attached(member: string, slot: Slot, wal: Wal, seen: ReadonlySet<number>): number {
    const confirmed = slot.position.confirmedFlushLsn ?? 0;
    const promised = Math.max(slot.birthLsn, this.#madeAnew.get(slot.name) ?? 0);
    const missed = wal
      .between(promised, confirmed)
      .filter(({ kind, id }) => kind === 'write' && !seen.has(id));
    const [first] = missed;
    if (first !== undefined) {
      const what = `misses ${missed.length} rows from ${first.start} on; the slot is at ${confirmed}`;
      this.#tell(`the consumer of ${slot.name} at ${member} ${what}`);
    }
    return missed.length;
  }
}
