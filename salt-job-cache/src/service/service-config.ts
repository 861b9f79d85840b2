// The configuration file of the service: what stands in it, and what is wrong with one that can't be used.
// The file holds a password, so no message ever repeats the connection.

export type RowMode = 'default' | 'compatible';

export interface EventFilter {
  /** Globs on the tag, as `event_return_whitelist` of Salt; empty: every event. */
  readonly allow: readonly string[];
  /** Globs on the tag, as `event_return_blacklist` of Salt: applied after `allow`. */
  readonly deny: readonly string[];
}

export interface IngestConfig {
  /** The Salt master's socket that publishes events: `<sock_dir>/master_event_pub.ipc`. */
  readonly socket: string;
  /** Directory of the spool; the service makes it and is alone in it. */
  readonly spool: string;
  /** What the spool may take on disk while the database is away. */
  readonly spoolLimitBytes: number;
  /** Which events become rows of `salt_events`; null: none. */
  readonly events: EventFilter | null;
}

export interface ServiceConfig {
  /** libpq conninfo or URI, with the password. */
  readonly connection: string;
  /** The `id` of the Salt master as it calls itself: `host_master`. */
  readonly masterId: string;
  /** Jobs, returns and reservations older than this are deleted; 0: never. */
  readonly keepJobsSeconds: number;
  /** At most so many jobs are kept; 0: any number. */
  readonly keepJobs: number;
  /** Events older than this are deleted; 0: never. */
  readonly keepEventsSeconds: number;
  /** Whether the tables are partitioned by time, so that partitions have to be made ahead. */
  readonly partitions: boolean;
  /** `compatible`: rows as Salt's own module writes them, byte for byte. */
  readonly mode: RowMode;
  /** Null: the Salt master writes by its own returner. */
  readonly ingest: IngestConfig | null;
  /** Where the service says how it is; see service-status.ts. */
  readonly statusFile: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Larger messages would take the memory of several of them. */
const largestMessageBytes = 128 * 1024 * 1024;
/** So many of the largest messages have room on the spool. */
const messagesOnSpool = 8;

/** The largest message of the event bus that is taken; what is larger is left out, and told. */
export function largestMessageOf(spoolLimitBytes: number): number {
  return Math.min(largestMessageBytes, Math.floor(spoolLimitBytes / messagesOnSpool));
}

/** The file can't be used. The message names every key that is wrong; it holds no secret. */
export class ServiceConfigError extends Error {
  override readonly name: string = 'ServiceConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Cannot use the configuration of the service: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** The longest path a unix socket of Linux has, in bytes. */
const longestSocketPath = 107;

/** Two segments of the spool: less would have no place for what comes while one is being stored. */
export const leastSpoolLimitBytes: number = 64 * 1024 * 1024;

export const defaultSpoolLimitBytes: number = 4 * 1024 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** Reads fields of one object and collects what is wrong with them, each under its full name. */
class Reader {
  readonly #fields: Fields;
  readonly #at: string;
  readonly #problems: string[];

  constructor(fields: Fields, at: string, problems: string[]) {
    this.#fields = fields;
    this.#at = at;
    this.#problems = problems;
  }

  refuse(key: string, right: string): void {
    const value = this.#fields[key];
    const found =
      key === 'connection' ? 'something else' : (JSON.stringify(value)?.slice(0, 100) ?? 'nothing');
    this.#problems.push(`${this.#at}${key} has to be ${right}, found ${found}`);
  }

  text(key: string, right: string): string {
    const value = this.#fields[key];
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    this.refuse(key, right);
    return '';
  }

  path(key: string, right: string): string {
    const value = this.text(key, right);
    if (value !== '' && !value.startsWith('/')) this.refuse(key, right);
    return value;
  }

  whole(key: string, fallback: number, least: number, right: string): number {
    const value = this.#fields[key] ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    this.refuse(key, right);
    return fallback;
  }

