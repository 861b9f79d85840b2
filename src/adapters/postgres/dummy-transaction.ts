// A transaction that changes nothing and is written to the WAL all the same, so that standbys answer.

import type { LogPort } from '../ports/agent-ports.ts';
import type { Row } from './connection.ts';
import { reasonOf } from './connection.ts';

type Query = (text: string) => Promise<readonly Row[]>;

// One message is one transaction, and waits for no standby itself. In recovery no transaction has a number.
const statement = `
  SET LOCAL synchronous_commit = local;
  SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_xact_id()::text END`;

/** A server that does not answer is met by the next look at it. */
export async function writeDummyTransaction(query: Query, log: LogPort): Promise<void> {
  try {
    await query(`BEGIN;${statement};COMMIT`);
  } catch (error) {
    log.debug(`No WAL was written for the standbys to answer: ${reasonOf(error)}`);
  }
}
