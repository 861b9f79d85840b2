// The job cache's connections, against real servers that fail over, stop, and break connections.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import type { OpenOptions } from '#salt-job-cache/src/database/open-database.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { freeAddress, withPostgres } from '../../adapters/pg/with-postgres.ts';
import { password, withJobCache } from '../program/with-job-cache.ts';
import { promote, startServer, stopServer, withStandby } from './with-standby.ts';

let server: TestServer;
before(async () => {
  server = await withPostgres();
});
after(async () => server[Symbol.asyncDispose]());

async function opened(
  conninfo: string,
  options: OpenOptions & { readonly whenAway?: 'throw' | 'later' } = {},
): Promise<Database> {
  return openDatabase(targetOf(conninfo), options);
}

async function failure(work: Promise<unknown>): Promise<JobCacheError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof JobCacheError) {
    assert.ok(!error.message.includes(password), error.message);
    return error;
  }
  throw error;
}

async function number(database: Database, text: string): Promise<unknown> {
  return (await database.run({ text })).rows[0]?.['n'];
}

/** Runs `attempt` until it gives `true`; fails with what it said last. */
async function eventually(attempt: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  let last: unknown = 'false';
  while (Date.now() < deadline) {
    try {
      if (await attempt()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it never came true', { cause: last });
}

test('a session has UTC, whatever the role says, and times keep their microseconds', async () => {
  await using cache = await withJobCache(server);
  await cache.sql(`ALTER ROLE ${cache.user} SET TimeZone = 'Asia/Kolkata'`);
  await cache.sql(`ALTER ROLE ${cache.user} SET DateStyle = 'German'`);
  await using database = await opened(cache.conninfo());

  const { rows } = await database.run({
    text: `SELECT '2024-01-02 03:04:05.678901'::timestamptz AS t, '{"a": 1.0}'::json AS j,
                  current_setting('application_name') AS a, 1::int8 AS b, true AS c`,
  });

  assert.deepEqual(rows, [
    {
      t: '2024-01-02 03:04:05.678901+00',
      j: '{"a": 1.0}',
      a: 'salt-job-cache',
      b: '1',
      c: true,
    },
  ]);
});

test('keeps few connections for many callers, and prepares a named statement once on each', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), { connections: 3 });

  const statement = { name: 'one', text: 'SELECT pg_backend_pid() AS pid, $1::int AS n' };
  const results = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => database.run(statement, [index])),
  );
  const prepared = await database.run({ text: 'SELECT name FROM pg_prepared_statements' });

  const pids = new Set(results.map(({ rows }) => rows[0]?.['pid']));
  assert.ok(pids.size <= 3, `${pids.size} connections`);
  assert.deepEqual(
    results.map(({ rows }) => rows[0]?.['n']),
    Array.from({ length: 60 }, (_, index) => index),
  );
  assert.deepEqual(prepared.rows, [{ name: 'one' }]);
});

test('a transaction is all or nothing, and never silently rolled back', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), { connections: 1 });
  await database.run({ text: 'CREATE TABLE t (n int PRIMARY KEY)' });

  const thrown = new Error('ours');
  await assert.rejects(
    database.transaction(async (session) => {
      await session.run({ text: 'INSERT INTO t VALUES (1)' });
      throw thrown;
    }),
    thrown,
  );
  const swallowed = await failure(
    database.transaction(async (session) => {
      await session.run({ text: 'INSERT INTO t VALUES (2)' });
      await session.run({ text: 'SELECT 1/0' }).catch(() => undefined);
    }),
  );
  await database.transaction(async (session) => session.run({ text: 'INSERT INTO t VALUES (3)' }));
  const duplicate = await failure(database.run({ text: 'INSERT INTO t VALUES ($1)' }, [3]));

  assert.equal(swallowed.kind, 'InFailedSqlTransaction');
  assert.equal(duplicate.kind, 'UniqueViolation');
  assert.equal(duplicate.sqlstate, '23505');
  assert.equal(duplicate.isTransient, false);
  assert.match(duplicate.message, /Key \(n\)=\(3\) already exists/u);
  assert.deepEqual((await database.run({ text: 'SELECT n FROM t' })).rows, [{ n: 3 }]);
});

