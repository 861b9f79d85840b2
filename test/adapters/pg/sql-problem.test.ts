// Which errors are one relation's problem, and that no secret gets into what is said of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from 'pg';
import {
  booleanColumn,
  numberColumn,
  optionalTextsColumn,
  textColumn,
} from '#adapters/pg/columns.ts';
import { openSession } from '#adapters/pg/session.ts';
import { sqlProblem } from '#adapters/pg/sql-problem.ts';

function databaseError(code: string | undefined): DatabaseError {
  const error = new DatabaseError('it is in use', 12, 'error');
  error.code = code;
  error.detail = 'secret detail';
  error.internalQuery = 'secret query';
  error.where = 'secret context';
  return error;
}

test('a refusal by PostgreSQL is told with its SQLSTATE and a way out, without detail or query', () => {
  const found = sqlProblem(databaseError('55006'), 'create a database');
  assert.equal(found?.code, 'SQL_FAILED');
  assert.equal(
    found.message,
    'Cannot create a database: PostgreSQL says "it is in use" (SQLSTATE 55006)',
  );
  assert.match(found.hint, /template1/u);
  assert.doesNotMatch(JSON.stringify(found), /secret/u);
  assert.match(sqlProblem(databaseError(undefined), 'x')?.hint ?? '', /log/u);
});

test('a lost or missing connection is told as such', async () => {
  for (const message of [
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout expired',
  ]) {
    assert.equal(sqlProblem(new Error(message), 'x')?.code, 'SERVER_UNREACHABLE', message);
  }
  const refused: unknown = await openSession({ host: '/nowhere', port: 1, database: 'x' }).catch(
    (error: unknown) => error,
  );
  assert.equal(sqlProblem(refused, 'x')?.code, 'SERVER_UNREACHABLE');
});

test('a mistake of ours is no problem of a relation', () => {
  assert.equal(sqlProblem(new TypeError('undefined is not a function'), 'x'), null);
  assert.equal(sqlProblem('text', 'x'), null);
  assert.equal(sqlProblem(Object.assign(new Error('x'), { code: 7 }), 'x'), null);
});

test('a column of another type than expected is a mistake that shows', () => {
  const row = { text: 'a', number: 1, yes: true, list: ['a'], mixed: ['a', 1] };
  assert.equal(textColumn(row, 'text'), 'a');
  assert.deepEqual(optionalTextsColumn(row, 'list'), ['a']);
  for (const read of [
    () => textColumn(row, 'number'),
    () => numberColumn(row, 'text'),
    () => booleanColumn(row, 'none'),
    () => optionalTextsColumn(row, 'mixed'),
    () => optionalTextsColumn(row, 'text'),
  ]) {
    assert.throws(read, TypeError);
  }
});
