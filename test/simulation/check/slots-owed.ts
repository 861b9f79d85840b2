// Which members' slots have to be kept: of those that are there, and of those that are away for no longer than
// member_slots_ttl, unless the slot kept more WAL than member_slots_wal_budget allows.

/** A turn that began before a member was back does not know of it, for so long, in milliseconds. */
const turnMs = 5000;

/** Clocks of machines go wrong by less than that. */
const clockSlack = 0.01;

export interface OwedSettings {
  readonly ttlMs: number;
  /** WAL that may be kept for a member that is away; null: any. */
  readonly budgetBytes: number | null;
}

export class SlotsOwed {
  /** Since when the store has no key of the member; those that were never there are not in it. */
  readonly #absentSince = new Map<string, number>();
  readonly #backSince = new Map<string, number>();
  readonly #givenUp = new Set<string>();

  memberChanged(name: string, isPresent: boolean, nowMs: number): void {
    if (isPresent) {
      if (this.#absentSince.delete(name)) this.#backSince.set(name, nowMs);
      return;
    }
    if (!this.#isJustBack(name, nowMs)) this.#givenUp.delete(name);
    this.#absentSince.set(name, nowMs);
  }

  #isJustBack(name: string, nowMs: number): boolean {
    return nowMs - (this.#backSince.get(name) ?? Number.NEGATIVE_INFINITY) < turnMs;
  }

  #isAway(name: string, nowMs: number): boolean {
    return this.#absentSince.has(name) || this.#isJustBack(name, nowMs);
  }

  /** A leader retains a slot no more, or drops it, that keeps so much: the others follow. */
  leftByLeader(
    name: string,
    keptBytes: number,
    { budgetBytes }: OwedSettings,
    nowMs: number,
  ): void {
    if (budgetBytes === null || keptBytes <= budgetBytes) return;
    if (this.#isAway(name, nowMs)) this.#givenUp.add(name);
  }

  isOwed(name: string, { ttlMs }: OwedSettings, nowMs: number): boolean {
    if (this.#givenUp.has(name) && this.#isAway(name, nowMs)) return false;
    const sinceMs = this.#absentSince.get(name);
    return sinceMs === undefined || nowMs - sinceMs < ttlMs * (1 - clockSlack);
  }
}
