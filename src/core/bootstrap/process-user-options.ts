// Makes long command line options of what the configuration says for initdb or pg_basebackup.
//
// Forms: a map of names to values, or a list of names and of maps with one entry each. PostgreSQL's programs take
// an option by any unambiguous beginning of its name; an option that is not allowed is therefore refused by such a
// beginning, too.

import { unquote } from './unquote.ts';

/** Told what is wrong, in a sentence; the option is then left out. */
export type OptionErrorHandler = (message: string) => void;

interface Option {
  readonly name: string;
  /** Null: a switch. */
  readonly value: string | null;
}

const namePattern = /^[a-z][a-z0-9-]*$/u;

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it stands in a message: text and numbers as they are, anything else as JSON. */
function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** An entry of a map. Undefined: it asks for nothing; null: it can't be an option's value. */
function optionOfEntry(name: string, value: unknown): Option | null | undefined {
  if (name === '' || value === null || value === undefined) return undefined;
  if (value === '' || value === false) return undefined;
  if (value === true) return { name, value: null };
  if (typeof value === 'number' || typeof value === 'bigint') return { name, value: String(value) };
  return typeof value === 'string' ? { name, value: unquote(value) } : null;
}

function keyValueError(tool: string, value: unknown): string {
  return `Error when parsing ${tool} key-value option ${shownValue(value)}: only one key-value is allowed and value should be a string`;
}

function itemError(tool: string, item: unknown): string {
  return `Error when parsing ${tool} option ${shownValue(item)}: value should be string value or a single key-value pair`;
}

/** An item of a list, or what is wrong with it. */
function optionOfItem(tool: string, item: unknown): Option | string {
  if (typeof item === 'string') {
    const equals = item.indexOf('=');
    if (item === '') return itemError(tool, "''");
    return equals === -1
      ? { name: item, value: null }
      : { name: item.slice(0, equals), value: item.slice(equals + 1) };
  }
  if (!isMap(item)) return itemError(tool, item);
  const [first, ...others] = Object.entries(item);
  if (first === undefined) return itemError(tool, '{}');
  const [name, value] = first;
  if (others.length > 0 || typeof value !== 'string') return keyValueError(tool, value);
  return { name, value: unquote(value) };
}

/** In all versions of the program; what one of these begins with too is ambiguous, and refused by the program. */
const inAllVersions: Readonly<Record<string, readonly string[]>> = { initdb: ['no-locale'] };

/** Whether the program may take this name for an option that is not allowed. */
function isDenied(tool: string, name: string, notAllowed: readonly string[]): boolean {
  if (notAllowed.includes(name)) return true;
  const isAmbiguous = inAllVersions[tool]?.some((option) => option.startsWith(name)) === true;
  return !isAmbiguous && notAllowed.some((denied) => denied.startsWith(name));
}

function refusal(tool: string, name: string, notAllowed: readonly string[]): string | null {
  if (!namePattern.test(name)) {
    return `Error when parsing ${tool} option ${shownValue(name)}: a name is made of small letters, digits and hyphens, without leading hyphens`;
  }
  return isDenied(tool, name, notAllowed) ? `${name} option for ${tool} is not allowed` : null;
}

/** What is configured, in its order: options, and sentences about what is none. */
function readOptions(tool: string, options: unknown): readonly (Option | string)[] {
  if (Array.isArray(options)) return options.map((item: unknown) => optionOfItem(tool, item));
  if (!isMap(options)) return [`${tool} options must be list or dict`];
  const read: (Option | string)[] = [];
  for (const [name, value] of Object.entries(options)) {
    const option = optionOfEntry(name, value);
    if (option !== undefined) read.push(option ?? keyValueError(tool, value));
  }
  return read;
}

/**
 * Formats options as arguments `--name` or `--name=value`. Whatever can't be one, or is not allowed, goes to
 * `errorHandler` and is left out. Nothing here throws, unless the handler does.
 */
export function processUserOptions(
  tool: string,
  options: unknown,
  notAllowedOptions: readonly string[],
  errorHandler: OptionErrorHandler,
): string[] {
  const formatted: string[] = [];
  for (const option of readOptions(tool, options)) {
    const wrong =
      typeof option === 'string' ? option : refusal(tool, option.name, notAllowedOptions);
    if (wrong !== null) {
      errorHandler(wrong);
    } else if (typeof option !== 'string') {
      formatted.push(
        option.value === null ? `--${option.name}` : `--${option.name}=${option.value}`,
      );
    }
  }
  return formatted;
}
