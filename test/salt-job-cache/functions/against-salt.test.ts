// Compatible mode beside Salt's own module, which is run where SALT_PYTHON names a Python that has it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { entriesOf, isDict, isList, valueAt } from '#salt-job-cache/src/value/python-value.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { password, startServer } from '../program/with-job-cache.ts';
import { jsonValues } from '../value/python-values.ts';
import { seededCache } from './seed-schema.ts';

const python = process.env['SALT_PYTHON'];
const jid = '20240102030405678901';

const queries = [
  `SELECT jid, started::timestamp::text AS started, tgt_type, cmd, tgt, kwargs, ret, username, arg, fun
     FROM jids`,
  'SELECT fun, jid, return, id, success FROM salt_returns',
  'SELECT tag, data, master_id FROM salt_events ORDER BY id',
];

interface Call {
  readonly fn: 'save_load' | 'returner' | 'event_return';
  readonly args: readonly PythonValue[];
}

// prettier-ignore
const oddJids: readonly PythonValue[] = [
  'req', "2024'0102030405678901", '20241302030405678901', '20240230030405678901', '00000102030405678901',
  '20240002030405678901', '2024-102030405678901', `${jid}_1`, 20240102030405678901n, null, true,
  '99990102030405678901', '20240102030460678901', '20240102240000000000',
];
const jids = fc.oneof(
  { weight: 4, arbitrary: fc.constant<PythonValue>(jid) },
  { weight: 3, arbitrary: fc.constantFrom(...oddJids) },
);

/** PostgreSQL's own rules for lists in lists are not followed that far. */
const flat = jsonValues.filter((value) => !isList(value) || !value.some((item) => isList(item)));
const raw: fc.Arbitrary<PythonValue> = fc.oneof(
  { weight: 3, arbitrary: fc.string() },
  fc.array(fc.constantFrom('null', 'a b', '', `q'"\\`, 'x'), { maxLength: 3 }),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.array(fc.boolean(), { maxLength: 3 }),
  flat,
);
const success: fc.Arbitrary<PythonValue> = fc.oneof(
  fc.boolean(),
  fc.constantFrom<PythonValue>('yes', 'T', 'Unknown', ' on ', 'o', '', 0, 1),
  flat,
);

const dict = (
  fields: Readonly<Record<string, fc.Arbitrary<PythonValue>>>,
  requiredKeys: readonly string[] = [],
): fc.Arbitrary<PythonValue> =>
  fc
    .record(fields, { requiredKeys: [...requiredKeys] })
    .map((record) => new Map<PythonValue, PythonValue>(Object.entries(record)));

const fields = ['fun', 'tgt', 'tgt_type', 'cmd', 'ret', 'kwargs', 'user', 'arg', 'unknown'];
const loads = dict(Object.fromEntries(fields.map((field) => [field, jsonValues])));
const noNulLoads = loads.filter(
  (load) =>
    isDict(load) &&
    entriesOf(load).every(([, value]) => typeof value !== 'string' || !value.includes('\0')),
);
const returns = dict(
  {
    fun: raw,
    jid: jids,
    id: raw,
    return: jsonValues,
    success,
    retcode: jsonValues,
    out: jsonValues,
  },
  ['fun', 'jid', 'return'],
);
const events = fc.array(
  fc.oneof({ weight: 9, arbitrary: dict({ tag: raw, data: jsonValues }) }, flat),
  {
    maxLength: 4,
  },
);

const calls: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(jids, loads).map((args): Call => ({ fn: 'save_load', args })),
  returns.map((load): Call => ({ fn: 'returner', args: [load] })),
  events.map((list): Call => ({ fn: 'event_return', args: [list] })),
);

async function answerOf(cache: PostgresLocalCache, { fn, args }: Call): Promise<PythonValue> {
  const [first = null, second = null] = args;
  const run = {
    save_load: async () => cache.saveLoad(first, second),
    returner: async () => cache.returner(first),
    event_return: async () => cache.eventReturn(first),
  };
  try {
    return { ok: await run[fn]() };
  } catch (error) {
    if (!(error instanceof JobCacheError)) throw error;
    return { err: error.kind, sqlstate: error.sqlstate };
  }
}

/** Salt's own module on the tables of a cache. */
interface Salt extends AsyncDisposable {
  /** Its answer and the rows it left, as JSON. The tables are emptied before a function that writes. */
  call(call: { readonly fn: string; readonly args: readonly PythonValue[] }): Promise<string>;
}

function startSalt(server: TestServer, user: string): Salt {
  const { host, port } = server;
  const place = { host, port, user, database: user, password, queries };
  const driver = fileURLToPath(new URL('salt-driver.py', import.meta.url));
  const salt = spawn(python ?? '', [driver, JSON.stringify(place)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: salt.stdout })[Symbol.asyncIterator]();
  return {
    async call(call) {
      salt.stdin.write(`${jsonText({ fn: call.fn, args: call.args })}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error('Salt’s module ended');
      return jsonText(parseJson(line.value));
    },
    async [Symbol.asyncDispose]() {
      const ended = once(salt, 'exit');
      salt.stdin.end();
      salt.kill();
      await ended;
    },
  };
}

const reason = 'SALT_PYTHON names no Python that has salt and psycopg2';
const skip = python === undefined ? reason : false;

test(
  'any call in compatible mode answers and leaves rows as Salt’s own module does',
  { skip },
  async () => {
    await using server = await startServer();
    await using theirs = await seededCache(server);
    await using ours = await seededCache(server);
    await using salt = startSalt(server, theirs.user);
    const cache = ours.cache({ mode: 'compatible' });

    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        const expected = await salt.call(call);

        await ours.rows('TRUNCATE jids, salt_returns, salt_events');
        const answer = await answerOf(cache, call);
        const rows: (readonly (readonly unknown[])[])[] = [];
        for (const query of queries) rows.push(await ours.rows(query));
        assert.equal(jsonText({ answer, rows: rows as readonly PythonValue[] }), expected);
      }),
      { numRuns: 150 },
    );
  },
);

test('Salt’s own module reads what the default mode wrote as we do', { skip }, async () => {
  await using server = await startServer();
  await using seeded = await seededCache(server);
  await using salt = startSalt(server, seeded.user);
  const cache = seeded.cache();
  const minionReturns = fc.record({
    return: jsonValues,
    retcode: jsonValues,
    success,
    out: jsonValues,
  });

  await fc.assert(
    fc.asyncProperty(noNulLoads, fc.array(minionReturns, { maxLength: 3 }), async (load, found) => {
      await seeded.rows('TRUNCATE jids, salt_returns, salt_events');
      await cache.saveLoad(jid, load);
      for (const [index, each] of found.entries()) {
        await cache.returner({ ...each, jid, id: `web${index}`, fun: 'test.ping' });
      }

      const read: readonly (readonly [string, readonly PythonValue[], PythonValue])[] = [
        ['get_load', [jid], await cache.getLoad(jid)],
        ['get_jid', [jid], await cache.getJid(jid)],
        ['get_jids', [], await cache.getJids()],
      ];
      for (const [fn, args, ours] of read) {
        const theirs = parseJson(await salt.call({ fn, args }));
        assert.ok(isDict(theirs));
        assert.equal(jsonText(valueAt(theirs, 'answer') ?? null), jsonText({ ok: ours }));
      }
    }),
    { numRuns: 60 },
  );
});
