// What the agent does about slots in a turn: which statements, when, and what it tells.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { member, primaryMember } from '../../core/ha/worlds.ts';
import { settle } from '../virtual-clock.ts';
import { logicalRow, logicalSlot, physicalRow, slotFake } from './slot-parts.ts';
import type { SlotFake } from './slot-parts.ts';

const published = { status: { lastLsn: lsnOf(1000), slots: { l: lsnOf(950) }, retainSlots: [] } };

test('a turn in which nothing changed asks nobody anything', async () => {
  const fake = slotFake({ dynamic: logicalSlot, rows: [logicalRow('l')], cluster: published });

  await fake.turn();
  await fake.turn();

  assert.deepEqual(fake.slots.happened, []);
});

test('a leader creates a logical slot that has no position yet, in its database', async () => {
  const fake = slotFake({ dynamic: logicalSlot });

  await fake.turn();

  assert.deepEqual(fake.slots.happened, ['create-logical app.l']);
});

test('a primary that can not prove its lease creates no logical slot', async () => {
  const fake = slotFake({ dynamic: logicalSlot });
  fake.context.guard.clear();

  await fake.turn();

  assert.deepEqual(fake.slots.happened, []);
});

test('one slot that can not be created stops no other, and waits longer each time', async () => {
  const dynamic = {
    slots: {
      l: { type: 'logical', database: 'gone', plugin: 'test_decoding' },
      m: { type: 'logical', database: 'app', plugin: 'test_decoding' },
    },
  };
  const fake = slotFake({ dynamic });
  const { createLogical } = fake.slots.port;
  fake.slots.port.createLogical = async (step, ...rest) =>
    step.database === 'gone'
      ? { step, outcome: 'failed', why: 'there is no database "gone"' }
      : createLogical(step, ...rest);

  await fake.turn();
  await fake.turn();

  assert.deepEqual(fake.slots.happened, ['create-logical app.m', 'create-logical app.m']);
  const told = fake.lines.filter((line) => line.includes('Failed to create'));
  assert.equal(told.length, 1, 'it is said once, and not tried again at once');
});

test('statements that hang hold up neither the turn nor each other', async () => {
  const fake = slotFake({ rows: [physicalRow('unknown', { isActive: false })] });
  const { promise, resolve } = Promise.withResolvers<void>();
  fake.slots.hang = promise;

  await fake.turn();
  await fake.turn();
  await fake.turn();

  assert.deepEqual(fake.slots.happened, ['drop unknown'], 'one piece of work at a time');
  assert.equal(fake.handler.view().counters.skipped, 2);
  resolve();
  await settle();
});

test('AT-13: what was dropped is known no more; of anything else the next turn learns what the server has', async () => {
  for (const outcome of ['done', 'in-use', 'absent', 'failed'] as const) {
    const rows = [logicalRow('l')];
    const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: published });
    await fake.turn();
    assert.ok(fake.handler.readiness.pending.has('l'));
    fake.slots.port.apply = async (steps) =>
      Promise.resolve(steps.map((step) => ({ step, outcome, why: '' })));

    const dropped = await fake.handler.dropReplicationSlot('l', 'a test');

    const isDropped = outcome === 'done';
    assert.deepEqual(dropped, { isActive: outcome === 'in-use', isDropped });
    assert.equal(fake.handler.replicationSlots.has('l'), !isDropped, outcome);
    assert.equal(fake.handler.readiness.pending.has('l'), !isDropped, outcome);
    fake.setRows([]);
    await fake.turn();
    assert.equal(fake.handler.replicationSlots.has('l'), false);
  }
});

test('a slot in use stays, and is no news again and again', async () => {
  const fake = slotFake({ rows: [physicalRow('unknown', { isActive: false })] });
  fake.slots.inUse = ['unknown'];
  let wakes = 0;
  const { wake } = fake.agent;
  fake.agent.wake = () => {
    wakes += 1;
    wake.call(fake.agent);
  };

  await fake.turn();
  await fake.turn();

  assert.equal(wakes, 0);
});

test('a replica copies what the primary published, once for all, by one restart', async () => {
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, cluster: published });

  await fake.turn();

  assert.deepEqual(fake.slots.happened, ['fetchLeaderSlots l']);
  assert.ok(!fake.happened.includes('stop fast'), 'nothing that can be put in place was fetched');
  assert.match(fake.lines.join('\n'), /the primary does not have it/u);
});

