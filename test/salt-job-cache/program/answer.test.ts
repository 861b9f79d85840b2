// What the program answers when the server is there, is not, or does not want us; and that it never
// shows a password.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answer } from '#salt-job-cache/program/answer.ts';
import { parseRequest, RequestError } from '#salt-job-cache/program/request.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { freeAddress } from '../../adapters/pg/with-postgres.ts';
import { password, startServer, withJobCache } from './with-job-cache.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => server[Symbol.asyncDispose]());

test('a job is recorded, read back and taken away again', async () => {
  await using cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });

  const found = await cache.ask({ command: 'check' });

  assert.equal(found.ok, true);
  assert.match(found.jid ?? '', /^\d{20}$/);
  assert.deepEqual(found.did, [`recorded job ${found.jid} and read it back`]);
  assert.deepEqual(await cache.sql('SELECT count(*)::int AS n FROM public.jids'), [{ n: 0 }]);
  assert.deepEqual(await cache.sql('SELECT count(*)::int AS n FROM public.salt_returns'), [
    { n: 0 },
  ]);
});

test('a check without tables is told by PostgreSQL what is missing', async () => {
  await using cache = await withJobCache(server);

  const { problem } = await cache.ask({ command: 'check' });

  assert.equal(problem?.code, '42P01');
  assert.match(problem.message, /relation "jids" does not exist/);
  assert.equal(problem.isTransient, false);
});

test('a job that comes back other than it was recorded is a failure that names the column', async () => {
  await using cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });
  await cache.sql(
    `CREATE FUNCTION public.shout() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN new.fun := upper(new.fun); RETURN new; END $$`,
  );
  await cache.sql(
    'CREATE TRIGGER shout BEFORE INSERT ON public.jids FOR EACH ROW EXECUTE FUNCTION public.shout()',
  );

  const { ok, problem } = await cache.ask({ command: 'check' });

  assert.equal(ok, false);
  assert.equal(problem?.message, 'The job: column fun came back other than it was recorded');
});

test('each way not to get in is a sentence with what to do, and says whether it may pass by itself', async () => {
  await using cache = await withJobCache(server);
  const { host, port } = await freeAddress();
  const cases: readonly (readonly [Record<string, string | number>, string, RegExp, boolean])[] = [
    [{ host, port }, 'ECONNREFUSED', /nothing listens there yet/, true],
    [{ password: 'WrongSesame99' }, '28P01', /the password was refused/, false],
    [{ dbname: 'nowhere' }, '3D000', /the database is not there/, false],
    [{ sslmode: 'require' }, '', /does not support SSL/, true],
  ];
  for (const [change, code, words, isTransient] of cases) {
    const found = await cache.ask({ command: 'migrate' }, cache.conninfo(change));
    const { problem } = found;
    assert.equal(found.ok, false);
    assert.equal(problem?.code, code);
    assert.match(problem.message, words);
    assert.match(problem.message, /^Cannot connect to PostgreSQL at 127\./);
    assert.equal(problem.isTransient, isTransient);
    assert.ok(!JSON.stringify(found).includes('Sesame'));
  }
});

test('a server that has no place left for us is worth another try', async () => {
  await using cache = await withJobCache(server);
  await cache.sql(`ALTER ROLE ${cache.user} CONNECTION LIMIT 0`);

  const { problem } = await cache.ask({ command: 'migrate' });

  assert.equal(problem?.code, '53300');
  assert.equal(problem.isTransient, true);
});

test('a server that never answers is given up in time', async (t) => {
  const deaf = createServer(() => undefined);
  t.after(() => deaf.close());
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const { port } = deaf.address() as AddressInfo;
  const connection = `host=127.0.0.1 port=${port} dbname=d user=u password=${password}`;

  const found = await answer(JSON.stringify({ command: 'check', connection }), 0n);

  assert.equal(found.problem?.code, 'ETIMEDOUT');
  assert.match(found.problem.message, /no answer in time/);
});

test('a connection that breaks in the middle is worth another try', async () => {
  await using cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });
  await cache.sql(
    `CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
       BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN new; END $$`,
  );
  await cache.sql(
    'CREATE TRIGGER cut BEFORE INSERT ON public.jids FOR EACH ROW EXECUTE FUNCTION public.cut()',
  );

  const { problem } = await cache.ask({ command: 'check' });

  assert.equal(problem?.isTransient, true);
  assert.match(problem.message, /^PostgreSQL refused: |^Connection/);
});

test('what PostgreSQL says is shown without the password, though it quotes what it refuses', async () => {
  await using cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });
  await cache.sql(
    `CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the password is ${password}'; END $$`,
  );
  await cache.sql(
    'CREATE TRIGGER tell BEFORE INSERT ON public.jids FOR EACH ROW EXECUTE FUNCTION public.tell()',
  );

  const { problem } = await cache.ask({ command: 'check' });

  assert.equal(problem?.message, 'PostgreSQL refused: the password is ***');
});

test('a request that can not be read is told without a word of it', async () => {
  const texts = [
    'S3same',
    '"S3same"',
    'null',
    '{}',
    '{"command":"drop","connection":"S3same"}',
    '{"command":"check","connection":7}',
    '{"command":"migrate","connection":"S3same"}',
    '{"command":"migrate","connection":"S3same","readers":[7]}',
  ];
  for (const text of texts) {
    assert.throws(() => parseRequest(text), RequestError, text);
    const found = await answer(text, 0n);
    assert.equal(found.problem?.code, 'REQUEST');
    assert.ok(!JSON.stringify(found).includes('S3same'));
  }
  const odd = await answer('{"command":"check","connection":"password=\'S3same"}', 0n);
  assert.equal(odd.problem?.code, 'CONNECTION_STRING_SYNTAX');
  assert.ok(!JSON.stringify(odd).includes('S3same'));
});

/** The program as the hooks run it: everything it writes, and how it ended. */
async function program(
  input: string,
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const path = fileURLToPath(new URL('../../../salt-job-cache/program/main.ts', import.meta.url));
  const { promise, resolve } = Promise.withResolvers<{ out: string; err: string; code: number }>();
  const child = execFile(process.execPath, [path], (error, out, err) => {
    resolve({ out, err, code: typeof error?.code === 'number' ? error.code : 0 });
  });
  child.stdin?.end(input);
  return promise;
}

test('the program takes its request from standard input, and shows no secret in anything it writes', async () => {
  await using cache = await withJobCache(server);
  const request = { command: 'migrate', connection: cache.conninfo(), readers: [] };

  const made = await program(JSON.stringify(request));
  const refused = await program(
    JSON.stringify({ ...request, connection: cache.conninfo({ password: 'WrongSesame99' }) }),
  );
  const unread = await program(`{"connection": "${cache.conninfo()}"`);

  assert.equal(JSON.parse(made.out).ok, true);
  assert.equal(JSON.parse(refused.out).problem.code, '28P01');
  assert.equal(JSON.parse(unread.out).problem.code, 'REQUEST');
  for (const { out, err, code } of [made, refused, unread]) {
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.ok(!out.includes('Sesame'));
  }
});
