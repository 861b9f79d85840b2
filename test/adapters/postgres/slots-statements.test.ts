// Every statement about slots on a real server, and what becomes of a step that can't be done at once.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCode } from '#adapters/files/error-code.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { readStateFile } from '#core/slots/state-file.ts';
import { observeUntil } from './with-member.ts';
import {
  logicalStep,
  sessionOf,
  streamBy,
  until,
  withLogicalPair,
  withLogicalPrimary,
} from './with-slots.ts';

const create = (name: string) => ({ kind: 'create-physical', name, why: 'a test' }) as const;
const drop = (name: string) => ({ kind: 'drop', name, why: 'a test' }) as const;

describe('slots of a primary', () => {
  it('S-35b, AT-13, INV-1: are made once, keep WAL at once, and are dropped unless somebody uses them', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    const made = await slots.apply([create('a'), create('b'), create('a')], 5000);
    assert.deepEqual(
      made.map(({ outcome }) => outcome),
      ['done', 'done', 'done'],
    );
    const facts = await one.member.observe();
    assert.deepEqual(
      facts.sql?.slots.map(({ name, type, isActive, walStatus }) => [
        name,
        type,
        isActive,
        walStatus,
      ]),
      [
        ['a', 'physical', false, 'reserved'],
        ['b', 'physical', false, 'reserved'],
      ],
    );
    assert.ok(facts.sql.slots.every(({ restartLsn }) => restartLsn !== null));
    {
      using _user = await streamBy(one, 'a');
      one.lines.length = 0;
      const results = await slots.apply([drop('a'), drop('b'), drop('c')], 5000);
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['in-use', 'done', 'absent'],
      );
      assert.deepEqual(
        one.lines.filter((line) => /drop/iu.test(line)).map((line) => line.trim()),
        [
          "WARNING Unable to drop replication slot 'a', slot is active (a test)",
          "INFO Dropped replication slot 'b': a test",
          "ERROR Failed to drop replication slot 'c': there is no such slot",
        ],
      );
    }
    await observeUntil(one.member, ({ sql }) => sql?.slots[0]?.isActive === false);
    const [gone] = await slots.apply([drop('a')], 5000);
    assert.equal(gone?.outcome, 'done');
  });

  it('INV-15: a step that fails stops no other', async () => {
    await using one = await withLogicalPrimary();
    const { walFlushLsn } = (await one.member.observe()).sql ?? {};
    const results = await one.member.slots.apply(
      [
        create('Not A Name'),
        create('a'),
        { kind: 'advance-physical', name: 'a', to: lsnOf(1), why: 'a test' },
        { kind: 'advance-physical', name: 'a', to: walFlushLsn ?? lsnOf(0), why: 'a test' },
      ],
      5000,
    );
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['failed', 'done', 'failed', 'done'],
    );
    assert.match(results[2]?.why ?? '', /55000/u);
    assert.match(one.lines.join('\n'), /ERROR Error while advancing replication slot a to/u);
  });

  it('S-38: logical ones are made in their database, dropped from any, and seen with all they are', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    await one.member.query('CREATE DATABASE other');
    await using session = await sessionOf(one, 'other');
    await session.query("SELECT pg_create_logical_replication_slot('gone', 'test_decoding', true)");
    for (const attempt of [1, 2]) {
      const { outcome, why } = await slots.createLogical(logicalStep('ls', 'other'), 10_000);
      assert.equal(outcome, 'done', `attempt ${attempt}: ${why}`);
    }
    const [oid] = await session.query(
      "SELECT oid::text AS oid FROM pg_database WHERE datname = 'other'",
    );
    const { sql } = await one.member.observe();
    // The temporary one of a session is none of ours.
    assert.equal(sql?.slots.length, 1);
    const [slot] = sql.slots;
    assert.equal(slot?.database, 'other');
    assert.equal(slot.plugin, 'test_decoding');
    assert.equal(slot.datoid, oid?.['oid']);
    assert.match(slot.catalogXmin ?? '', /^\d+$/u);
    assert.equal(slot.xmin, null);
    assert.ok((slot.confirmedFlushLsn ?? 0n) > (slot.restartLsn ?? 0n));
    assert.equal(slot.isFailover, false);
    assert.equal(slot.invalidationReason, null);
    const before = slot.retainedBytes ?? 0n;
    await session.query("SELECT pg_logical_emit_message(false, 'a', repeat('x', 100000))");
    await observeUntil(
      one.member,
      (facts) => (facts.sql?.slots[0]?.retainedBytes ?? 0n) >= before + 100_000n,
    );
    const [dropped] = await slots.apply([drop('ls')], 5000);
    assert.equal(dropped?.outcome, 'done');
  });

  it('says why a logical slot can not be made', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    const nowhere = await slots.createLogical(logicalStep('ls', 'nowhere'), 5000);
    assert.equal(nowhere.outcome, 'failed');
    assert.match(nowhere.why, /3D000/u);
    const plugin = await slots.createLogical({ ...logicalStep('ls'), plugin: 'none' }, 5000);
    assert.equal(plugin.outcome, 'failed');
    assert.deepEqual((await one.member.observe()).sql?.slots, []);
  });

  it('DEF-12, INV-14: a long transaction holds up the making of a logical slot, and nothing else', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    await using writer = await sessionOf(one);
    await writer.query('BEGIN');
    await writer.query('SELECT pg_current_xact_id()');
    let isOver = false;
    const limited = slots.createLogical(logicalStep('ls'), 1500).finally(() => {
      isOver = true;
    });
    // It waits for the transaction.
    await observeUntil(
      one.member,
      ({ sql }) => sql?.slots.some(({ name }) => name === 'ls') === true,
    );
    const beganAt = performance.now();
    const [made] = await slots.apply([create('a')], 1000);
    const facts = await one.member.observe();
    assert.ok(performance.now() - beganAt < 1000);
    assert.equal(made?.outcome, 'done');
    assert.notEqual(facts.sql, null);
    assert.equal(isOver, false);
    const failed = await limited;
    assert.equal(failed.outcome, 'failed');
    assert.match(failed.why, /57014/u);
    await observeUntil(one.member, ({ sql }) => sql?.slots.length === 1);

    // Called off instead, it leaves nothing behind either.
    const abort = new AbortController();
    const called = slots.createLogical(logicalStep('ls'), 60_000, abort.signal);
    await observeUntil(
      one.member,
      ({ sql }) => sql?.slots.some(({ name }) => name === 'ls') === true,
    );
    abort.abort(new Error('a test'));
    assert.equal((await called).outcome, 'failed');
    await observeUntil(
      one.member,
      ({ sql }) => sql?.slots.every(({ name }) => name !== 'ls') === true,
    );

    const patient = slots.createLogical(logicalStep('ls'), 20_000);
    await observeUntil(
      one.member,
      ({ sql }) => sql?.slots.some(({ name }) => name === 'ls') === true,
    );
    await writer.query('COMMIT');
    assert.equal((await patient).outcome, 'done');
  });

  it('X-25: on a server that hangs the steps end with their time, and say that they were not done', async () => {
    await using one = await withLogicalPrimary();
    const { pid } = await one.member.observe();
    process.kill(pid ?? 0, 'SIGSTOP');
    try {
      const beganAt = performance.now();
      const results = await one.member.slots.apply([create('a'), create('b')], 500);
      const tookMs = performance.now() - beganAt;
      assert.ok(tookMs < 1000, `took ${tookMs} ms`);
      assert.deepEqual(
        results.map(({ outcome }) => outcome),
        ['skipped', 'skipped'],
      );
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
    }
    // Nothing of it happens afterwards.
    const [later] = await one.member.slots.apply([create('c')], 5000);
    assert.equal(later?.outcome, 'done');
    assert.deepEqual(
      (await one.member.observe()).sql?.slots.map(({ name }) => name),
      ['c'],
    );
  });

  it('X-7, DEF-16: leaves no connection behind, whatever became of it', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    await slots.apply([create('a'), create('Not A Name'), drop('a')], 5000);
    await slots.createLogical(logicalStep('ls', 'nowhere'), 5000);
    await slots.createLogical({ ...logicalStep('ls'), plugin: 'none' }, 5000);
    await assert.rejects(async () => {
      await using session = await slots.openDatabase('postgres', 5000);
      await session.advance('nothing', lsnOf(1));
    });
    await assert.rejects(slots.readLeaderSlots({ ...one.upstream, connection: null }, ['a']));
    await slots.isFeedbackOn();
    await until(
      async () =>
        one.member.query(
          "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'Patroni slots%'",
        ),
      (rows) => rows.length === 0,
    );
  });
});

