// The older names of the flag functions, for people and charms that grew up with them.

import type { Flags } from './flag-set.ts';

export interface States<Flag extends string = string> {
  readonly setState: (state: Flag, value?: unknown) => void;
  readonly removeState: (state: Flag) => void;
  readonly toggleState: (state: Flag, on: boolean) => void;
  readonly isState: (state: Flag) => boolean;
  readonly allStates: (...states: readonly Flag[]) => boolean;
  readonly anyStates: (...states: readonly Flag[]) => boolean;
  /** All set states and their values; null for one that was set without. */
  readonly getStates: () => ReadonlyMap<string, unknown>;
}

/** The flags of a hook under their older names: `const { setState } = states(context.flags)`. */
export function states<Flag extends string>(flags: Flags<Flag>): States<Flag> {
  // `list` gives every set flag, also those outside the charm's declared union, so their values are
  // read through the wider view of the same object.
  const anyFlag: Pick<Flags, 'value'> = flags;
  return {
    setState: (state, value) => flags.set(state, value),
    removeState: (state) => flags.clear(state),
    toggleState: (state, on) => flags.toggle(state, on),
    isState: (state) => flags.isSet(state),
    allStates: (...names) => flags.allSet(...names),
    anyStates: (...names) => flags.anySet(...names),
    getStates: () => new Map(flags.list().map((state) => [state, anyFlag.value(state)])),
  };
}
