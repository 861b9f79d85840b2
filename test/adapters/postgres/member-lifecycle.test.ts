// A real server is started, stopped, killed, adopted and reloaded as the loop does it.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  asPrimary,
  fastStop,
  observeUntil,
  serverWords,
  superuserPassword,
  withMember,
} from './with-member.ts';

describe('one PostgreSQL under control', () => {
  it('starts, tells its facts, and stops in every mode', async () => {
    await using one = await withMember();
    assert.equal((await one.member.observe()).dataDirectory, 'empty');
    await one.initialize();

    const facts = await one.member.observe();
    assert.equal(facts.state, 'running');
    assert.equal(facts.role, 'primary');
    assert.equal(facts.sql?.isInRecovery, false);
    assert.equal(facts.sql?.timeline, 1);
    assert.match(facts.control?.systemId ?? '', /^\d{19}$/u);
    assert.equal(facts.control?.clusterState, 'in production');
    assert.equal(facts.control?.settings['max_locks_per_transaction'], 64);
    assert.ok((facts.sql?.walFlushLsn ?? 0n) > 0n);
    assert.match(facts.sql?.postmasterStartTime ?? '', /^\d{4}-\d\d-\d\d [\d:.]+\+00$/u);
    assert.ok(facts.serverVersion > 130_000);
    assert.deepEqual(facts.pendingRestart, {});

    for (const mode of ['smart', 'fast', 'immediate'] as const) {
      assert.equal(await one.member.stop({ ...fastStop, mode }), true);
      const stopped = await one.member.observe();
      assert.equal(stopped.state, 'stopped');
      assert.equal(stopped.isRunning, false);
      const expected = mode === 'immediate' ? 'in production' : 'shut down';
      assert.equal(stopped.control?.clusterState, expected);
      assert.deepEqual(await one.member.start(asPrimary), { kind: 'running' });
    }
  });

  it('tells of the postmaster being killed within 300 ms, and starts again at once', async () => {
    await using one = await withMember();
    await one.initialize();
    const { pid } = await one.member.observe();
    const exit = Promise.withResolvers<number>();
    one.member.onExit(() => exit.resolve(performance.now()));

    const killedAt = performance.now();
    process.kill(pid ?? 0, 'SIGKILL');
    const noticedMs = (await exit.promise) - killedAt;
    assert.ok(noticedMs < 300, `noticed after ${noticedMs} ms`);
    assert.equal((await one.member.observe()).state, 'crashed');

    const restartedAt = performance.now();
    assert.deepEqual(await one.member.start(asPrimary), { kind: 'running' });
    const facts = await one.member.observe();
    assert.equal(facts.sql?.isInRecovery, false);
    const restartMs = performance.now() - restartedAt;
    process.stdout.write(`# restart after kill -9: ${Math.round(restartMs)} ms\n`);
    assert.ok(restartMs < 5000);
  });

  it('adopts a server that runs already and tells of its end within 300 ms', async () => {
    await using one = await withMember();
    await one.initialize();
    const { pid } = await one.member.observe();

    const second = one.again();
    const adopted = await second.observe();
    assert.equal(adopted.pid, pid);
    assert.equal(adopted.state, 'running');
    assert.equal(adopted.role, 'primary');
    const exit = Promise.withResolvers<number>();
    second.onExit(() => exit.resolve(performance.now()));
    const killedAt = performance.now();
    process.kill(pid ?? 0, 'SIGKILL');
    const noticedMs = (await exit.promise) - killedAt;
    assert.ok(noticedMs < 300, `noticed after ${noticedMs} ms`);
  });

  it('tells of the shutdown checkpoint and of the last client while it stops', async () => {
    await using one = await withMember();
    await one.initialize();
    await one.member.observe();
    const told: string[] = [];
    await one.member.stop({
      ...fastStop,
      checkpointFirst: true,
      onSafepoint: () => void told.push('safepoint'),
      onShutdownCheckpoint: (lsn, previous) => {
        told.push('checkpoint');
        assert.ok(previous <= lsn);
      },
    });
    const { control } = await one.member.observe();
    assert.deepEqual(told.toSorted(), ['checkpoint', 'safepoint']);
    assert.equal(control?.clusterState, 'shut down');
  });

  it('observes a server that hangs within a bound', async () => {
    await using one = await withMember();
    await one.initialize();
    const { pid } = await one.member.observe();
    const children = await readFile(join(one.dataDirectory, 'postmaster.pid'), 'utf8');
    assert.equal(Number(children.split('\n', 1)[0]), pid);
    const backend = Number((await one.member.query('SELECT pg_backend_pid() AS pid'))[0]?.['pid']);
    process.kill(pid ?? 0, 'SIGSTOP');
    process.kill(backend, 'SIGSTOP');
    try {
      for (const attempt of [1, 2]) {
        const before = performance.now();
        const facts = await one.member.observe();
        const tookMs = performance.now() - before;
        assert.ok(tookMs < 4000, `attempt ${attempt} took ${tookMs} ms`);
        assert.equal(facts.sql, null);
        assert.notEqual(facts.sqlProblem, '');
        assert.equal(facts.isRunning, true);
      }
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
      process.kill(backend, 'SIGCONT');
    }
    await observeUntil(one.member, (facts) => facts.sql !== null);
  });

  it('ends one that does not stop in time with all it started', async () => {
    await using one = await withMember();
    await one.initialize();
    const { pid } = await one.member.observe();
    process.kill(pid ?? 0, 'SIGSTOP');
    const isStopped = await one.member.stop({ ...fastStop, timeoutMs: 200 });
    assert.equal(isStopped, true);
    assert.equal((await one.member.observe()).isRunning, false);
    assert.deepEqual(await one.member.start(asPrimary), { kind: 'running' });
  });

  it('says in words why it does not start', async () => {
    await using one = await withMember();
    await one.initialize();
    await one.member.stop(fastStop);
    await writeFile(
      join(one.dataDirectory, 'postgresql.base.conf'),
      'max_files_per_process = nonsense\n',
    );
    const outcome = await one.member.start(asPrimary);
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.kind === 'failed' ? outcome.why : '', /max_files_per_process/u);
    assert.equal((await one.member.observe()).state, 'start failed');
  });

  it('starts without a parameter the server does not know', async () => {
    await using one = await withMember('one', { parameters: { no_such_parameter: '1' } });
    await one.initialize();
    assert.ok(
      one.lines.some((line) => line.includes('Removing invalid parameter `no_such_parameter`')),
    );
    assert.equal((await one.member.observe()).state, 'running');
  });

  it('follows another configuration and notes what waits for a restart', async () => {
    await using one = await withMember();
    await one.initialize();
    await one.member.observe();
    await one.member.reconfigure(
      one.configured({ parameters: { max_connections: 40, work_mem: '5MB', wal_buffers: '1MB' } }),
    );
    const facts = await observeUntil(
      one.member,
      ({ pendingRestart }) => Object.keys(pendingRestart).length === 2,
    );
    assert.deepEqual(facts.pendingRestart, {
      max_connections: { old_value: '30', new_value: '40' },
      wal_buffers: { old_value: '256kB', new_value: '1MB' },
    });
    const [row] = await one.member.query("SELECT current_setting('work_mem') AS work_mem");
    assert.equal(row?.['work_mem'], '5MB');
    await one.member.restart({ ...asPrimary, stopTimeoutMs: null });
    await observeUntil(
      one.member,
      ({ pendingRestart }) => Object.keys(pendingRestart).length === 0,
    );
  });

  it('leaves no password in the process table, in the logs or in what it wrote for everybody', async () => {
    await using one = await withMember('one', { parameters: { log_statement: 'all' } });
    await one.initialize();
    await one.member.observe();
    const words = `${await serverWords(one)}\n${one.lines.join('\n')}`;
    assert.ok(words.includes('database system is ready'));
    for (const secret of [superuserPassword, "rewind'secret", 'rep:', 'SCRAM-SHA-256$']) {
      assert.ok(!words.includes(secret), `the logs hold ${secret}`);
    }
    const [row] = await one.member.query(
      "SELECT count(*)::int4 AS n FROM pg_authid WHERE rolpassword LIKE 'SCRAM%'",
    );
    assert.equal(row?.['n'], 3);
  });
});
