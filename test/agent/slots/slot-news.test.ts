// When other slots are a reason for a turn, and which cluster slot work sees while the store is away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterForSlots } from '#agent/slots/cluster-for-slots.ts';
import { isSlotNews } from '#agent/slots/status-news.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { cluster } from '../../core/ha/worlds.ts';
import { slotFake } from './slot-parts.ts';

const known = { lastLsn: lsnOf(1), slots: { a: lsnOf(1), b: lsnOf(2) }, retainSlots: [] };

test('positions are no news, other slots are', () => {
  assert.equal(isSlotNews('{"optime":9,"slots":{"b":8,"a":7}}', known), false);
  assert.equal(isSlotNews('{"optime":9,"slots":{"a":7}}', known), true);
  assert.equal(isSlotNews('{"optime":9,"slots":{"a":7,"c":7}}', known), true);
  assert.equal(isSlotNews('9', known), true);
  assert.equal(isSlotNews('{"slots":{"a":7}}', null), true);
});

const away = { kind: 'error', why: 'it does not answer', cached: cluster('a') } as const;

test('without the store and without failsafe_mode slots are left alone', () => {
  assert.equal(clusterForSlots(slotFake().context, away), null);
});

test('a leader that goes on without the store knows how far members are from their answers', () => {
  const { context } = slotFake({ dynamic: { failsafe_mode: true } });
  context.state.isLeadingByFailsafe = true;
  context.state.failsafePositions = new Map([['c', lsnOf(4711)]]);

  const found = clusterForSlots(context, away);

  const positions = found?.members.map(({ name, xlogLocation }) => `${name} ${xlogLocation}`);
  assert.deepEqual(positions, ['a 1000', 'b 1000', 'c 4711']);
});

test('a standby knows the positions of slots from the leader, for one ttl', async () => {
  const { context, clock } = slotFake({ name: 'b', dynamic: { failsafe_mode: true } });
  context.state.failsafeSender = {
    name: 'a',
    apiUrl: 'http://10.0.0.1:8008/patroni',
    connUrl: 'postgres://10.0.0.1:5432/postgres',
    slots: { l: 4711, broken: 'nonsense' },
    untilMs: clock.monotonicMs() + 30_000,
  };

  const found = clusterForSlots(context, away);
  assert.equal(found?.leader?.name, 'a');
  assert.deepEqual(found.status.slots, { l: lsnOf(4711) });

  await clock.advance(30_000);
  assert.equal(clusterForSlots(context, away), null);
});
