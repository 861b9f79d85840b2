// AT-17: a logical slot comes to a standby by its state file, and is moved there.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { AdvanceWorker } from '#adapters/postgres/advance-worker.ts';
import { pgReplslotDir } from '#adapters/postgres/slot-files.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import { checkCopy } from '#core/slots/check-copy.ts';
import type { AdvanceEvent } from '#core/slots/advance-outcome.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { DesiredLogicalSlot } from '#core/slots/desired-slot.ts';
import type { TestMember, TwoMembers } from './with-member.ts';
import { asStandbyOf, fastStop, observeUntil, serverWords, testClock } from './with-member.ts';
import { logicalStep, sessionOf, until, withLogicalPair } from './with-slots.ts';

const desired: DesiredLogicalSlot = {
  name: 'ls',
  database: 'postgres',
  plugin: 'test_decoding',
  lsn: null,
  isFailover: false,
  isRecreatedWhenLost: false,
  isLostOnLeader: false,
};

async function fetchOne({ primary, standby }: TwoMembers): Promise<FetchedSlot> {
  const [fetched] = await standby.member.slots.fetchLeaderSlots(primary.upstream, ['ls']);
  assert.ok(fetched);
  return fetched;
}

const quiet = (): void => undefined;
const noLog: LogPort = { debug: quiet, info: quiet, warning: quiet, error: quiet, critical: quiet };

function workerOf(
  { member }: TestMember,
  events: AdvanceEvent[],
  onAttempt: () => void = quiet,
): AdvanceWorker {
  return new AdvanceWorker({
    openDatabase: async (...request) => {
      onAttempt();
      return member.slots.openDatabase(...request);
    },
    clock: testClock,
    loopWaitMs: () => 1000,
    log: noLog,
    onEvent: (event) => void events.push(event),
  });
}

/** The event of this number, counted from 1, once there is one. */
async function event(events: readonly AdvanceEvent[], number: number): Promise<AdvanceEvent> {
  await until(
    async () => events,
    ({ length }) => length >= number,
  );
  return events[number - 1] as AdvanceEvent;
}

