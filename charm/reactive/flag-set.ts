// The flags of a unit: which are set, with what value, and which changed since the last look.
// Flags live in the unit data and share its fate when the hook fails. Those that only say what is new
// in this hook (a changed option, a changed key of a bag) live in memory: they need no clearing
// afterwards, fire no trigger as they go, and cost no write.

import type { FlagsPort, StorePort } from '#interfaces/ports.ts';
import { ReactiveError } from './errors.ts';
import type { TransitionKind, TriggerTable } from './triggers.ts';
import { transitionName } from './triggers.ts';

/** What handlers see. `Flag` is the charm's own union, so a misspelt flag does not compile. */
export interface Flags<Flag extends string = string> {
  /** Setting a set flag updates its value and is no change (T36). */
  set(flag: Flag, value?: unknown): void;
  clear(flag: Flag): void;
  /** Sets or clears; never inverts. */
  toggle(flag: Flag, on: boolean): void;
  isSet(flag: Flag): boolean;
  /** Of no flags at all: true. */
  allSet(...flags: readonly Flag[]): boolean;
  /** Of no flags at all: false. */
  anySet(...flags: readonly Flag[]): boolean;
  /** The missing ones among those named, sorted. */
  unset(...flags: readonly Flag[]): readonly string[];
  /** All set flags, sorted. */
  list(): readonly string[];
  /** Value of a set flag: null where it was set without one, undefined where it is not set. */
  value(flag: Flag): unknown;
}

/** Flags somebody derives from facts, when they are first asked for. */
export interface FlagSource {
  /** A family: `config` stands for `config` itself and for all that begins with `config.`. */
  readonly family: string;
  /** Sets or clears the flags of the family by what holds now. Called at most once in a hook. */
  fill(flags: FlagsPort): void;
}

const prefix = 'reactive.states.';

/**
 * Most transitions one change may cause. Triggers without a cycle can still double at every step;
 * more than this is a mistake in the charm and not a plan.
 */
const transitionsMax = 1000;

export class FlagSet implements Flags, FlagsPort {
  readonly #store: StorePort;
  readonly #table: TriggerTable;
  readonly #sources: FlagSource[] = [];
  readonly #volatileFamilies: readonly string[];
  readonly #filled = new Set<FlagSource>();
  readonly #volatile = new Map<string, unknown>();
  #kept: Map<string, unknown> | null = null;
  #stack: string[] = [];
  #transitions = 0;
  #changes = new Set<string>();
  #anyCleared = false;

  /** @param volatileFamilies families that begin every hook unset and are never stored */
  constructor(
    store: StorePort,
    table: TriggerTable = new Map(),
    volatileFamilies: readonly string[] = [],
  ) {
    this.#store = store;
    this.#table = table;
    this.#volatileFamilies = volatileFamilies;
  }

  addSource(source: FlagSource): void {
    this.#sources.push(source);
  }

