// Carries a request out and says what came of it. No answer holds a secret.

import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { PgsqlError } from '#interfaces/pgsql/errors.ts';
import { check } from '../src/check.ts';
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
      const did = await migrate(connection.client, request.readers);
      return { ok: true, did, problem: null };
    }
    default:
      return request satisfies never;
  }
}

/**
 * SQLSTATEs that pass by themselves: connection, deadlock, resources, an operator's doing, a standby; and
 * what the driver and the system say of a connection that broke.
 */
const transientCode = /^(?:08|40|53|55P03|57|25006|ECONN|EPIPE|ETIMEDOUT)/u;
const transientWords = /^(?:Connection terminated|Query read timeout)/u;

/** Null for an error that is neither PostgreSQL's nor the connection's, but a mistake of ours. */
function problemOf(error: unknown): ProgramProblem | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  if (error instanceof SchemaConflict) return { code: 'CONFLICT', message, isTransient: false };
  if (error instanceof RequestError) return { code: 'REQUEST', message, isTransient: false };
  if (error instanceof ConnectError) {
    return { code: error.code, message, isTransient: error.isTransient };
  }
  if (error instanceof PgsqlError) return { code: error.code, message, isTransient: false };
  const code = 'code' in error ? String(error.code) : '';
  const isTransient = transientCode.test(code) || transientWords.test(message);
  // The five characters of a SQLSTATE: it was PostgreSQL that said no.
  if (!isTransient && !/^[0-9A-Z]{5}$/u.test(code)) return null;
  return { code, message: `PostgreSQL refused: ${message}`, isTransient };
}

/** PostgreSQL quotes what it refuses, so the password is taken out of whatever it said. */
function withoutPassword(message: string, connection: string): string {
  const password = ConnectionString.tryParse(connection)?.password ?? '';
  return password.length < 4 ? message : message.replaceAll(password, '***');
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
