// Whether a standby that does not stream learns that its WAL is gone, and what it does then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standbySql } from '../../core/ha/worlds.ts';
import { settle } from '../virtual-clock.ts';
import type { SlotFake } from './slot-parts.ts';
import { slotFake } from './slot-parts.ts';

const notStreaming = { ...standbySql, receiverState: null, receivedTimeline: null };

function silent(more: Partial<typeof standbySql> = {}): SlotFake {
  const fake = slotFake({ name: 'b' });
  fake.postgres.facts = { ...fake.postgres.facts, sql: { ...notStreaming, ...more } };
  return fake;
}

function passedOver(fake: SlotFake): string | null {
  return fake.context.state.memory.detour?.around ?? null;
}

/** Turns over so many seconds. */
async function wait(fake: SlotFake, seconds = 10): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await fake.turn();
    await fake.clock.advance(1000);
  }
  await settle();
}

test('a standby that the leader has no WAL for learns so, and forgets it once it streams', async () => {
  const fake = silent();
  fake.slots.hasLeaderWal = false;

  await wait(fake);
  assert.equal(fake.context.state.memory.walGap?.against, 'a@1');
  assert.match(fake.lines.join('\n'), /a does not have the WAL from .* on any more/u);

  fake.postgres.facts = { ...fake.postgres.facts, sql: standbySql };
  await fake.turn();
  assert.equal(fake.context.state.memory.walGap, null);
});

test('a leader that has the WAL, or can not be asked, is waited for', async () => {
  for (const hasLeaderWal of [true, null]) {
    const fake = silent();
    fake.slots.hasLeaderWal = hasLeaderWal;
    await wait(fake);
    assert.equal(fake.context.state.memory.walGap, null);
  }
});

test('a standby with an archive is left to it', async () => {
  const fake = silent({ restoreCommand: 'cp /archive/%f %p' });
  fake.slots.hasLeaderWal = false;

  await wait(fake);

  assert.equal(fake.context.state.memory.walGap, null);
});

test('a standby that gets nothing from another one goes round it, and back once it has caught up', async () => {
  const fake = silent();
  const { state } = fake.context;
  state.config = { ...state.config, tags: { ...state.config.tags, replicatefrom: 'c' } };
  fake.slots.hasLeaderWal = true;

  await wait(fake);
  assert.equal(passedOver(fake), null, 'it may only be restarting');
  await wait(fake);
  assert.equal(passedOver(fake), 'c');
  assert.match(fake.lines.join('\n'), /gets no WAL from c, and follows the leader a/u);

  fake.postgres.facts = { ...fake.postgres.facts, sql: standbySql };
  await wait(fake);
  assert.equal(passedOver(fake), 'c', 'not to and fro');
  await wait(fake, 60);
  assert.equal(passedOver(fake), null);
});

test('a receiver that streams for an instant, again and again, is no streaming one', async () => {
  const fake = silent();
  fake.slots.hasLeaderWal = false;
  const { facts } = fake.postgres;
  for (let look = 0; look < 40; look += 1) {
    fake.postgres.facts = look % 2 === 0 ? facts : { ...facts, sql: standbySql };
    await fake.turn();
    await fake.clock.advance(250);
    await settle();
  }
  assert.match(fake.lines.join('\n'), /a does not have the WAL from .* on any more/u);
});

test('a standby of the leader has nobody to go round', async () => {
  const fake = silent();
  fake.slots.hasLeaderWal = true;
  await wait(fake, 30);
  assert.equal(passedOver(fake), null);
});
