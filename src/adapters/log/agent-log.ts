// The agent's log: to its standard error, or to files that are rotated by size, as Patroni's `log:` section says.
// Lines are written at once, so that the last ones before a crash are there.

import { appendFileSync, chmodSync, mkdirSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogConfig } from '#core/config/patroni/agent-config.ts';
import type { LineStyle, LogRecord } from '#core/log/format-line.ts';
import { formatLine } from '#core/log/format-line.ts';
import type { Level } from '#core/log/level.ts';
import { isAtLeast, levelOf } from '#core/log/level.ts';
import type { TimeParts } from '#core/log/strftime.ts';
import { pythonTime } from '#core/log/strftime.ts';
import { errorCode } from '../files/error-code.ts';
import type { LogPort } from '../ports/agent-ports.ts';

export interface AgentLog extends LogPort {
  reconfigure(config: LogConfig): void;
}

const standardError = 2;
const fileName = 'patroni.log';

function localParts(timeMs: number): TimeParts {
  const date = new Date(timeMs);
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    millisecond: date.getMilliseconds(),
    offsetMinutes: -date.getTimezoneOffset(),
  };
}

function stackOf(fields: Readonly<Record<string, unknown>>): string | null {
  const { error } = fields;
  if (!(error instanceof Error)) return null;
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? ''}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

class WrittenLog implements AgentLog {
  #config: LogConfig;
  #style: LineStyle;
  #least: Level;
  #leastWithStack: Level;
  #lastHeartbeat = '';

  constructor(config: LogConfig) {
    this.#config = config;
    this.#style = this.#styleOf(config);
    this.#least = levelOf(config.level);
    this.#leastWithStack = levelOf(config.tracebackLevel);
  }

  reconfigure(config: LogConfig): void {
    this.#config = config;
    this.#style = this.#styleOf(config);
    this.#least = levelOf(config.level);
    this.#leastWithStack = levelOf(config.tracebackLevel);
  }

  debug(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('DEBUG', message, fields);
  }

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('INFO', message, fields);
  }

  warning(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('WARNING', message, fields);
  }

  error(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('ERROR', message, fields);
  }

  critical(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write('CRITICAL', message, fields);
  }

  #styleOf({ type, format, staticFields, dateformat }: LogConfig): LineStyle {
    return {
      type,
      format,
      staticFields,
      time: (timeMs) => pythonTime(localParts(timeMs), dateformat),
      processId: process.pid,
    };
  }

  #write(level: Level, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (!isAtLeast(level, this.#least)) return;
    const isHeartbeat = 'rule' in fields;
    if (this.#config.isHeartbeatDeduplicated && isHeartbeat) {
      if (this.#lastHeartbeat === message) return;
      this.#lastHeartbeat = message;
    }
    const stack =
      isAtLeast(this.#leastWithStack, 'DEBUG') && isAtLeast(level, this.#leastWithStack)
        ? stackOf(fields)
        : null;
    const record: LogRecord = { level, message, timeMs: Date.now(), fields, stack };
    const line = `${formatLine(record, this.#style)}\n`;
    if (this.#config.dir === null) writeAll(line);
    else this.#writeFile(this.#config.dir, line);
  }

  #writeFile(dir: string, line: string): void {
    const path = join(dir, fileName);
    try {
      mkdirSync(dir, { recursive: true });
      this.#rotate(path);
      appendFileSync(path, line, { mode: this.#config.mode ?? 0o644 });
      if (this.#config.mode !== null) chmodSync(path, this.#config.mode);
    } catch (error) {
      // A log that can't be written is no reason to stop leading.
      writeAll(`Cannot write ${path} (${errorCode(error)}); the line was: ${line}`);
    }
  }

  #rotate(path: string): void {
    const { fileNum, fileSizeBytes } = this.#config;
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < fileSizeBytes || fileNum < 1) return;
    for (let number = fileNum; number > 0; number -= 1) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) {
        renameSync(from, `${path}.${number}`);
      }
    }
  }
}

/** Standard error may be a pipe nobody reads: what does not fit is dropped rather than waited for. */
function writeAll(line: string): void {
  try {
    writeSync(standardError, line);
  } catch (error) {
    if (!['EAGAIN', 'EPIPE'].includes(errorCode(error))) throw error;
  }
}

export function createAgentLog(config: LogConfig): AgentLog {
  return new WrittenLog(config);
}
