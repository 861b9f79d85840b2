// The check of the job cache, against a database in memory that loses or changes what it is told to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '#salt-job-cache/src/check.ts';
import type { Queryable } from '#salt-job-cache/src/queryable.ts';

type Row = Record<string, unknown>;

/** Understands the statements of the check and no others. */
class FakeDatabase implements Queryable {
  readonly jids = new Map<string, Row>();
  returns: Row[] = [];
  /** How many of the next inserts find their job id taken. */
  taken = 0;
  /** Thrown by the statements that begin like this. */
  readonly failures = new Map<string, Error>();

  async query(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: readonly Row[]; rowCount: number }> {
    for (const [start, error] of this.failures) if (text.startsWith(start)) throw error;
    const jid = String(values[0]);
    if (text.startsWith('INSERT INTO jids')) {
      if (this.taken > 0) {
        this.taken -= 1;
        return { rows: [], rowCount: 0 };
      }
      const names = /\(jid, started, (.*?)\)/.exec(text)?.[1]?.split(', ') ?? [];
      this.jids.set(jid, Object.fromEntries(names.map((name, index) => [name, values[index + 1]])));
      return { rows: [], rowCount: 1 };
    }
    if (text.startsWith('INSERT INTO salt_returns')) {
      const [, fun, returned, id, success] = values;
      this.returns.push({ jid, fun, return: returned, id, success });
      return { rows: [], rowCount: 1 };
    }
    if (text.startsWith('DELETE FROM salt_returns')) {
      this.returns = this.returns.filter((row) => row['jid'] !== jid || row['id'] !== values[1]);
      return { rows: [], rowCount: 1 };
    }
    if (text.startsWith('DELETE FROM jids')) {
      this.jids.delete(jid);
      return { rows: [], rowCount: 1 };
    }
    const job = this.jids.get(jid);
    const rows = text.includes('FROM jids')
      ? job === undefined
        ? []
        : [job]
      : this.returns.filter((row) => row['jid'] === jid && row['id'] === values[1]);
    return { rows, rowCount: rows.length };
  }
}

const now = 1_704_164_645_678_901n;

test('what is recorded is read back over another connection and taken away again', async () => {
  const database = new FakeDatabase();
  database.returns.push({ jid: '20240102030405678901', id: 'a minion' });

  const answer = await check(database, database, now);

  assert.deepEqual(answer, { jid: '20240102030405678901', differences: [] });
  assert.equal(database.jids.size, 0);
  assert.deepEqual(database.returns, [{ jid: '20240102030405678901', id: 'a minion' }]);
});

test('a job id that is taken is not used: the next one is', async () => {
  const database = new FakeDatabase();
  database.taken = 2;

  assert.equal((await check(database, database, now)).jid, '20240102030405678903');
});

test('when all job ids are taken the check says so instead of going on for ever', async () => {
  const database = new FakeDatabase();
  database.taken = 99;

  await assert.rejects(check(database, database, now), /Cannot find a free job id: 5 in a row/);
});

test('a reader that sees nothing, or something else, is told by table and column', async () => {
  const writer = new FakeDatabase();
  const blind = await check(writer, new FakeDatabase(), now);
  assert.deepEqual(blind.differences, [
    'The job did not come back',
    'The return did not come back',
  ]);

  const odd: Queryable = {
    async query(text, values) {
      const { rows, rowCount } = await writer.query(text, values);
      return { rows: rows.map((row) => ({ ...row, fun: 'other' })), rowCount };
    },
  };
  assert.deepEqual((await check(writer, odd, now)).differences, [
    'The job: column fun came back other than it was recorded',
    'The return: column fun came back other than it was recorded',
  ]);
  assert.equal(writer.jids.size, 0);
});

test('a check that fails half-way takes away what it recorded, and tells what failed first', async () => {
  const database = new FakeDatabase();
  database.failures.set('INSERT INTO salt_returns', new Error('no such table'));
  await assert.rejects(check(database, database, now), /no such table/);
  assert.equal(database.jids.size, 0);

  database.failures.set('DELETE', new Error('connection lost'));
  await assert.rejects(check(database, database, now), /no such table/);
});

test('a check whose rows can not be taken away has failed', async () => {
  const database = new FakeDatabase();
  database.failures.set('DELETE', new Error('connection lost'));

  await assert.rejects(check(database, database, now), /connection lost/);
});