test('copies in and streams out any number of rows; a copy that fails leaves nothing', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), { connections: 1 });
  await database.run({ text: 'CREATE TABLE t (n int PRIMARY KEY, s text)' });
  async function* rows(from: number, to: number, end?: Error): AsyncGenerator<string> {
    for (let n = from; n < to; n += 1) yield `${n}\té${n}\n`;
    if (end !== undefined) throw end;
  }

  const copied = await database.transaction(async (session) =>
    session.copyIn('COPY t FROM STDIN', rows(0, 2500)),
  );
  const own = new Error('source broke');
  await assert.rejects(
    database.session(async (session) => session.copyIn('COPY t FROM STDIN', rows(3000, 3100, own))),
    own,
  );
  const twice = await failure(
    database.transaction(async (session) =>
      session.copyIn('COPY t FROM STDIN', rows(2490, 20_000)),
    ),
  );
  const noTable = await failure(
    database.session(async (session) => session.copyIn('COPY none FROM STDIN', rows(0, 10))),
  );
  let sum = 0;
  await database.session(async (session) => {
    for await (const row of session.stream({ text: 'SELECT n FROM t WHERE n >= $1' }, [10])) {
      sum += Number(row['n']);
    }
    // Left in the middle, and the session goes on.
    for await (const row of session.stream({ text: 'SELECT n FROM t' })) {
      if (row['n'] === 5) break;
    }
    assert.equal((await session.run({ text: 'SELECT 1' })).rowCount, 1);
  });
  const inside = await database.transaction(async (session) => {
    const seen: unknown[] = [];
    for await (const row of session.stream({ text: 'SELECT n FROM t ORDER BY n' })) {
      if (seen.push(row['n']) === 3) break;
    }
    await session.run({ text: 'INSERT INTO t VALUES (-1)' });
    return seen;
  });

  assert.equal(copied, 2500);
  assert.equal(twice.kind, 'UniqueViolation');
  assert.equal(noTable.kind, 'UndefinedTable');
  assert.equal(sum, (2499 * 2500) / 2 - 45);
  assert.deepEqual(inside, [0, 1, 2]);
  assert.equal(await number(database, 'SELECT count(*)::int AS n FROM t'), 2501);
});

test('a connection that is ended while a statement runs is an error once, and the next one works', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), { connections: 2 });
  await database.run({ text: 'CREATE TABLE t (n int)' });
  const statement = 'INSERT INTO t SELECT 1 FROM (SELECT pg_sleep(30)) AS s /* running */';
  const running = failure(database.run({ text: statement }));
  const kill = `SELECT pg_terminate_backend(pid) AS n FROM pg_stat_activity
                 WHERE query LIKE '%running *%' AND pid <> pg_backend_pid() AND datname = current_database()`;
  await eventually(async () => (await cache.sql(kill)).length > 0);

  const ended = await running;
  async function* chunks(): AsyncGenerator<string> {
    yield '1\n';
    await eventually(async () => {
      const pid = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY t%'`;
      return (await cache.sql(pid)).length > 0;
    });
    for (let n = 0; n < 100_000; n += 1) yield '2\n';
  }
  const inCopy = await failure(
    database.session(async (session) => session.copyIn('COPY t FROM STDIN', chunks())),
  );

  assert.equal(ended.isTransient, true);
  assert.ok(['AdminShutdown', 'OperationalError'].includes(ended.kind), ended.kind);
  assert.equal(inCopy.isTransient, true);
  assert.equal(await number(database, 'SELECT count(*)::int AS n FROM t'), 0);
});

test('idle connections that die do not end the process, and are not used again', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo());
  await Promise.all(Array.from({ length: 4 }, async () => database.run({ text: 'SELECT 1' })));
  const count = `SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
                  WHERE application_name = 'salt-job-cache' AND datname = current_database()`;

  await cache.sql(count);
  await eventually(async () => (await cache.sql(count))[0]?.['n'] === '0');
  await eventually(async () => (await number(database, 'SELECT 1 AS n')) === 1);

  assert.equal(await number(database, 'SELECT 2 AS n'), 2);
});

test('a statement that takes too long ends; a session has no such limit', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), {
    statementTimeoutMs: 100,
    connections: 1,
  });

  const tooLong = await failure(database.run({ text: 'SELECT pg_sleep(20)' }));
  await database.session(async (session) => session.run({ text: 'SELECT pg_sleep(0.3)' }));
  const again = await failure(database.run({ text: 'SELECT pg_sleep(20)' }));

  assert.equal(tooLong.sqlstate, '57014');
  assert.equal(again.sqlstate, '57014');
});

