// What is wrong with a configuration: where, what was found there, and what is allowed. What was found is
// shown to people and kept in logs, so a secret never gets into it.

import type { JsonValue } from '#core/dcs/cluster.ts';

export interface ConfigFault {
  /** Names and positions from the top, joined by dots: `postgresql.pg_hba.2`. Empty: the whole. */
  readonly path: string;
  /** What stands there, short; null where nothing does, or where it must not be shown. */
  readonly found: string | null;
  /** What it is not, or what is allowed; it follows path and value in one sentence. */
  readonly message: string;
  /** With an error nothing starts. A warning is a setting that does nothing, or likely not what is meant. */
  readonly severity: 'error' | 'warning';
}

/** Longest text that is shown, in characters. */
const lengthMax = 60;

/** Keys whose values are secrets or may hold one. */
const secretKey = /password|secret|token|^key$|url$|^proxy$|conninfo$|headers$/iu;

function isSecret(path: string): boolean {
  const keys = path.split('.');
  if (keys.some((key) => secretKey.test(key))) return true;
  // Somebody may have written a password where the mapping belongs that holds it.
  const at = keys.indexOf('authentication');
  return at !== -1 && keys.at(-1) !== 'username';
}

/** How a value is shown in a message; null where it is not. */
export function shownValue(path: string, value: JsonValue | undefined): string | null {
  if (value === undefined || isSecret(path)) return null;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value.toWellFormed()) : String(value);
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}...` : text;
}

/** A fault at `path`, where `value` stands. */
export function fault(
  path: string,
  value: JsonValue | undefined,
  message: string,
  severity: ConfigFault['severity'] = 'error',
): ConfigFault {
  return { path, found: shownValue(path, value), message, severity };
}

/** One line, as `patroni --validate-config` prints it: path, value, message. */
export function faultLine({ path, found, message }: ConfigFault): string {
  return [path, found ?? '', message].filter((part) => part !== '').join(' ');
}