test('in pause nothing is fetched and nobody is restarted', async () => {
  const dynamic = { ...logicalSlot, pause: true };
  const fake = slotFake({ name: 'b', dynamic, cluster: published });

  await fake.turn();

  assert.deepEqual(fake.slots.happened, []);
});

test('a replica moves its slot as far as it has replayed, beside the turn', async () => {
  const status = { lastLsn: lsnOf(1000), slots: { l: lsnOf(2000) }, retainSlots: [] };
  const rows = [logicalRow('l')];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: { status } });

  await fake.turn();

  assert.ok(fake.slots.happened.includes('advance app.l 1000'));
});

test('INV-3: steps that are left when maintenance mode begins, or a promotion, are not begun', async () => {
  const changes: readonly ((fake: SlotFake) => unknown)[] = [
    ({ context }) => {
      context.state.config = context.deps.merge({ pause: true });
    },
    async ({ handler }) => handler.onPromote(),
  ];
  for (const change of changes) {
    const fake = slotFake({ rows: [physicalRow('unknown', { isActive: false })] });
    const answers: (boolean | undefined)[] = [];
    fake.slots.port.apply = async (steps, _withinMs, mayGoOn) => {
      answers.push(mayGoOn?.());
      await change(fake);
      answers.push(mayGoOn?.());
      return steps.map((step) => ({ step, outcome: 'skipped', why: '' }));
    };

    await fake.turn();

    assert.deepEqual(answers, [true, false]);
  }
});

test('INV-3: maintenance mode that begins between the plan and its first step keeps every slot', async () => {
  const fake = slotFake({ rows: [physicalRow('unknown', { isActive: false })] });
  Object.assign(fake.slots, {
    forceHotStandbyFeedback: async () => {
      fake.context.state.config = fake.context.deps.merge({ pause: true });
      return Promise.resolve();
    },
  });
  const answers: (boolean | undefined)[] = [];
  fake.slots.port.apply = async (steps, _withinMs, mayGoOn) => {
    answers.push(mayGoOn?.());
    return Promise.resolve(steps.map((step) => ({ step, outcome: 'skipped', why: '' })));
  };

  await fake.turn();

  assert.deepEqual(answers, [false]);
});

test('hot_standby_feedback is on wherever a logical slot is wanted', async () => {
  const forced: boolean[] = [];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, cluster: published });
  Object.assign(fake.slots, {
    forceHotStandbyFeedback: async (isForced: boolean) => void forced.push(isForced),
  });

  await fake.turn();

  assert.deepEqual(forced, [true]);
});

test('after a start every logical slot is unproven until the primary was asked', async () => {
  const rows = [logicalRow('l', { confirmedFlushLsn: lsnOf(950) })];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: published });
  const unproven = (): readonly string[] => [...fake.handler.readiness.pending.keys()];

  await fake.turn();
  assert.deepEqual(unproven(), ['l']);
  assert.equal(
    fake.handler.view().summaries.find(({ name }) => name === 'l')?.state,
    'waiting-for-feedback',
  );

  fake.slots.leaderSlots = [
    slotInfoOf(physicalRow('b', { catalogXmin: '700' })),
    slotInfoOf(logicalRow('l')),
  ];
  await fake.turn();
  assert.deepEqual(unproven(), []);
  assert.match(fake.lines.join('\n'), /Logical slot l is safe to be used after a failover/u);
  assert.equal(fake.handler.view().summaries.find(({ name }) => name === 'l')?.state, 'ready');
});

test('a walreceiver that has told nothing of the slot yet is made to tell', async () => {
  const rows = [logicalRow('l', { confirmedFlushLsn: lsnOf(950) })];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: published });
  fake.slots.leaderSlots = [slotInfoOf(physicalRow('b')), slotInfoOf(logicalRow('l'))];

  await fake.turn();
  await fake.turn();
  assert.equal(fake.happened.filter((what) => what === 'reload').length, 1, 'not in each turn');

  fake.slots.isFeedbackOn = false;
  await fake.turn();
  assert.match(fake.lines.join('\n'), /Logical slot failover requires "hot_standby_feedback"/u);
});

