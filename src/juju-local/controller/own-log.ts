// The controller's own log: its starts and ends, and errors of the program itself, a JSON object a line.
// What units do is in the model's log.

import { destination, pino, stdTimeFunctions } from 'pino';

const standardError = 2;

// Written at once: what a program says last is what matters when it ends.
const log = pino(
  {
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label.toUpperCase() }) },
  },
  destination({ fd: standardError, sync: true }),
);

export function logLine(level: 'INFO' | 'ERROR', message: string): void {
  if (level === 'ERROR') log.error(message);
  else log.info(message);
}

/** An error with its stack and all its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by: ${describeError(error.cause)}`;
}
