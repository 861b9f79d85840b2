// The conditions under which a handler runs, as plain values. Several conditions of one handler all
// have to hold. What they mean in a given hook is decided in `evaluate`.

/** A path, or a function that gives one or several when the handler is tested. */
export type FilePath = string | (() => string | readonly string[]);

export type FileHash = 'sha256' | 'md5';

export interface FlagPredicate<Flag extends string = string> {
  /** `all` set, `any` set, `none` set, `notAll`: at least one unset. */
  readonly kind: 'all' | 'any' | 'none' | 'notAll';
  readonly flags: readonly Flag[];
}

export interface FilePredicate {
  readonly kind: 'fileChanged';
  readonly paths: readonly FilePath[];
  readonly hash: FileHash;
}

export interface HookPredicate {
  readonly kind: 'hook';
  /** As written, not expanded yet. */
  readonly patterns: readonly string[];
}

/** Not tested: looked at when the handler is called, by the loop or directly (T40). */
export interface GuardPredicate<Flag extends string = string> {
  readonly kind: 'notUnless';
  readonly flags: readonly Flag[];
  readonly strict: boolean;
}

export type Predicate<Flag extends string = string> =
  | FlagPredicate<Flag>
  | FilePredicate
  | HookPredicate
  | GuardPredicate<Flag>
  | { readonly kind: 'onlyOnce' }
  | { readonly kind: 'everyHook' };

/** At least one: a condition on no flags would always hold and never be waited for (T34b). */
export type Flagged<Flag extends string> = readonly [Flag, ...Flag[]];

function onFlags<Flag extends string>(
  name: string,
  kind: FlagPredicate['kind'],
  flags: readonly Flag[],
): FlagPredicate<Flag> {
  requireFlags(name, flags);
  return Object.freeze({ kind, flags: [...new Set(flags)] });
}

function requireFlags(name: string, flags: readonly string[]): void {
  if (flags.length > 0 && flags.every((flag) => typeof flag === 'string' && flag !== '')) return;
  throw new TypeError(
    `Cannot use ${name}: found ${flags.length === 0 ? 'no flags' : 'an empty flag'}, need one or more. ` +
      'For a handler that runs in every hook use everyHook()',
  );
}

/** All of the flags are set. The functions below throw TypeError when called with no flags. */
export function when<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('when', 'all', flags);
}

/** The same as `when`. */
export function whenAll<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('whenAll', 'all', flags);
}

/** At least one of the flags is set. */
export function whenAny<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('whenAny', 'any', flags);
}

/** None of the flags is set. */
export function whenNot<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('whenNot', 'none', flags);
}

/** The same as `whenNot`. */
export function whenNone<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('whenNone', 'none', flags);
}

/** At least one of the flags is not set. */
export function whenNotAll<Flag extends string>(...flags: Flagged<Flag>): FlagPredicate<Flag> {
  return onFlags('whenNotAll', 'notAll', flags);
}

/**
 * The content of one of the files differs from what it was when this handler last ran: also when it
 * appears or disappears. Each handler has its own memory, so two may watch one file (#25), and what
 * a handler did not get to see stays changed for the next hook (#44).
 */
export function whenFileChanged(
  paths: FilePath | readonly FilePath[],
  options: { readonly hash?: FileHash } = {},
): FilePredicate {
  const list = typeof paths === 'string' || typeof paths === 'function' ? [paths] : [...paths];
  if (list.length === 0) {
    throw new TypeError('Cannot use whenFileChanged: found no path, need one or more');
  }
  return Object.freeze({ kind: 'fileChanged', paths: list, hash: options.hash ?? 'sha256' });
}

/**
 * The hook's name matches one of the patterns: a name, `{a,b}` for alternatives, `{role:interface}`
 * for the charm's endpoints of that role and interface. Joined to flags it is one more condition:
 * the handler runs in that hook as soon as its flags allow (#12).
 */
export function hook(...patterns: Flagged<string>): HookPredicate {
  if (patterns.length === 0)
    throw new TypeError('Cannot use hook: found no pattern, need one or more');
  return Object.freeze({ kind: 'hook', patterns });
}

/** Once in the life of the unit, told apart by the handler's id. A failed hook does not count. */
export function onlyOnce(): Predicate<never> {
  return Object.freeze({ kind: 'onlyOnce' });
}

/** In every hook, before the handlers that wait for flags (#32). */
export function everyHook(): Predicate<never> {
  return Object.freeze({ kind: 'everyHook' });
}

/**
 * A guard: calling the handler while one of the flags is unset logs a warning and goes on, or throws
 * when strict. It does not decide when the handler runs.
 */
export function notUnless<Flag extends string>(...flags: Flagged<Flag>): GuardPredicate<Flag> {
  requireFlags('notUnless', flags);
  return Object.freeze({ kind: 'notUnless', flags, strict: false });
}

/** Like `notUnless`, but the call throws. */
export function strictlyNotUnless<Flag extends string>(
  ...flags: Flagged<Flag>
): GuardPredicate<Flag> {
  requireFlags('strictlyNotUnless', flags);
  return Object.freeze({ kind: 'notUnless', flags, strict: true });
}
