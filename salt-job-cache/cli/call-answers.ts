// Answers to calls, one line each.

import { JobCacheError } from '../src/errors.ts';
import { jsonText } from '../src/value/json-text.ts';
import { PythonError } from '../src/value/python-error.ts';
import type { PythonValue } from '../src/value/python-value.ts';

export function readyLine(functions: readonly string[]): string {
  return `${jsonText(
    new Map<string, PythonValue>([
      ['ready', true],
      ['functions', functions],
    ]),
  )}\n`;
}

/** @throws PythonError where the value can't be written as JSON */
export function okLine(value: PythonValue): string {
  return `${jsonText(new Map([['ok', value]]))}\n`;
}

/**
 * `err` is the name of the exception Python's module would raise; `transient` tells whether the same call
 * may work later, as when the database was away.
 */
export function errLine(error: unknown): string {
  const isOurs = error instanceof JobCacheError;
  const isPython = error instanceof PythonError;
  const kind = isOurs || isPython ? error.kind : 'InternalError';
  const message = error instanceof Error ? error.message : String(error);
  return `${jsonText(
    new Map<string, PythonValue>([
      ['err', kind],
      ['sqlstate', isOurs ? error.sqlstate : null],
      // Half a character can be in what was asked, but not in what is written.
      ['msg', message.toWellFormed()],
      ['transient', isOurs && error.isTransient],
    ]),
  )}\n`;
}