describe('slots of a standby', () => {
  it('S-41, S-44: asks the leader with the rights of rewind only, and a standby has nothing to say', async () => {
    await using two = await withLogicalPair();
    const { primary, standby } = two;
    await primary.member.query('CREATE DATABASE other');
    await primary.member.slots.createLogical(logicalStep('ls', 'other'), 10_000);
    await primary.member.slots.apply([create('a')], 5000);
    const { slots } = standby.member;
    const found = await slots.readLeaderSlots(primary.upstream, ['ls', 'two', 'nothing']);
    assert.deepEqual(found.map(({ name, type }) => `${type} ${name}`).toSorted(), [
      'logical ls',
      'physical two',
    ]);
    const logical = found.find(({ name }) => name === 'ls');
    assert.equal(typeof logical?.catalogXmin, 'number');
    assert.equal(logical?.walStatus, 'reserved');
    const fetched = await slots.fetchLeaderSlots(primary.upstream, ['ls', 'a', 'nothing']);
    assert.equal(fetched.length, 1);
    const [copy] = fetched;
    assert.equal(copy?.slot.database, 'other');
    assert.equal(copy.slot.plugin, 'test_decoding');
    const read = readStateFile(copy.state);
    assert.equal(read.kind, 'valid');
    assert.ok(read.kind === 'valid');
    assert.equal(read.file.name, 'ls');
    assert.equal(read.file.plugin, 'test_decoding');
    assert.equal(read.file.datoid, copy.slot.datoid);
    assert.deepEqual(await slots.readLeaderSlots(standby.upstream, ['two']), []);
    assert.deepEqual(await slots.fetchLeaderSlots(standby.upstream, ['ls']), []);
    assert.equal(await slots.isFeedbackOn(), true);
  });

  it('S-37: physical ones are made and moved there too, no further than it has replayed', async () => {
    await using two = await withLogicalPair();
    const { standby } = two;
    const { slots } = standby.member;
    await slots.apply([create('a')], 5000);
    const [moved, back] = await slots.apply(
      [
        { kind: 'advance-physical', name: 'a', to: lsnOf(0xff_0000_0000n), why: 'a test' },
        { kind: 'advance-physical', name: 'a', to: lsnOf(1), why: 'a test' },
      ],
      5000,
    );
    assert.equal(moved?.outcome, 'done');
    assert.equal(back?.outcome, 'failed');
    const { sql } = await standby.member.observe();
    const [slot] = sql?.slots ?? [];
    assert.ok((slot?.restartLsn ?? 0n) <= (sql?.replayLsn ?? 0n));
    assert.ok((slot?.retainedBytes ?? -1n) >= 0n);
  });

  it('a logical slot is not made on a standby before PostgreSQL 16, and that says so', async () => {
    await using two = await withLogicalPair();
    const result = await two.standby.member.slots.createLogical(logicalStep('ls'), 2000);
    assert.equal(result.outcome, 'failed');
    assert.match(result.why, /recovery/u);
  });
});

describe('a logical slot that is moved', () => {
  it('S-45b: only from its own database and only forward, with SQLSTATE 55000 for either', async () => {
    await using one = await withLogicalPrimary();
    const { slots } = one.member;
    await one.member.query('CREATE DATABASE other');
    await slots.createLogical(logicalStep('ls', 'other'), 10_000);
    const to = (await one.member.observe()).sql?.walFlushLsn ?? lsnOf(0);
    await using own = await slots.openDatabase('other', 5000);
    await using foreign = await slots.openDatabase('postgres', 5000);
    const is55000 = (error: unknown): boolean => errorCode(error) === '55000';
    await assert.rejects(foreign.advance('ls', to), is55000);
    const at = await own.advance('ls', to);
    assert.equal(at, to);
    await assert.rejects(own.advance('ls', lsnOf(1)), is55000);
    const slot = await foreign.look('ls');
    assert.equal(slot?.confirmedFlushLsn, to);
    assert.equal(slot.database, 'other');
    assert.equal(await own.look('nothing'), null);
  });
});
