import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { password, startServer, withJobCache } from '../program/with-job-cache.ts';
import { startIngestion, until, withDirectory } from './with-ingestion.ts';
import { saltPython, withSalt } from './with-salt.ts';

async function shortDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp('/tmp/sl');
  return {
    path,
    [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

test(
  'a real Salt master without a returner has its jobs recorded',
  {
    skip: saltPython === undefined ? 'SALT_PYTHON names no Python with Salt' : false,
    timeout: 240_000,
  },
  async () => {
    await using server = await startServer();
    await using cache = await withJobCache(server);
    await cache.ask({ command: 'migrate' });
    await using place = await shortDirectory();
    // No returner writes; Salt's own module only reads, where a runner is told to ask it.
    await using salt = await withSalt(saltPython ?? '', place.path, [
      `master_job_cache.postgres.host: '${server.host}'`,
      `master_job_cache.postgres.port: ${server.port}`,
      `master_job_cache.postgres.user: '${cache.user}'`,
      `master_job_cache.postgres.passwd: '${password}'`,
      `master_job_cache.postgres.db: '${cache.user}'`,
    ]);
    await using directory = await withDirectory();
    await using running = await startIngestion({
      directory: directory.path,
      conninfo: cache.conninfo(),
      config: { socket: salt.socket, events: { allow: ['salt/job/*'], deny: [] } },
      hasBus: false,
    });
    await until(
      'a connection to the master',
      () => running.ingestion.status(0).connected,
      (is) => is,
    );

    assert.deepEqual(await salt.run('salt', ['*', 'test.ping']), { minion1: true });
    await salt.run('salt', ['*', 'state.apply', 'note']);
    await salt.run('salt', ['*', 'test.arg', 'a', '1.0', 'k={x: [1, null]}']);
    await salt.run('salt-call', ['test.echo', 'from the minion']);
    await salt.run('salt-run', ['jobs.active']);
    const returns = await until(
      'the returns',
      async () =>
        cache.sql(
          `SELECT fun, jid, id, success, return::json AS value FROM public.salt_returns ORDER BY jid`,
        ),
      (rows) =>
        ['test.ping', 'state.apply', 'test.arg', 'test.echo', 'runner.jobs.active'].every((fun) =>
          rows.some((row) => row['fun'] === fun),
        ),
    );
    const jobs = await cache.sql('SELECT * FROM public.jids ORDER BY jid');

    const of = (fun: string): Readonly<Record<string, unknown>> =>
      returns.find((row) => row['fun'] === fun) ?? {};
    const job = (fun: string): Readonly<Record<string, unknown>> =>
      jobs.find((row) => row['fun'] === fun) ?? {};
    assert.deepEqual(of('test.ping')['value'], { return: true, retcode: 0, success: true });
    assert.equal(of('test.ping')['success'], true);
    assert.deepEqual(
      [job('test.ping')['cmd'], job('test.ping')['tgt'], job('test.ping')['tgt_type']],
      ['publish', '*', 'glob'],
    );
    const { return: states, out } = of('state.apply')['value'] as { return: object; out?: string };
    assert.match(Object.keys(states)[0] ?? '', /^file_\|-/u);
    assert.equal(out, 'highstate');
    assert.equal(job('test.arg')['arg'], '["a", 1.0, {"__kwarg__": true, "k": {"x": [1, null]}}]');
    assert.deepEqual([job('test.echo')['cmd'], job('test.echo')['tgt']], ['_return', 'minion1']);
    assert.equal(of('runner.jobs.active')['id'], 'host_master');
    const read = (await salt.run('salt-run', [
      'jobs.list_job',
      String(of('state.apply')['jid']),
      'ext_source=postgres_local_cache',
    ])) as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      [read['Function'], read['Target'], read['User']],
      ['state.apply', '*', job('state.apply')['username']],
    );
    const { minion1 } = read['Result'] as { readonly minion1: Readonly<Record<string, unknown>> };
    assert.deepEqual(minion1['return'], states);
    assert.equal(minion1['success'], true);
    const listed = (await salt.run('salt-run', [
      'jobs.list_jobs',
      'ext_source=postgres_local_cache',
    ])) as object;
    assert.ok(Object.keys(listed).includes(String(of('test.ping')['jid'])));
    assert.deepEqual(running.problems.current, []);
    assert.equal(running.ingestion.status(0).rejected, 0);
  },
);
