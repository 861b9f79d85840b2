// Salt's own, unmodified module on the tables as they are migrated, where SALT_PYTHON names a Python that
// has it: none of what goes wrong on its own schema goes wrong here, and each side reads the other's rows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import { PostgresLocalCache } from '#salt-job-cache/src/postgres-local-cache.ts';
import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { password, startServer } from '../program/with-job-cache.ts';
import { makeSaltsOwnSchema, withDatabase } from '../with-database.ts';

const python = process.env['SALT_PYTHON'];
const skip = python === undefined && 'SALT_PYTHON names no Python that has salt and psycopg2';

let server: TestServer;
before(async () => {
  if (python !== undefined) server = await startServer();
});
after(async () => server?.[Symbol.asyncDispose]());

interface Salt extends AsyncDisposable {
  call(fn: string, ...args: readonly unknown[]): Promise<unknown>;
}

/** @param zone of Salt's sessions, which libpq takes from the environment */
function startSalt(cache: JobCache, zone = ''): Salt {
  const place = {
    host: server.host,
    port: server.port,
    user: cache.user,
    database: cache.user,
    password,
  };
  const path = fileURLToPath(new URL('call-salt.py', import.meta.url));
  const child = spawn(python ?? '', [path, JSON.stringify(place)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(zone === '' ? {} : { PGTZ: zone }) },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(fn, ...args) {
      child.stdin.write(`${JSON.stringify({ fn, args })}\n`);
      const { value, done } = await lines.next();
      assert.notEqual(done, true, 'the Python program ended');
      const answer = JSON.parse(String(value)) as Readonly<Record<string, unknown>>;
      assert.ok('ok' in answer, `${fn}: ${JSON.stringify(answer)}`);
      return answer['ok'];
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

const load = {
  cmd: 'publish',
  tgt: 'web*',
  tgt_type: 'glob',
  fun: 'test.arg',
  arg: ['a', { __kwarg__: true, k: 1 }],
  ret: '',
  user: 'root',
  kwargs: { show_timeout: true },
};
const returned = (jid: string): object => ({
  cmd: '_return',
  id: 'web1',
  jid,
  fun: 'test.arg',
  fun_args: [],
  return: { a: [1, true, null] },
  retcode: 0,
  success: true,
});
const now = (): bigint => BigInt(Date.now()) * 1000n;

async function serverErrors(cache: JobCache): Promise<readonly string[]> {
  const log = await readFile(join(cache.server.socketDirectory, 'log'), 'utf8');
  return log.split('\n').filter((line) => / (?:ERROR|FATAL|PANIC): /u.test(line));
}

for (const partitions of [false, true]) {
  const where = partitions ? 'partitions' : 'plain tables';

  test(
    `${where}: a job as Salt's master stores it leaves no error in the server's log`,
    { skip },
    async () => {
      await using made = await withDatabase(server);
      await makeSaltsOwnSchema(made.cache);
      await migrate(made.database, { readers: [], partitions });
      await using salt = startSalt(made.cache);
      const before = await serverErrors(made.cache);

      const jid = String(await salt.call('prep_jid'));
      await salt.call('save_load', jid, load);
      for (let minion = 0; minion < 3; minion += 1) {
        assert.equal(await salt.call('prep_jid', false, jid), jid);
        await salt.call('save_load', jid, returned(jid));
        await salt.call('returner', { ...returned(jid), id: `web${minion}` });
      }

      assert.deepEqual(await serverErrors(made.cache), before);
      const found = (await salt.call('get_load', jid)) as Readonly<Record<string, unknown>>;
      assert.equal(found['tgt'], 'web*');
      assert.equal(Object.keys((await salt.call('get_jid', jid)) as object).length, 3);
      assert.deepEqual(Object.keys((await salt.call('get_jids')) as object), [jid]);
    },
  );

  test(
    `${where}: events of any size are stored, also past the end of Salt's ids`,
    { skip },
    async () => {
      await using made = await withDatabase(server);
      await makeSaltsOwnSchema(made.cache);
      await made.cache.sql(`SELECT setval('public.salt_events_id_seq', 2147483645)`);
      await migrate(made.database, { readers: [], partitions });
      await using salt = startSalt(made.cache);

      const events = [3_000, 100_000].map((bytes) => ({
        tag: `salt/${randomBytes(4_000).toString('base64')}`,
        data: { return: randomBytes(bytes).toString('base64') },
      }));
      await salt.call('event_return', [...events, ...events]);

      const rows = await made.cache.sql('SELECT id::text, tag FROM public.salt_events ORDER BY id');
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['2147483646', '2147483647', '2147483648', '2147483649'],
      );
      assert.deepEqual(
        rows.map(({ tag }) => tag),
        [...events, ...events].map(({ tag }) => tag),
      );
    },
  );

  test(
    `${where}: a job of now is listed whatever zone Salt's sessions are in`,
    { skip },
    async () => {
      await using made = await withDatabase(server);
      await migrate(made.database, { readers: [], partitions });
      for (const [at, zone] of ['Asia/Kolkata', 'America/New_York', 'UTC'].entries()) {
        await using salt = startSalt(made.cache, zone);
        const jid = jidOf(now() - 60_000_000n);
        await salt.call('save_load', jid, load);
        await salt.call('save_load', jidOf(now() - 7_200_000_000n), load);
        const listed = Object.keys((await salt.call('get_jids')) as object);
        assert.equal(listed.length, at + 1);
        assert.ok(listed.includes(jid));
      }
    },
  );

  test(
    `${where}: Salt reads what the default mode writes, and the other way round`,
    { skip },
    async () => {
      await using made = await withDatabase(server);
      await migrate(made.database, { readers: [], partitions });
      await using salt = startSalt(made.cache);
      const ours = new PostgresLocalCache(made.database, {
        masterId: 'oracle_master',
        clock: { nowMicros: now },
      });
      const [first, second] = [jidOf(now()), jidOf(now() + 1n)];

      await ours.saveLoad(first, parseJson(JSON.stringify(load)));
      await ours.returner(parseJson(JSON.stringify(returned(first))));
      await salt.call('save_load', second, load);
      await salt.call('returner', returned(second));

      const read = (await salt.call('get_jid', first)) as {
        web1: { return: unknown; success: unknown };
      };
      assert.deepEqual(read.web1.return, { a: [1, true, null] });
      assert.equal(read.web1.success, true);
      for (const jid of [first, second]) {
        assert.deepEqual(
          JSON.parse(jsonText(await ours.getLoad(jid))),
          await salt.call('get_load', jid),
        );
        assert.deepEqual(
          JSON.parse(jsonText(await ours.getJid(jid))),
          await salt.call('get_jid', jid),
        );
      }
      assert.deepEqual(Object.keys((await salt.call('get_jids')) as object).toSorted(), [
        first,
        second,
      ]);
    },
  );
}
