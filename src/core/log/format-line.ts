// The text of a log line: Python's format strings for `plain`, one object for `json` (Patroni's `log:` section).

import type { Level } from './level.ts';

export interface LogRecord {
  readonly level: Level;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** With line breaks; null where there is none to show. */
  readonly stack: string | null;
}

export interface LineStyle {
  readonly type: 'plain' | 'json';
  readonly format: string | readonly (string | Readonly<Record<string, string>>)[];
  readonly staticFields: Readonly<Record<string, string>>;
  /** The time as it is shown; the zone is the machine's. */
  readonly time: (timeMs: number) => string;
  readonly processId: number;
}

function attribute(record: LogRecord, name: string, style: LineStyle): string {
  switch (name) {
    case 'asctime':
      return style.time(record.timeMs);
    case 'levelname':
      return record.level;
    case 'message':
      return record.message;
    case 'name':
      return 'pg-agent';
    case 'process':
      return String(style.processId);
    case 'created':
      return String(record.timeMs / 1000);
    case 'msecs':
      return String(record.timeMs % 1000);
    default: {
      const value = record.fields[name] ?? style.staticFields[name];
      return shown(value);
    }
  }
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : (writeAny(value) ?? '');
}

/** A value that refers to itself must not cost the line: of that only the names and plain values are written. */
function writeAny(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : inner,
    );
  } catch {
    const plain = Object.entries(value ?? {}).map(([key, inner]) => [key, String(inner)] as const);
    return JSON.stringify(Object.fromEntries(plain));
  }
}

const placeholder = /%\((\w+)\)(-?)(\d*)(?:\.(\d+))?[sdf]|%%/gu;

/** Width and precision as Python's `%-9.4s` has them. */
function fitted(text: string, isLeft: boolean, width: string, most: string | undefined): string {
  const cut = most === undefined ? text : text.slice(0, Number(most));
  return isLeft ? cut.padEnd(Number(width)) : cut.padStart(Number(width));
}

function plainLine(record: LogRecord, style: LineStyle): string {
  const format =
    typeof style.format === 'string' ? style.format : '%(asctime)s %(levelname)s: %(message)s';
  const line = format.replace(
    placeholder,
    (_found, name: string | undefined, minus: string, width: string, most: string | undefined) =>
      name === undefined ? '%' : fitted(attribute(record, name, style), minus === '-', width, most),
  );
  return record.stack === null ? line : `${line}\n${record.stack}`;
}

/** Names of attributes and the keys they appear under. */
function jsonKeys(format: LineStyle['format']): readonly (readonly [string, string])[] {
  if (typeof format === 'string') {
    return [...format.matchAll(placeholder)].flatMap(([, name]) =>
      name === undefined ? [] : [[name, name] as const],
    );
  }
  return format.flatMap((entry) =>
    typeof entry === 'string' ? [[entry, entry] as const] : Object.entries(entry),
  );
}

function jsonLine(record: LogRecord, style: LineStyle): string {
  const written: Record<string, unknown> = {};
  for (const [name, key] of jsonKeys(style.format)) written[key] = attribute(record, name, style);
  for (const [key, value] of Object.entries(record.fields)) {
    if (key !== 'error' && written[key] === undefined) written[key] = value;
  }
  Object.assign(written, style.staticFields);
  if (record.stack !== null) written['exc_info'] = record.stack;
  return writeAny(written) ?? '';
}

/** One line without its line break; a plain one may hold a stack below it. */
export function formatLine(record: LogRecord, style: LineStyle): string {
  return style.type === 'json' ? jsonLine(record, style) : plainLine(record, style);
}
