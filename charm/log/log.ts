// The charm's log: lines of one level are collected and sent in one juju-log, as each call is a
// process (W11). Standard output is no log: Juju hides it, or makes it an action's result (E21, E23).

import type { LogLevel, LogTools } from '../tools/log-tools.ts';
import type { Redactor } from './redactor.ts';

export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** From now on this value is replaced in everything that goes through the same redactor. */
  redact(secret: string): void;
  /** Sends what is collected. The charm's main calls it at the end, also of a failed hook. */
  flush(): void;
}

/** Sent without waiting for the end beyond this, so that a hook that is killed leaves most of its log. */
const batchBytesMax = 64 * 1024;

/**
 * Makes a log. Give it the redactor the tools have: messages are cleaned when they are logged, and
 * again by the tool, with what was registered in between.
 */
export function createLog(tools: LogTools, redactor: Redactor): Log {
  let level: LogLevel = 'INFO';
  let lines: string[] = [];
  let bytes = 0;

  const flush = (): void => {
    if (lines.length === 0) return;
    const text = lines.join('\n');
    // Emptied first: should juju-log fail, the next flush must not send the same lines again.
    lines = [];
    bytes = 0;
    tools.jujuLog(level, text);
  };

  const write = (next: LogLevel, message: string): void => {
    // A change of level ends the batch, which keeps the order of the lines.
    if (next !== level) flush();
    level = next;
    const line = redactor.clean(message);
    lines.push(line);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes >= batchBytesMax) flush();
  };

  return {
    trace: (message) => write('TRACE', message),
    debug: (message) => write('DEBUG', message),
    info: (message) => write('INFO', message),
    warning: (message) => write('WARNING', message),
    error: (message) => write('ERROR', message),
    redact: (secret) => redactor.add(secret),
    flush,
  };
}