  /**
   * Asks the sources whose flags a trigger waits for: it must fire though nobody asks for the flag.
   * All other sources wait until somebody does, as each costs a hook tool.
   */
  askForTriggers(): void {
    for (const source of this.#sources) {
      if (tableNames(this.#table, source.family)) this.#fill(source);
    }
  }

  set(flag: string, value: unknown = null): void {
    this.#ask(flag);
    const home = this.#home(flag);
    const wasSet = home.has(flag);
    home.set(flag, value);
    if (home !== this.#volatile) this.#store.set(prefix + flag, value);
    if (!wasSet) this.#changed('set', flag);
  }

  clear(flag: string): void {
    this.#ask(flag);
    // Noted even where the flag was not set: the handlers waiting in the queue are tested again,
    // which costs nothing and is what charms written for this layer rely on.
    this.#anyCleared = true;
    const home = this.#home(flag);
    if (!home.delete(flag)) return;
    if (home !== this.#volatile) this.#store.unset(prefix + flag);
    this.#changed('clear', flag);
  }

  toggle(flag: string, on: boolean): void {
    if (on) this.set(flag);
    else this.clear(flag);
  }

  isSet(flag: string): boolean {
    this.#ask(flag);
    return this.#home(flag).has(flag);
  }

  allSet(...flags: readonly string[]): boolean {
    return flags.every((flag) => this.isSet(flag));
  }

  anySet(...flags: readonly string[]): boolean {
    return flags.some((flag) => this.isSet(flag));
  }

  unset(...flags: readonly string[]): readonly string[] {
    return flags.filter((flag) => !this.isSet(flag)).sort();
  }

  list(): readonly string[] {
    for (const source of this.#sources) this.#fill(source);
    return [...this.#keptFlags().keys(), ...this.#volatile.keys()].sort();
  }

  value(flag: string): unknown {
    this.#ask(flag);
    return this.#home(flag).get(flag);
  }

  /** Like `isSet`, but asks no source: undefined for a derived flag nobody has asked for yet. */
  peek(flag: string): boolean | undefined {
    if (this.#sources.some((source) => belongs(flag, source.family) && !this.#filled.has(source))) {
      return undefined;
    }
    return this.#home(flag).has(flag);
  }

  /** Flags set or cleared since the last call, also those that are again as they were. */
  takeChanges(): ReadonlySet<string> {
    const changes = this.#changes;
    this.#changes = new Set();
    return changes;
  }

  /** Whether `clear` was called since the last call. */
  takeCleared(): boolean {
    const cleared = this.#anyCleared;
    this.#anyCleared = false;
    return cleared;
  }

  #changed(kind: TransitionKind, flag: string): void {
    this.#changes.add(flag);
    const name = transitionName(kind, flag);
    const effects = this.#table.get(name);
    if (effects === undefined) return;
    this.#enter(name);
    try {
      for (const other of effects.setFlags) this.set(other);
      for (const other of effects.clearFlags) this.clear(other);
      for (const callback of effects.callbacks) callback();
    } finally {
      this.#stack.pop();
      if (this.#stack.length === 0) this.#transitions = 0;
    }
  }

  /**
   * Refuses a transition that is already under way. Some such loops would end by themselves, but
   * none has a result its author could have meant, and most overflow the stack.
   */
  #enter(name: string): void {
    const start = this.#stack.indexOf(name);
    if (start >= 0) {
      const cycle = [...this.#stack.slice(start), name].join(' -> ');
      throw new ReactiveError(
        'TRIGGER_CYCLE',
        `Cannot ${name}: its triggers lead back to it (${cycle}). Take one of them away`,
      );
    }
    this.#stack.push(name);
    this.#transitions += 1;
    if (this.#transitions > transitionsMax) {
      throw new ReactiveError(
        'TRIGGER_CYCLE',
        `Cannot ${name}: ${this.#stack[0]} caused more than ${transitionsMax} changes through triggers. ` +
          'Let triggers set or clear a flag, not both in turn',
      );
    }
  }

  #ask(flag: string): void {
    for (const source of this.#sources) if (belongs(flag, source.family)) this.#fill(source);
  }

  #fill(source: FlagSource): void {
    if (this.#filled.has(source)) return;
    // Marked first, as filling sets flags of the family and so comes back here.
    this.#filled.add(source);
    // Learning what holds already is no change: a handler must not run again because somebody asked.
    const [changes, cleared] = [new Set(this.#changes), this.#anyCleared];
    source.fill(this);
    this.#changes = changes;
    this.#anyCleared = cleared;
  }

  #home(flag: string): Map<string, unknown> {
    return this.#volatileFamilies.some((family) => belongs(flag, family))
      ? this.#volatile
      : this.#keptFlags();
  }

  #keptFlags(): Map<string, unknown> {
    this.#kept ??= new Map(
      this.#store.entries(prefix).map(([key, value]) => [key.slice(prefix.length), value]),
    );
    return this.#kept;
  }
}

function belongs(flag: string, family: string): boolean {
  return flag.startsWith(family) && (flag.length === family.length || flag[family.length] === '.');
}

function tableNames(table: TriggerTable, family: string): boolean {
  for (const name of table.keys()) {
    if (belongs(name.slice(name.indexOf(' ') + 1), family)) return true;
  }
  return false;
}
