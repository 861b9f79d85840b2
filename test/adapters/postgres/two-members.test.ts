// Two real servers: streaming, promotion, another upstream, divergence and rewind.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readShutdownCheckpoint, peekControl } from '#adapters/postgres/control-reader.ts';
import { formatLsn, lsnOf } from '#core/postgres/lsn.ts';
import { decideRewind } from '#core/rewind/decide-rewind.ts';
import { asPrimary, asStandbyOf, fastStop, observeUntil, withTwoMembers } from './with-member.ts';

describe('two PostgreSQL under control', () => {
  it('stream, and the standby is promoted within 200 ms', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    const facts = await observeUntil(primary.member, ({ sql }) => sql?.replication.length === 1);
    assert.equal(facts.sql?.replication[0]?.applicationName, 'two');
    assert.equal(facts.sql.replication[0].state, 'streaming');
    const behind = await standby.member.observe();
    assert.equal(behind.role, 'replica');
    assert.equal(behind.isSetUpAsStandby, true);
    assert.equal(behind.sql?.receivedTimeline, 1);
    assert.ok((behind.sql.replayLsn ?? 0n) > 0n);
    assert.equal(behind.control?.clusterState, 'in archive recovery');

    const sentAt = performance.now();
    assert.equal(await standby.member.promote(10_000), true);
    const tookMs = performance.now() - sentAt;
    process.stdout.write(`# promotion: ${Math.round(tookMs)} ms\n`);
    assert.ok(tookMs < 1000, `took ${tookMs} ms`);
    standby.member.setRole('primary');
    await standby.member.query('CREATE TABLE public.written_here (n int)');
    const promoted = await observeUntil(standby.member, ({ sql }) => sql?.timeline === 2);
    assert.equal(promoted.sql?.isInRecovery, false);
    const [line] = await standby.member.readTimelineHistory(2);
    assert.equal(line?.timeline, 1);
    assert.match(line.timestamp ?? '', /^\d{4}-/u);
    assert.equal(promoted.isSetUpAsStandby, false);
  });

  it('the standby follows another upstream by a reload', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    const { pid } = await standby.member.observe();
    await primary.member.slots.apply(
      [{ kind: 'create-physical', name: 'two', why: 'a member' }],
      2000,
    );
    assert.equal(await standby.member.configureUpstream('replica', primary.upstream), 'nothing');
    const needed = await standby.member.configureUpstream('replica', {
      ...primary.upstream,
      slotName: 'two',
    });
    assert.equal(needed, 'reload');
    await standby.member.reload();
    const facts = await observeUntil(standby.member, ({ sql }) => sql?.slotName === 'two');
    assert.equal(facts.pid, pid);
    await observeUntil(
      primary.member,
      ({ sql }) => sql?.slots.some(({ name, isActive }) => name === 'two' && isActive) === true,
    );
    // Active: it is left alone. Inactive: it goes.
    await primary.member.slots.apply([{ kind: 'drop', name: 'two', why: 'a test' }], 2000);
    assert.equal((await primary.member.observe()).sql?.slots.length, 1);
    await standby.member.stop(fastStop);
    await observeUntil(primary.member, ({ sql }) => sql?.slots[0]?.isActive === false);
    await primary.member.slots.apply([{ kind: 'drop', name: 'two', why: 'a test' }], 2000);
    assert.deepEqual((await primary.member.observe()).sql?.slots, []);
  });

  it('a primary that was shut down cleanly needs no rewind, and tells where it ended', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    await primary.member.stop({ ...fastStop, checkpointFirst: true });
    const peek = await peekControl(primary.dataDirectory);
    const end = await readShutdownCheckpoint(primary.dataDirectory, peek);
    assert.equal(await standby.member.promote(10_000), true);
    standby.member.setRole('primary');
    const facts = await primary.member.readRewindFacts(standby.upstream);
    assert.equal(facts.local?.isInRecovery, false);
    assert.equal(facts.local.checkpointEndLsn, end?.endLsn);
    assert.equal(facts.leader.kind, 'known');
    const verdict = decideRewind(facts);
    assert.equal(verdict.kind, 'not-needed', verdict.why);
    assert.deepEqual(await primary.member.start(asStandbyOf(standby.upstream)), {
      kind: 'running',
    });
    await observeUntil(primary.member, ({ sql }) => sql?.receiverState === 'streaming');
  });

  it('a primary that diverged is recovered in single-user mode and rewound', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    assert.equal(await standby.member.promote(10_000), true);
    standby.member.setRole('primary');
    await standby.member.checkpoint();
    await primary.member.query('CREATE TABLE public.lost (n int)');
    await standby.member.query('CREATE TABLE public.kept (n int)');
    const { pid } = await primary.member.observe();
    const exit = Promise.withResolvers<void>();
    primary.member.onExit(() => exit.resolve());
    process.kill(pid ?? 0, 'SIGKILL');
    await exit.promise;

    assert.equal(await primary.member.recoverInSingleUserMode(), true);
    assert.equal((await primary.member.observe()).control?.clusterState, 'shut down');
    const verdict = decideRewind(await primary.member.readRewindFacts(standby.upstream));
    assert.equal(verdict.kind, 'needed', verdict.why);
    assert.equal(await primary.member.canRewind(), true);
    assert.deepEqual(await primary.member.rewind(standby.upstream), { kind: 'done' });
    assert.deepEqual(await primary.member.start(asStandbyOf(standby.upstream)), {
      kind: 'running',
    });
    await observeUntil(primary.member, ({ sql }) => sql?.receiverState === 'streaming');
    const rows = await primary.member.query(
      "SELECT relname FROM pg_class WHERE relname IN ('lost', 'kept')",
    );
    assert.deepEqual(rows, [{ relname: 'kept' }]);
    const running = await primary.member.readRewindFacts(standby.upstream);
    assert.equal(running.local?.isInRecovery, true);
    assert.equal(running.local.timeline, 2);
  });

  it('two promotions that made the same timeline are told apart, and a standby of one of them is of it', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    await primary.member.stop(fastStop);
    assert.equal(await standby.member.promote(10_000), true);
    standby.member.setRole('primary');
    await primary.member.start(asStandbyOf('none'));
    assert.equal(await primary.member.promote(10_000), true);
    const facts = await primary.member.readRewindFacts(standby.upstream);
    assert.equal(facts.local?.timeline, 2);
    assert.match(facts.local.branch?.mark ?? '', /^[0-9a-f]{48}$/u);
    assert.ok(facts.leader.kind === 'known' && facts.leader.timeline === 2);
    assert.equal(facts.leader.branch?.lsn, facts.local.branch?.lsn);
    assert.notEqual(facts.leader.branch?.mark, facts.local.branch?.mark);
    assert.equal(decideRewind(facts).kind, 'replaced');
    const own = await standby.member.readRewindFacts(standby.upstream);
    assert.ok(own.leader.kind === 'known');
    assert.deepEqual(own.local?.branch, own.leader.branch);
  });

  it('a leader that is gone is no failure of the rewind', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    await primary.member.stop(fastStop);
    await standby.member.stop(fastStop);
    const outcome = await primary.member.rewind(standby.upstream);
    assert.equal(outcome.kind, 'leader-lost');
    const facts = await primary.member.readRewindFacts(standby.upstream);
    assert.equal(facts.leader.kind, 'unknown');
    assert.deepEqual(await primary.member.start(asPrimary), { kind: 'running' });
  });

  it('gives pg_rewind and the standby their passwords in files only', async () => {
    await using two = await withTwoMembers();
    const { standby } = two;
    const shown = execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' });
    assert.ok(shown.includes(standby.dataDirectory));
    assert.ok(!shown.includes('rep:'));
    const [row] = await standby.member.query("SELECT current_setting('primary_conninfo') AS c");
    assert.ok(String(row?.['c']).includes(`passfile=${join(standby.directory, 'pgpass')}`));
    assert.ok(!String(row?.['c']).includes('password='));
  });

  it('reads the end of a checkpoint as pg_waldump does', async () => {
    await using two = await withTwoMembers();
    const { primary } = two;
    await primary.member.stop(fastStop);
    const peek = await peekControl(primary.dataDirectory);
    const end = await readShutdownCheckpoint(primary.dataDirectory, peek);
    const { control } = await primary.member.observe();
    assert.equal(end?.lsn, control?.checkpointLsn);
    const shown = execFileSync(
      join(primary.config.postgresql.binDir, 'pg_waldump'),
      [
        '-p',
        join(primary.dataDirectory, 'pg_wal'),
        '-s',
        formatLsn(end?.lsn ?? lsnOf(0)),
        '-n',
        '1',
      ],
      { encoding: 'utf8' },
    );
    const length = Number(
      /len \(rec\/tot\): *\d+\/ *(?<total>\d+)/u.exec(shown)?.groups?.['total'],
    );
    assert.match(shown, /CHECKPOINT_SHUTDOWN/u);
    assert.equal(Number((end?.endLsn ?? 0n) - (end?.lsn ?? 0n)), Math.ceil(length / 8) * 8);
  });
});