test('a promotion tells which slots may be unsafe, and shows them afterwards', async () => {
  const rows = [logicalRow('l')];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: published });
  await fake.turn();

  await fake.handler.onPromote();

  const log = fake.lines.join('\n');
  assert.match(log, /might be unsafe to use after promote: l/u);
  assert.match(log, /gets 50 bytes of WAL a second time/u);
  assert.equal(fake.handler.view().summaries.find(({ name }) => name === 'l')?.state, 'unchecked');
});

test('a server promoted before it was asked about its slots warns of all of them', async () => {
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows: [logicalRow('l')] });

  await fake.handler.onPromote();

  assert.match(fake.lines.join('\n'), /might be unsafe to use after promote: l/u);
});

test('what is not ready yet is asked about less and less often', async () => {
  const rows = [logicalRow('l')];
  const fake = slotFake({ name: 'b', dynamic: logicalSlot, rows, cluster: published });
  let asked = 0;
  fake.slots.port.readLeaderSlots = async () => {
    asked += 1;
    throw new Error('the primary is starting');
  };
  // Each timer brings a turn, as it does in the loop.
  for (let at = 0; at < 10_000; at += 50) {
    const before = fake.clock.waiting;
    await fake.clock.advance(50);
    if (at === 0 || fake.clock.waiting < before) await fake.turn();
  }

  assert.ok(asked > 3 && asked < 20, `asked ${asked} times in 10 s`);
  const told = fake.lines.filter((line) => line.includes('Failed to check'));
  assert.equal(told.length, 1, 'it is said once');
});

test('positions go out in the turn that sees them, but not those of a slot of another database', async () => {
  const fake = slotFake({ dynamic: logicalSlot, rows: [logicalRow('l')], cluster: published });
  await fake.turn();
  assert.equal(fake.handler.positions.get('l'), lsnOf(900));

  fake.setRows([logicalRow('l', { datoid: '6' })]);
  await fake.turn();
  assert.equal(fake.handler.positions.get('l'), undefined);
});

test('a lost slot stays in the status, so that nobody takes it for a new one', async () => {
  const fake = slotFake({ dynamic: logicalSlot, cluster: published });

  await fake.turn();

  assert.deepEqual(fake.slots.happened, [], 'it is not made anew');
  assert.deepEqual([...fake.handler.lostPositions], [['l', lsnOf(950)]]);
  assert.match(fake.lines.join('\n'), /error .*'l' is not on this primary/u);
});

test('the slot of an absent member is given up where it keeps more than it may, and stays so', async () => {
  const dynamic = { member_slots_wal_budget: '1kB' };
  const members = [member('a', primaryMember), member('b')];
  const status = { lastLsn: lsnOf(1000), slots: {}, retainSlots: ['c'] };
  const fake = slotFake({ dynamic, cluster: { members, status } });
  const rows = [physicalRow('b'), physicalRow('c', { isActive: false, retainedBytes: 5000n })];
  const { sql } = fake.postgres.facts;
  assert.ok(sql !== null);
  fake.postgres.facts = { ...fake.postgres.facts, sql: { ...sql, slots: rows } };

  await fake.turn();
  assert.deepEqual(fake.slots.happened, ['drop c']);
  assert.match(fake.lines.join('\n'), /'c' of an absent member is given up/u);

  fake.postgres.facts = { ...fake.postgres.facts, sql: { ...sql, slots: rows.slice(0, 1) } };
  await fake.turn();
  assert.deepEqual(fake.slots.happened, ['drop c'], 'it is not made again');
  assert.deepEqual([...fake.handler.view().givenUp.keys()], ['c']);
});

test('the lease is renewed in every turn while every statement about slots hangs', async () => {
  const fake = slotFake({
    dynamic: logicalSlot,
    rows: [physicalRow('unknown', { isActive: false })],
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  fake.slots.hang = promise;
  const running = fake.agent.run();

  await fake.clock.advance(60_000);

  const renewals = fake.happened.filter((what) => what === 'update').length;
  assert.ok(renewals >= 6, `${renewals} renewals in 60 s`);
  assert.deepEqual(fake.slots.happened, ['drop unknown']);
  resolve();
  fake.agent.stop();
  await fake.clock.advance(1000);
  await running;
});
