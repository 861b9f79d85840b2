// What callers can bring that is hard to store, in both modes on a real PostgreSQL: it is stored as it is, or
// refused with its job and field; nothing is lost without a word, and nothing is there twice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { startServer } from '../program/with-job-cache.ts';
import { errorOf } from './job-cache-calls.ts';
import { seededCache } from './seed-schema.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const jid = '20240102030405678901';
const usual = { fun: 'test.ping', jid, id: 'web1', return: true };

function nested(levels: number): PythonValue {
  let value: PythonValue = null;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

for (const mode of ['default', 'compatible'] as const) {
  test(`in ${mode} mode odd returns are stored whole or refused with job and field`, async () => {
    await using seeded = await seededCache(server);
    const cache = seeded.cache({ mode });
    const text = 'x\u0000y';
    const taken: readonly PythonValue[] = [
      { ...usual, id: 'a nul', return: text },
      { ...usual, id: 'b bytes', return: new Uint8Array([0x61, 0xff]) },
      { ...usual, id: 'c unknown', future: { a: 1 }, another: null },
      { ...usual, id: 'd deep', return: nested(200) },
    ];
    const bad: readonly (readonly [PythonValue, string])[] = [
      [{ ...usual, id: text }, 'id'],
      [{ ...usual, fun: text }, 'fun'],
      [{ ...usual, return: nested(100_000) }, 'return'],
      [{ fun: 'f', jid, id: 'm' }, 'return'],
      [{ fun: 'f', jid, return: 1 }, 'id'],
      [{ ...usual, jid: `${jid}_123` }, 'jid'],
    ];

    // At the same time, so that good and bad ones share statements.
    const errors = bad.map(async ([load]) => errorOf(cache.returner(load)));
    await Promise.all(taken.map(async (load) => cache.returner(load)));

    for (const [index, error] of (await Promise.all(errors)).entries()) {
      assert.equal(error.field, bad[index]?.[1], error.message);
      assert.match(error.jid ?? '', new RegExp(`^${jid}`, 'u'));
      assert.equal(error.isTransient, false);
    }
    const rows = await seeded.rows('SELECT id, return FROM salt_returns ORDER BY id');
    assert.deepEqual(
      rows.map(([id]) => id),
      ['a nul', 'b bytes', 'c unknown', 'd deep'],
    );
    const values = rows
      .slice(0, 3)
      .map(([, value]) => (JSON.parse(String(value)) as { readonly return: unknown }).return);
    assert.deepEqual(
      values,
      mode === 'default'
        ? [text, { __bytes__: 'Yf8=' }, true]
        : [text, String.raw`b'a\xff'`, 'True'],
    );
  });

  test(`in ${mode} mode a server whose disk is full is a passing error of the job, and leaves nothing`, async () => {
    await using seeded = await seededCache(server);
    const cache = seeded.cache({ mode });
    // What PostgreSQL says where a file can't grow.
    await seeded.rows(
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$`,
    );
    for (const table of ['jids', 'salt_returns']) {
      await seeded.rows(
        `CREATE TRIGGER full_disk BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION full_disk()`,
      );
    }
    const save = async (): Promise<unknown> => cache.saveLoad(jid, { fun: 'f', arg: [] });

    for (const error of [await errorOf(save()), await errorOf(cache.returner(usual))]) {
      assert.deepEqual([error.sqlstate, error.jid, error.isTransient], ['53100', jid, true]);
      assert.match(error.message, /the disk of the server is full/u);
    }
    for (const table of ['jids', 'salt_returns']) {
      await seeded.rows(`DROP TRIGGER full_disk ON ${table}`);
    }
    await save();
    await cache.returner(usual);

    const rows = await seeded.rows('SELECT count(*)::int FROM jids JOIN salt_returns USING (jid)');
    assert.deepEqual(rows, [[1]]);
  });

  test(`in ${mode} mode no job id is given out twice where the clock goes backwards`, async () => {
    await using seeded = await seededCache(server);
    let now = 1_704_164_645_678_901n;
    const clock = {
      nowMicros(): bigint {
        now -= 3_600_000_000n;
        return now;
      },
    };
    const cache = seeded.cache({ mode, clock });
    const jids: string[] = [];

    for (let count = 0; count < 20; count += 1) {
      const made = await cache.prepJid();
      assert.ok(typeof made === 'string');
      await cache.saveLoad(made, { fun: 'f', arg: [] });
      jids.push(made);
    }

    assert.deepEqual(jids, [...new Set(jids)].sort());
    assert.deepEqual(await seeded.rows('SELECT count(*)::int FROM jids'), [[20]]);
  });
}
