// The command line of a hook tool, parsed as gnuflag does (H7): flags and positionals may be mixed, `--`
// ends the flags, a lone `-` is a positional, and errors speak of options (H8).

import { goQuote } from './go-quote.ts';
import type { HookContext } from './hook-context.ts';

export interface FlagDefinition {
  /** Every spelling, without dashes. The last one is the key of its value. */
  readonly names: readonly [string, ...string[]];
  readonly kind: 'boolean' | 'text';
  readonly help: string;
  /** Says what is wrong with a value, or null. It is asked while parsing, so it fails before arguments do. */
  readonly check?: (value: string, context: HookContext) => string | null;
}

/** Values by the flag's key. A flag that was not given is absent; the last of several wins. */
export type FlagValues = ReadonlyMap<string, string>;

export type ParsedFlags =
  | { readonly kind: 'parsed'; readonly flags: FlagValues; readonly args: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

// The spellings of Go's strconv.ParseBool.
const trueTexts: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const falseTexts: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** The flag's key: its last, longest name. */
export function flagKey(definition: FlagDefinition): string {
  return definition.names.at(-1) ?? definition.names[0];
}

/** `-r` for one letter, `--relation` for more: how errors and help name a flag. */
export function dashed(name: string): string {
  return Array.from(name).length > 1 ? `--${name}` : `-${name}`;
}

export function isSet(flags: FlagValues, key: string): boolean {
  return flags.get(key) === 'true';
}

/** Says what is wrong with a flag's value, or null. */
export type FlagCheck = (definition: FlagDefinition, value: string) => string | null;

/** Splits arguments into flags and positionals. Never throws; the error text has no `ERROR ` before it. */
export function parseFlags(
  definitions: readonly FlagDefinition[],
  args: readonly string[],
  check: FlagCheck,
): ParsedFlags {
  const flags = new Map<string, string>();
  const positionals: string[] = [];
  const queue = [...args];
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    if (argument === '--') {
      positionals.push(...queue);
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const stop = argument.startsWith('--')
      ? parseLong({ definitions, flags, queue, check }, argument)
      : parseLetters({ definitions, flags, queue, check }, argument.slice(1));
    if (stop !== null) return stop;
  }
  return { kind: 'parsed', flags, args: positionals };
}

interface Parsing {
  readonly definitions: readonly FlagDefinition[];
  readonly flags: Map<string, string>;
  readonly queue: string[];
  readonly check: FlagCheck;
}

/** `--name`, `--name value` or `--name=value`. Gives what ends the parsing, or null to go on. */
function parseLong(parsing: Parsing, argument: string): ParsedFlags | null {
  const equals = argument.indexOf('=');
  const name = argument.slice(2, equals < 0 ? undefined : equals);
  if (name === '') return error(`empty option in argument ${goQuote(argument)}`);
  const given = equals < 0 ? null : argument.slice(equals + 1);
  const definition = find(parsing, name);
  if (definition === undefined) return undefinedFlag(name, argument.slice(0, 2 + name.length));
  if (definition.kind === 'boolean') return setBoolean(parsing, definition, name, given ?? 'true');
  return setText(parsing, definition, name, given ?? parsing.queue.shift());
}

/** `-r 7`, `-r7`, or several letters of boolean flags at once. What follows a letter is its value as it is. */
function parseLetters(parsing: Parsing, letters: string): ParsedFlags | null {
  let rest = letters;
  while (rest !== '') {
    const name = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    rest = rest.slice(name.length);
    const definition = find(parsing, name);
    if (definition === undefined) return undefinedFlag(name, `-${name}`);
    if (definition.kind === 'text') {
      return setText(parsing, definition, name, rest === '' ? parsing.queue.shift() : rest);
    }
    const stop = setBoolean(parsing, definition, name, 'true');
    if (stop !== null) return stop;
  }
  return null;
}

function find(parsing: Parsing, name: string): FlagDefinition | undefined {
  return parsing.definitions.find((definition) => definition.names.includes(name));
}

/** `--help` and `-h` are understood by every tool that does not define them itself (H5). */
function undefinedFlag(name: string, spelling: string): ParsedFlags {
  if (name === 'help' || name === 'h') return { kind: 'help' };
  return error(`option provided but not defined: ${spelling}`);
}

function setBoolean(
  parsing: Parsing,
  definition: FlagDefinition,
  name: string,
  text: string,
): ParsedFlags | null {
  if (!trueTexts.includes(text) && !falseTexts.includes(text)) {
    const reason = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
    return error(`invalid value ${goQuote(text)} for option ${dashed(name)}: ${reason}`);
  }
  parsing.flags.set(flagKey(definition), String(trueTexts.includes(text)));
  return null;
}

function setText(
  parsing: Parsing,
  definition: FlagDefinition,
  name: string,
  value: string | undefined,
): ParsedFlags | null {
  if (value === undefined) return error(`option needs an argument: ${dashed(name)}`);
  const wrong = parsing.check(definition, value);
  if (wrong !== null) {
    return error(`invalid value ${goQuote(value)} for option ${dashed(name)}: ${wrong}`);
  }
  parsing.flags.set(flagKey(definition), value);
  return null;
}

function error(message: string): ParsedFlags {
  return { kind: 'error', message };
}