test('says where it looked, what it found and what to do, without the password', async () => {
  await using cache = await withJobCache(server);
  const { host, port } = await freeAddress();

  const nobody = await failure(opened(cache.conninfo({ host, port })));
  const wrong = await failure(opened(cache.conninfo({ password: 'SomethingElse9' })));
  const none = await failure(opened(cache.conninfo().replace(/password=\S+/u, '')));
  const noDatabase = await failure(opened(cache.conninfo({ dbname: 'nowhere' })));

  assert.match(nobody.message, new RegExp(`${host}:${port}: nothing listens there`, 'u'));
  assert.equal(nobody.isTransient, true);
  assert.equal(wrong.kind, 'OperationalError');
  assert.match(wrong.message, /the password was refused/u);
  assert.equal(wrong.sqlstate, '28P01');
  assert.equal(wrong.isTransient, false);
  assert.ok(!wrong.message.includes('SomethingElse9'));
  assert.match(none.message, /asks for a password, and none was given; set PGPASSWORD/u);
  assert.match(noDatabase.message, /that database is not there/u);
});

test('a server that hangs is given up, and closing does not wait for it', async () => {
  await using cache = await withJobCache(server);
  const database = await opened(cache.conninfo(), { statementTimeoutMs: 100, connections: 2 });
  const pids = await Promise.all(
    [1, 2].map(async () => number(database, 'SELECT pg_backend_pid() AS n FROM pg_sleep(0.05)')),
  );
  assert.equal(new Set(pids).size, 2);
  for (const pid of pids) process.kill(Number(pid), 'SIGSTOP');
  try {
    const hanging = await failure(database.run({ text: 'SELECT 1' }));
    assert.equal(hanging.kind, 'OperationalError');
    assert.equal(hanging.isTransient, true);
    await database[Symbol.asyncDispose]();
  } finally {
    for (const pid of pids) process.kill(Number(pid), 'SIGCONT');
  }
});

test('a server that hangs in the middle of a copy is given up', async () => {
  await using cache = await withJobCache(server);
  await using database = await opened(cache.conninfo(), {
    statementTimeoutMs: 100,
    connections: 1,
  });
  await cache.sql(`CREATE TABLE public.copied (line text); GRANT ALL ON public.copied TO PUBLIC`);
  let pid = 0;
  async function* lines(): AsyncGenerator<string, void> {
    yield await Promise.resolve('first\n');
    process.kill(pid, 'SIGSTOP');
    // More than the kernel's buffers hold, so that the copy waits for the server.
    for (let count = 0; count < 200; count += 1) yield `${'x'.repeat(100_000)}\n`;
  }
  try {
    const hanging = await failure(
      database.transaction(async (session) => {
        const { rows } = await session.run({ text: 'SELECT pg_backend_pid() AS pid' });
        pid = Number(rows[0]?.['pid']);
        await session.copyIn('COPY public.copied FROM STDIN', lines());
      }),
    );
    assert.equal(hanging.kind, 'OperationalError');
    assert.equal(hanging.isTransient, true);
  } finally {
    process.kill(pid, 'SIGCONT');
  }

  assert.equal(await number(database, 'SELECT count(*)::int AS n FROM public.copied'), 0);
});

