// Copying logical slots: PostgreSQL is stopped for files that were checked, on a member that still follows who they came
// from, and is running again afterwards whatever happened.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { fileOfServer } from '../../core/slots/state-files.ts';
import { cluster } from '../../core/ha/worlds.ts';
import { settle } from '../virtual-clock.ts';
import type { SlotFake } from './slot-parts.ts';
import { logicalRow, slotFake } from './slot-parts.ts';

/** As the server that wrote the file called it. */
const dynamic = {
  slots: { ls: { type: 'logical', database: 'app', plugin: 'test_decoding' } },
} as const;
const published = {
  status: { lastLsn: lsnOf(1000), slots: { ls: lsnOf(950) }, retainSlots: [] },
} as const;

function fetchedSlot(state: Uint8Array): FetchedSlot {
  return { slot: slotInfoOf(logicalRow('ls')), state };
}

function replica(state: Uint8Array = fileOfServer('logical')): SlotFake {
  const fake = slotFake({ name: 'b', dynamic, cluster: published });
  fake.slots.fetched = [fetchedSlot(state)];
  return fake;
}

async function copied(fake: SlotFake): Promise<void> {
  await fake.turn();
  await fake.clock.advance(2000);
  await fake.context.executor.idle();
  await settle();
}

test('a checked file is put in place by one stop and one start', async () => {
  const fake = replica();

  await copied(fake);

  const done = fake.happened.filter((what) => /^(?:stop|start)/u.test(what));
  assert.deepEqual(done, ['stop fast', 'start replica']);
  assert.ok(fake.slots.happened.includes('install ls'));
  assert.deepEqual([...fake.handler.readiness.pending.keys()], ['ls']);
  assert.equal(fake.handler.view().counters.copyRestarts, 1);
});

test('a slot that was just copied does not have the server restarted for it again', async () => {
  const fake = replica();
  await copied(fake);

  await copied(fake);

  assert.equal(fake.happened.filter((what) => what === 'stop fast').length, 1);
});

test('a broken file stops nobody', async () => {
  const broken = fileOfServer('logical');
  broken[20] = (broken[20] ?? 0) ^ 1;
  const fake = replica(broken);

  await copied(fake);

  assert.ok(!fake.happened.some((what) => what.startsWith('stop')));
  assert.match(fake.lines.join('\n'), /state on the primary can't be used/u);
});

test('nobody is stopped for files of somebody who does not lead any more', async () => {
  const fake = replica();
  const { fetchLeaderSlots } = fake.slots.port;
  fake.slots.port.fetchLeaderSlots = async (...asked) => {
    const found = await fetchLeaderSlots(...asked);
    fake.context.state.cluster = cluster('c');
    return found;
  };

  await copied(fake);

  assert.ok(!fake.happened.some((what) => what.startsWith('stop')));
  assert.match(fake.lines.join('\n'), /a does not lead any more/u);
});

test('a server that does not start with a slot is started without it', async () => {
  const fake = replica();
  fake.postgres.startOutcome = { kind: 'failed', why: 'PANIC' };
  const { remove } = fake.slots.port;
  fake.slots.port.remove = async (name) => {
    fake.postgres.startOutcome = { kind: 'running' };
    await remove(name);
  };

  await copied(fake);

  assert.ok(fake.slots.happened.includes('remove ls'));
  assert.equal(fake.postgres.facts.isRunning, true);
});