  oneOf<const T>(key: string, fallback: T, choices: readonly T[]): T {
    const value = this.#fields[key] ?? fallback;
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    this.refuse(key, `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
    return fallback;
  }

  texts(key: string, right: string): readonly string[] {
    const value = this.#fields[key] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.refuse(key, right);
    return [];
  }

  /** Null where it is null or absent, or not an object, which is told. */
  inner(key: string, right: string): Fields | null {
    const value = this.#fields[key] ?? null;
    if (value === null || isFields(value)) return value;
    this.refuse(key, right);
    return null;
  }

  /** A key nobody reads is a misspelt one. */
  onlyThese(keys: readonly string[]): void {
    for (const key of Object.keys(this.#fields)) {
      if (!keys.includes(key)) {
        this.#problems.push(`${this.#at}${key} is no known key; known are ${keys.join(', ')}`);
      }
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const keys: readonly (keyof ServiceConfig)[] = [
  'connection',
  'masterId',
  'keepJobsSeconds',
  'keepJobs',
  'keepEventsSeconds',
  'partitions',
  'mode',
  'ingest',
  'statusFile',
  'logLevel',
];

const ingestKeys: readonly (keyof IngestConfig)[] = [
  'socket',
  'spool',
  'spoolLimitBytes',
  'events',
];

function eventsOf(fields: Fields | null, problems: string[]): EventFilter | null {
  if (fields === null) return null;
  const reader = new Reader(fields, 'ingest.events.', problems);
  const right = 'a list of globs on the tag, e.g. ["salt/job/*"]';
  const filter = { allow: reader.texts('allow', right), deny: reader.texts('deny', right) };
  reader.onlyThese(['allow', 'deny']);
  return filter;
}

function ingestOf(fields: Fields | null, problems: string[]): IngestConfig | null {
  if (fields === null) return null;
  const reader = new Reader(fields, 'ingest.', problems);
  const socket = reader.path('socket', 'the absolute path of the master_event_pub.ipc of Salt');
  if (new TextEncoder().encode(socket).length > longestSocketPath) {
    reader.refuse('socket', `a path of at most ${longestSocketPath} bytes`);
  }
  const spool = reader.path('spool', 'the absolute path of a directory');
  const spoolLimitBytes = reader.whole(
    'spoolLimitBytes',
    defaultSpoolLimitBytes,
    leastSpoolLimitBytes,
    `a whole number of bytes, at least ${leastSpoolLimitBytes}`,
  );
  const events = eventsOf(
    reader.inner('events', 'null or {"allow": [glob], "deny": [glob]}'),
    problems,
  );
  reader.onlyThese(ingestKeys);
  return { socket, spool, spoolLimitBytes, events };
}

function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser would quote the text, and a password may be in it.
    throw new ServiceConfigError(['it is no JSON; write it again, or let the charm write it']);
  }
  if (isFields(value)) return value;
  throw new ServiceConfigError(['it has to be a JSON object']);
}

/**
 * @param text the file's content, JSON
 * @throws ServiceConfigError
 */
export function parseServiceConfig(text: string): ServiceConfig {
  const fields = parsed(text);
  const problems: string[] = [];
  const reader = new Reader(fields, '', problems);
  const seconds = 'a whole number of seconds, 0 for no limit';
  const config: ServiceConfig = {
    connection: reader.text('connection', 'a conninfo text or URI of libpq'),
    masterId: reader.text('masterId', 'the id of the Salt master, e.g. "host_master"'),
    keepJobsSeconds: reader.whole('keepJobsSeconds', 86_400, 0, seconds),
    keepJobs: reader.whole('keepJobs', 0, 0, 'a whole number of jobs, 0 for no limit'),
    keepEventsSeconds: reader.whole('keepEventsSeconds', 86_400, 0, seconds),
    partitions: reader.oneOf('partitions', false, [true, false]),
    mode: reader.oneOf('mode', 'default', ['default', 'compatible']),
    ingest: ingestOf(
      reader.inner('ingest', 'null or {"socket": path, "spool": path, "spoolLimitBytes": number}'),
      problems,
    ),
    statusFile: reader.path('statusFile', 'the absolute path of a file'),
    logLevel: reader.oneOf('logLevel', 'info', ['debug', 'info', 'warn', 'error']),
  };
  reader.onlyThese(keys);
  if (problems.length > 0) throw new ServiceConfigError(problems);
  return config;
}
