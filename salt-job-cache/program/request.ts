// What the hooks ask of the program beside them, and what it answers. One JSON document in, one out.

import type { AgeLimits, OldRows } from '../src/retention/count-old-rows.ts';

export interface MigrateRequest {
  readonly command: 'migrate';
  /** libpq conninfo; holds a password, so it comes on standard input only. */
  readonly connection: string;
  /** Roles whose members may read the tables. */
  readonly readers: readonly string[];
  /** Whether returns and events are to stand in partitions by time; default, no. */
  readonly partitions?: boolean;
  /** Asks how much is older than this, once the tables are there. */
  readonly keep?: AgeLimits;
}

export interface CheckRequest {
  readonly command: 'check';
  readonly connection: string;
}

export type ProgramRequest = MigrateRequest | CheckRequest;

export interface ProgramProblem {
  readonly code: string;
  readonly message: string;
  /** True where the next event may well find it mended: a server that starts, a failover. */
  readonly isTransient: boolean;
}

export interface ProgramAnswer {
  /** Whether there is no `problem`. */
  readonly ok: boolean;
  /** What was done, a sentence each. */
  readonly did: readonly string[];
  readonly problem: ProgramProblem | null;
  /** Only for `check`: the job that was recorded and read back. */
  readonly jid?: string;
  /** Only for `migrate`, where it was asked for. */
  readonly old?: OldRows;
}

/** The request can't be read. Its message holds nothing of it, as a password is in it. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError';
}

function fail(): never {
  throw new RequestError(
    'Cannot read the request: expected {"command": "migrate", "connection": text, "readers": [text]} or ' +
      '{"command": "check", "connection": text}',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail();
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Undefined where it was not given. */
function keepOf(value: unknown): AgeLimits | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) return fail();
  const { keepJobsSeconds, keepEventsSeconds } = value as Readonly<Record<string, unknown>>;
  if (typeof keepJobsSeconds !== 'number' || typeof keepEventsSeconds !== 'number') return fail();
  return { keepJobsSeconds, keepEventsSeconds };
}

/** @throws RequestError where it is none */
export function parseRequest(text: string): ProgramRequest {
  const value = parse(text);
  if (typeof value !== 'object' || value === null) return fail();
  const fields = value as Readonly<Record<string, unknown>>;
  const { command, connection, readers, partitions } = fields;
  if (typeof connection !== 'string') return fail();
  if (command === 'check') return { command, connection };
  if (command !== 'migrate' || !isTexts(readers)) return fail();
  const keep = keepOf(fields['keep']);
  return {
    command,
    connection,
    readers,
    partitions: partitions === true,
    ...(keep === undefined ? {} : { keep }),
  };
}
