// What follows at once when a flag is set or cleared. A trigger is a value; the table groups the
// triggers of a charm by the transition they wait for. Nothing is fired here: `FlagSet` does that.

/** A flag going from unset to set, or back. */
export type TransitionKind = 'set' | 'clear';

export interface Trigger<Flag extends string = string> {
  readonly on: TransitionKind;
  readonly flag: Flag;
  readonly setFlags: readonly Flag[];
  readonly clearFlags: readonly Flag[];
  readonly callback: (() => void) | null;
}

type Cause<Flag extends string> =
  | { readonly when: Flag; readonly whenNot?: never }
  | { readonly whenNot: Flag; readonly when?: never };

/** `when` fires as the flag becomes set, `whenNot` as it becomes unset. At least one effect. */
export type TriggerOptions<Flag extends string> = Cause<Flag> & {
  readonly setFlag?: Flag | readonly Flag[];
  readonly clearFlag?: Flag | readonly Flag[];
  readonly callback?: () => void;
};

/**
 * Makes a trigger. It fires only on a real transition: one that is registered after its flag was set
 * waits for the next time.
 * @throws TypeError without exactly one cause, or without an effect (T37)
 */
export function trigger<Flag extends string>(options: TriggerOptions<Flag>): Trigger<Flag> {
  const { when, whenNot } = options;
  const flag = when ?? whenNot;
  if (flag === undefined) {
    throw new TypeError('Cannot make a trigger: no cause given, need one of when and whenNot');
  }
  if (when !== undefined && whenNot !== undefined) {
    throw new TypeError(
      `Cannot make a trigger: both when '${when}' and whenNot '${whenNot}' given, need only one`,
    );
  }
  const setFlags = listOf(options.setFlag);
  const clearFlags = listOf(options.clearFlag);
  const callback = options.callback ?? null;
  if (setFlags.length + clearFlags.length === 0 && callback === null) {
    throw new TypeError(
      `Cannot make a trigger on '${flag}': it has no effect, need setFlag, clearFlag or callback`,
    );
  }
  const on = when === undefined ? 'clear' : 'set';
  return Object.freeze({ on, flag, setFlags, clearFlags, callback });
}

function listOf<Flag extends string>(flags: Flag | readonly Flag[] | undefined): readonly Flag[] {
  if (flags === undefined) return [];
  return typeof flags === 'string' ? [flags] : [...flags];
}

/** Effects of one transition, in the order they happen: sets, clears, callbacks. */
export interface Effects {
  readonly setFlags: readonly string[];
  readonly clearFlags: readonly string[];
  readonly callbacks: readonly (() => void)[];
}

/** The name of a transition in messages, for example `set db.ready`. */
export function transitionName(kind: TransitionKind, flag: string): string {
  return `${kind} ${flag}`;
}

export type TriggerTable = ReadonlyMap<string, Effects>;

/** Groups triggers by transition. The same effect named twice on one transition happens once. */
export function triggerTable(triggers: readonly Trigger[]): TriggerTable {
  const groups = new Map<string, Trigger[]>();
  for (const one of triggers) {
    const name = transitionName(one.on, one.flag);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  const table = new Map<string, Effects>();
  for (const [name, group] of groups) {
    table.set(name, {
      setFlags: [...new Set(group.flatMap((one) => one.setFlags))],
      clearFlags: [...new Set(group.flatMap((one) => one.clearFlags))],
      callbacks: [...new Set(group.flatMap((one) => one.callback ?? []))],
    });
  }
  return table;
}
