// The controller's own log: its starts and ends, and errors of the program itself. What units do is in the model's log.

import { writeSync } from 'node:fs';

const standardError = 2;

export function logLine(level: 'INFO' | 'ERROR', message: string, at: number): void {
  writeSync(standardError, `${new Date(at).toISOString()} ${level} ${message}\n`);
}

/** An error with its stack and all its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by: ${describeError(error.cause)}`;
}