test('a host that never answers is passed over after its time', async () => {
  await using cache = await withJobCache(server);
  const silent = createServer();
  const { host, port } = await freeAddress();
  silent.listen(port, host);
  await once(silent, 'listening');
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  try {
    const alone = await failure(opened(cache.conninfo({ host, port, connect_timeout: 1 })));
    const hosts = { host: `${host},${server.host}`, port: `${port},${server.port}` };
    await using database = await opened(cache.conninfo({ ...hosts, connect_timeout: 1 }));

    assert.match(alone.message, /no answer in time/u);
    assert.equal(alone.isTransient, true);
    assert.equal(database.place, `${server.host}:${server.port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test('closing ends everything, also what is under way, and says so to who comes later', async () => {
  await using cache = await withJobCache(server);
  const database = await opened(cache.conninfo(), { connections: 1 });
  const running = failure(database.run({ text: 'SELECT pg_sleep(60)' }));
  const waiting = failure(database.run({ text: 'SELECT 1' }));
  await eventually(
    async () =>
      (await cache.sql("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"))
        .length > 0,
  );

  await database[Symbol.asyncDispose]();

  assert.equal((await running).isTransient, true);
  assert.equal((await waiting).kind, 'InterfaceError');
  assert.equal((await failure(database.run({ text: 'SELECT 1' }))).kind, 'InterfaceError');
});

test('a server that stops and starts again is used again by itself', async () => {
  await using own = await withPostgres();
  await using cache = await withJobCache(own);
  await using database = await opened(cache.conninfo());
  await database.run({ text: 'SELECT 1' });

  await stopServer(own);
  const away = await Promise.all(
    Array.from({ length: 8 }, async () => failure(database.run({ text: 'SELECT 1' }))),
  );
  await using late = await opened(cache.conninfo(), { whenAway: 'later' });
  const lateAway = await failure(late.run({ text: 'SELECT 1' }));
  await startServer(own);

  assert.ok(away.every(({ isTransient }) => isTransient));
  assert.equal(lateAway.isTransient, true);
  assert.equal(await number(database, 'SELECT 3 AS n'), 3);
  assert.equal(await number(late, 'SELECT 4 AS n'), 4);
});

test('follows the primary: past a stand-by, through a failover, and away from a demoted one', async () => {
  await using primary = await withPostgres({ hot_standby: 'on' });
  await using cache = await withJobCache(primary);
  await cache.sql('CREATE TABLE public.t (n int)');
  await cache.sql(`GRANT ALL ON public.t TO ${cache.user}`);
  await using standby = await withStandby(primary);
  const hosts = {
    host: `${standby.host},${primary.host}`,
    port: `${standby.port},${primary.port}`,
  };
  await using database = await opened(cache.conninfo(hosts));
  await using reader = await opened(cache.conninfo({ host: standby.host, port: standby.port }), {
    serverKind: 'any',
  });

  await database.run({ text: 'INSERT INTO t VALUES (1)' });
  assert.equal(database.place, `${primary.host}:${primary.port}`);
  await eventually(async () => (await number(reader, 'SELECT count(*)::int AS n FROM t')) === 1);
  const refused = await failure(opened(cache.conninfo({ host: standby.host, port: standby.port })));
  const readOnly = await failure(reader.run({ text: 'INSERT INTO t VALUES (2)' }));

  await stopServer(primary, 'immediate');
  const between = await failure(database.run({ text: 'INSERT INTO t VALUES (3)' }));
  await promote(standby);
  await eventually(
    async () => (await database.run({ text: 'INSERT INTO t VALUES (4)' })).rowCount === 1,
  );

  assert.match(refused.message, /Cannot reach the primary of the job cache: .* is a standby/u);
  assert.equal(refused.isTransient, true);
  assert.equal(readOnly.kind, 'ReadOnlySqlTransaction');
  assert.equal(readOnly.isTransient, true);
  assert.equal(between.isTransient, true);
  assert.equal(database.place, `${standby.host}:${standby.port}`);
  const rows = await database.run({ text: 'SELECT n FROM t ORDER BY n' });
  assert.deepEqual(rows.rows, [{ n: 1 }, { n: 4 }]);
});

test('a server made read-only under a kept connection is left for the one that takes writes', async () => {
  await using cache = await withJobCache(server);
  await using other = await withPostgres();
  await using admin = await other.session();
  await admin.query(`CREATE ROLE ${cache.user} LOGIN PASSWORD '${password}'`);
  await admin.query(`CREATE DATABASE ${cache.user} OWNER ${cache.user}`);
  const hosts = { host: `${server.host},${other.host}`, port: `${server.port},${other.port}` };
  await using database = await opened(cache.conninfo(hosts), { connections: 2 });
  await database.run({ text: 'CREATE TABLE t (n int)' });
  await using outside = await server.session('postgres');

  // As on a primary that became a stand-by: transactions of new connections are read-only.
  await outside.query(`ALTER DATABASE ${cache.user} SET default_transaction_read_only = on`);
  const refused = await failure(
    database.transaction(async (session) => {
      await session.run({ text: 'SET LOCAL transaction_read_only = on' });
      await session.run({ text: 'INSERT INTO t VALUES (1)' });
    }),
  );
  await database.run({ text: 'CREATE TABLE t (n int)' });

  assert.equal(refused.sqlstate, '25006');
  assert.equal(database.place, `${other.host}:${other.port}`);
});