/** A pair of which the standby has the slot, too. */
async function withCopiedSlot(): Promise<TwoMembers> {
  await using stack = new AsyncDisposableStack();
  const two = stack.use(await withLogicalPair());
  const { primary, standby } = two;
  const made = await primary.member.slots.createLogical(logicalStep('ls'), 10_000);
  assert.equal(made.outcome, 'done', made.why);
  const checked = checkCopy(desired, await fetchOne(two));
  assert.ok(checked.kind === 'copy', checked.kind === 'refuse' ? checked.why : '');
  assert.equal(await standby.member.stop({ ...fastStop, checkpointFirst: true }), true);
  const outcome = await standby.member.slots.install([checked]);
  assert.deepEqual(outcome, { installed: ['ls'], failed: [] });
  const upstream = { ...primary.upstream, slotName: 'two' };
  assert.deepEqual(await standby.member.start(asStandbyOf(upstream)), { kind: 'running' });
  await observeUntil(standby.member, ({ sql }) => sql?.receiverState === 'streaming');
  const owned = stack.move();
  return { primary, standby, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

/** Writes on the primary and consumes it there; answers where the consumer then is. */
async function consume({ primary, standby }: TwoMembers): Promise<Lsn> {
  await using session = await sessionOf(primary);
  await session.query('CREATE TABLE IF NOT EXISTS public.written (n int)');
  await session.query('INSERT INTO public.written VALUES (1)');
  await session.query("SELECT count(*) FROM pg_logical_slot_get_changes('ls', NULL, NULL)");
  const facts = await primary.member.observe();
  const at = facts.sql?.slots.find(({ name }) => name === 'ls')?.confirmedFlushLsn;
  assert.ok(at);
  await observeUntil(standby.member, ({ sql }) => (sql?.replayLsn ?? 0n) >= at);
  return at;
}

/** A segment of WAL that holds nothing. */
async function fillSegment({ member }: TestMember): Promise<void> {
  await member.query("SELECT pg_logical_emit_message(true, 'a', 'b')");
  await member.query('SELECT pg_switch_wal()');
}

async function positionOn(member: TestMember): Promise<Lsn | null> {
  const { sql } = await member.member.observe();
  return sql?.slots.find(({ name }) => name === 'ls')?.confirmedFlushLsn ?? null;
}

describe('AT-17: copying a logical slot', () => {
  it('INV-8: of a state that is not whole it is known before the server is stopped', async () => {
    await using two = await withLogicalPair();
    const { primary, standby } = two;
    await primary.member.slots.createLogical(logicalStep('ls'), 10_000);
    const { pid } = await standby.member.observe();
    const fetched = await fetchOne(two);
    for (const position of [0, 5, 13, 40, 150, fetched.state.length - 1]) {
      const state = Uint8Array.from(fetched.state);
      state[position] = (state[position] ?? 0) ^ 1;
      const checked = checkCopy(desired, { ...fetched, state });
      assert.equal(checked.kind, 'refuse', `byte ${position}`);
    }
    const short = checkCopy(desired, { ...fetched, state: fetched.state.subarray(0, -1) });
    assert.equal(short.kind, 'refuse');
    assert.equal((await standby.member.observe()).pid, pid);
    // And nobody puts one in place under a server that runs.
    const outcome = await standby.member.slots.install([{ name: 'ls', state: fetched.state }]);
    assert.deepEqual(outcome.installed, []);
    assert.match(outcome.failed[0]?.why ?? '', /still runs/u);
    await assert.rejects(standby.member.slots.remove('two'), /still runs/u);
  });

  it('S-45b: one restart later the slot is there, holds back the primary, and can be moved', async () => {
    await using two = await withCopiedSlot();
    const { primary, standby } = two;
    const { sql, pid } = await standby.member.observe();
    const [slot] = sql?.slots ?? [];
    assert.equal(slot?.name, 'ls');
    assert.equal(slot.walStatus, 'reserved');
    assert.match(slot.catalogXmin ?? '', /^\d+$/u);
    await observeUntil(primary.member, (facts) => {
      const own = facts.sql?.slots.find(({ name }) => name === 'two');
      return typeof own?.catalogXmin === 'string';
    });
    const found = await standby.member.slots.readLeaderSlots(primary.upstream, ['two']);
    assert.equal(typeof found[0]?.catalogXmin, 'number');

    const events: AdvanceEvent[] = [];
    const worker = workerOf(standby, events);
    const to = await consume(two);
    worker.schedule([{ name: 'ls', database: 'postgres', to }]);
    const { slot: name, outcome, at } = await event(events, 1);
    assert.deepEqual([name, outcome, at], ['ls', 'advanced', to]);
    assert.equal(await positionOn(standby), to);
    assert.equal(worker.pending, 0);
    assert.equal((await standby.member.observe()).pid, pid);

    // After a failover the consumer goes on from where it was.
    assert.equal(await standby.member.promote(10_000), true);
    assert.equal(await worker.onPromote(1000), true);
    await using session = await sessionOf(standby);
    await session.query('INSERT INTO public.written VALUES (2)');
    const changes = await session.query(
      "SELECT data FROM pg_logical_slot_get_changes('ls', NULL, NULL)",
    );
    assert.ok(changes.some(({ data }) => String(data).includes('n[integer]:2')));
    assert.ok(!changes.some(({ data }) => String(data).includes('n[integer]:1')));
  });

  it('S-45a: a server that does not start for a bad state does so once its slot is removed', async () => {
    await using two = await withCopiedSlot();
    const { primary, standby } = two;
    await standby.member.stop(fastStop);
    const path = join(pgReplslotDir(standby.dataDirectory), 'ls', 'state');
    await writeFile(path, 'not a state');
    const upstream = asStandbyOf({ ...primary.upstream, slotName: 'two' });
    assert.equal((await standby.member.start(upstream)).kind, 'failed');
    assert.match(await serverWords(standby), /PANIC/u);
    await standby.member.slots.remove('ls');
    assert.deepEqual(await standby.member.start(upstream), { kind: 'running' });
    assert.deepEqual((await standby.member.observe()).sql?.slots, []);
  });
});

describe('moving slots of a standby', () => {
  it('DEF-6: one that is ahead or of another database is no reason to copy it', async () => {
    await using two = await withCopiedSlot();
    const events: AdvanceEvent[] = [];
    const worker = workerOf(two.standby, events);
    const first = await consume(two);
    worker.schedule([{ name: 'ls', database: 'postgres', to: first }]);
    assert.equal((await event(events, 1)).outcome, 'advanced');
    // What the leader published may be older than what the slot has.
    const older = lsnOf(first - 8n);
    worker.schedule([{ name: 'ls', database: 'postgres', to: older }]);
    assert.equal((await event(events, 2)).outcome, 'already-ahead');
    worker.schedule([{ name: 'ls', database: 'template1', to: lsnOf(first + 8n) }]);
    assert.equal((await event(events, 3)).outcome, 'error');
    assert.deepEqual(worker.schedule([]).toCopy, []);
    assert.equal(await worker.onPromote(1000), true);
  });

  it('S-56: one whose WAL the server threw away is, and the catalog says so', async () => {
    await using two = await withCopiedSlot();
    const { primary, standby } = two;
    await standby.member.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await standby.member.query('SELECT pg_reload_conf()');
    for (const _switch of [1, 2, 3, 4]) await fillSegment(primary);
    await primary.member.checkpoint();
    const end = (await primary.member.observe()).sql?.walFlushLsn ?? lsnOf(0);
    await observeUntil(standby.member, ({ sql }) => (sql?.replayLsn ?? 0n) >= end);
    await until(
      async () => {
        // Without another checkpoint of the primary there is nothing to do for one of the standby.
        await fillSegment(primary);
        await primary.member.checkpoint();
        await standby.member.checkpoint();
        return (await standby.member.observe()).sql?.slots[0]?.walStatus;
      },
      (status) => status === 'lost',
    );
    const events: AdvanceEvent[] = [];
    const worker = workerOf(standby, events);
    worker.schedule([{ name: 'ls', database: 'postgres', to: end }]);
    assert.equal((await event(events, 1)).outcome, 'invalidated');
    assert.deepEqual(worker.schedule([]).toCopy, ['ls']);
    assert.equal(await worker.onPromote(1000), true);
  });

  it('DEF-4: a server that is gone is tried once per pause; back again, it is served', async () => {
    await using two = await withCopiedSlot();
    const { primary, standby } = two;
    const to = await consume(two);
    const attempts: number[] = [];
    const events: AdvanceEvent[] = [];
    const worker = workerOf(standby, events, () => void attempts.push(performance.now()));
    await standby.member.stop(fastStop);
    worker.schedule([{ name: 'ls', database: 'postgres', to }]);
    await until(
      async () => attempts,
      ({ length }) => length >= 3,
    );
    for (const [index, at] of attempts.entries()) {
      assert.ok(index === 0 || at - (attempts[index - 1] ?? 0) >= 950);
    }
    await standby.member.start(asStandbyOf({ ...primary.upstream, slotName: 'two' }));
    await until(
      async () => events,
      (all) => all.at(-1)?.outcome === 'advanced',
    );
    assert.equal(await positionOn(standby), to);
  });

  it('S-56, X-25: a server that hangs hangs nobody else, and is served once it answers again', async () => {
    await using two = await withCopiedSlot();
    const { standby } = two;
    const to = await consume(two);
    const events: AdvanceEvent[] = [];
    const worker = workerOf(standby, events);
    const { pid } = await standby.member.observe();
    process.kill(pid ?? 0, 'SIGSTOP');
    try {
      const beganAt = performance.now();
      worker.schedule([{ name: 'ls', database: 'postgres', to }]);
      assert.ok(performance.now() - beganAt < 50);
      await until(
        async () => worker.schedule([{ name: 'ls', database: 'postgres', to }]),
        ({ hasFailed }) => hasFailed,
      );
      assert.ok(worker.inFlight <= 1);
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
    }
    await until(
      async () => events,
      (all) => all.at(-1)?.outcome === 'advanced',
    );
    assert.equal(await positionOn(standby), to);
    assert.equal(await worker.onPromote(1000), true);
  });
});
