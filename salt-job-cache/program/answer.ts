// Carries a request out and says what came of it. No answer holds a secret.

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { check } from '../src/check.ts';
import { isTransientCode } from '../src/database/hints.ts';
import { verdictOf, withoutSecret } from '../src/database/problems.ts';
import { JobCacheError } from '../src/errors.ts';
import { countOldRows } from '../src/retention/count-old-rows.ts';
import { connect, ConnectError } from './connect.ts';
import { migrate, SchemaConflict } from './migrate.ts';
import type { ProgramAnswer, ProgramProblem, ProgramRequest } from './request.ts';
import { parseRequest, RequestError } from './request.ts';

async function checkOver(connection: string, nowMicros: bigint): Promise<ProgramAnswer> {
  await using writer = await connect(connection);
  await using reader = await connect(connection);
  const { jid, differences } = await check(writer.client, reader.client, nowMicros);
  if (differences.length === 0) {
    return { ok: true, did: [`recorded job ${jid} and read it back`], problem: null, jid };
  }
  const problem = { code: 'DIFFERENT', message: differences.join('; '), isTransient: false };
  return { ok: false, did: [], problem, jid };
}

async function carryOut(request: ProgramRequest, nowMicros: bigint): Promise<ProgramAnswer> {
  switch (request.command) {
    case 'check':
      return checkOver(request.connection, nowMicros);
    case 'migrate': {
      await using connection = await connect(request.connection);
      const { readers, partitions, keep } = request;
      const did = await migrate(connection.client, readers, partitions);
      const made = { ok: true, did, problem: null };
      return keep === undefined
        ? made
        : { ...made, old: await countOldRows(connection.client, keep) };
    }
    default:
      return request satisfies never;
  }
}

/** Null for an error that is neither PostgreSQL's nor the connection's, but a mistake of ours. */
function problemOf(error: unknown): ProgramProblem | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  if (error instanceof SchemaConflict) return { code: 'CONFLICT', message, isTransient: false };
  if (error instanceof JobCacheError) {
    return { code: error.sqlstate ?? error.kind, message, isTransient: error.isTransient };
  }
  if (error instanceof RequestError) return { code: 'REQUEST', message, isTransient: false };
  if (error instanceof ConnectError) {
    return { code: error.code, message, isTransient: error.isTransient };
  }
  if (error instanceof PgsqlError) return { code: error.code, message, isTransient: false };
  const code = 'code' in error ? String(error.code) : '';
  const isTransient = isTransientCode(code) || verdictOf(error) === 'broken';
  // The five characters of a SQLSTATE: it was PostgreSQL that said no.
  if (!isTransient && !/^[0-9A-Z]{5}$/u.test(code)) return null;
  return { code, message: `PostgreSQL refused: ${message}`, isTransient };
}

/** PostgreSQL quotes what it refuses, so the password is taken out of whatever it said. */
function withoutPassword(message: string, connection: string): string {
  return withoutSecret(message, ConnectionString.tryParse(connection)?.password ?? null);
}

/** @throws errors that are neither PostgreSQL's nor the connection's */
export async function answer(text: string, nowMicros: bigint): Promise<ProgramAnswer> {
  let connection = '';
  try {
    const request = parseRequest(text);
    ({ connection } = request);
    return await carryOut(request, nowMicros);
  } catch (error) {
    const found = problemOf(error);
    if (found === null) throw error;
    const problem = { ...found, message: withoutPassword(found.message, connection) };
    return { ok: false, did: [], problem };
  }
}