describe('an agent that is started again', () => {
  it('beside a standby leaves its upstream alone until it is told of one', async () => {
    await using two = await withTwoMembers();
    const { primary, standby } = two;
    const again = standby.again();
    const facts = await again.observe();
    assert.equal(facts.role, 'replica');
    await again.reconfigure(standby.configured({ parameters: { work_mem: '6MB' } }));
    assert.equal((await again.observe()).sql?.receiverState, 'streaming');
    assert.equal(await again.configureUpstream('replica', primary.upstream), 'reload');
    await again.reload();
    await observeUntil(again, ({ sql }) => sql?.receiverState === 'streaming');
    const [row] = await again.query("SELECT current_setting('work_mem') AS work_mem");
    assert.equal(row?.['work_mem'], '6MB');
  });

  it('beside a primary brings it the configuration, and keeps whom it waits for', async () => {
    await using two = await withTwoMembers();
    const { primary } = two;
    await primary.member.setSynchronousStandbyNames('two');
    await observeUntil(primary.member, ({ sql }) => sql?.synchronousStandbyNames === 'two');

    const synchronous = primary.configured(
      { parameters: { work_mem: '7MB' } },
      { synchronous_mode: true },
    );
    const again = primary.again(synchronous);
    const facts = await again.observe();
    assert.equal(facts.role, 'primary');
    assert.equal(facts.state, 'running');
    const workMem = async (): Promise<unknown> =>
      (await again.query("SELECT current_setting('work_mem') AS work_mem"))[0]?.['work_mem'];
    await observeUntil(again, () => true);
    while ((await workMem()) !== '7MB') await observeUntil(again, () => true);
    assert.equal((await again.observe()).sql?.synchronousStandbyNames, 'two');

    // Where the mode is off, the value is the configuration's.
    await again.reconfigure(primary.configured({}));
    await observeUntil(again, ({ sql }) => sql?.synchronousStandbyNames === '');
  });
});
