// What a leader publishes of slots: whose stay, before they are made, and which it does not have itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTurn } from '#agent/turn.ts';
import type { Status } from '#core/dcs/cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { member, primaryMember } from '../../core/ha/worlds.ts';
import { settle } from '../virtual-clock.ts';
import { logicalRow, logicalSlot, slotFake } from './slot-parts.ts';
import type { SlotFake } from './slot-parts.ts';

const members = [member('a', primaryMember), ...['b', 'c', 'd'].map((name) => member(name))];

/** The leader `a` of four, which has no slot for `d` yet; everything that happens goes to `fake.happened`. */
function joined(): SlotFake {
  const fake = slotFake({ cluster: { members } });
  const { apply } = fake.slots.port;
  fake.slots.port.apply = async (steps, withinMs) => {
    for (const { kind, name } of steps) fake.happened.push(`${kind} ${name}`);
    return apply(steps, withinMs);
  };
  return fake;
}

test('INV-13: a member is retained in /status before its slot is made', async () => {
  const fake = joined();
  let retained: readonly string[] = [];
  const { writeStatus } = fake.dcs;
  fake.dcs.writeStatus = async (status) => {
    retained = status.retainSlots;
    return writeStatus(status);
  };

  await runTurn(fake.context);
  await settle();

  assert.deepEqual(retained, ['a', 'b', 'c', 'd']);
  const order = fake.happened.filter((what) => /writeStatus|create-physical/u.test(what));
  assert.deepEqual(order, ['writeStatus', 'create-physical d']);
});

test('a slot is made also where /status can not be written: without it its member gets no WAL', async () => {
  const fake = joined();
  fake.dcs.writeStatus = async () => {
    fake.dcs.isAway = true;
    return fake.dcs.setHistory([]);
  };

  await runTurn(fake.context);
  await settle();

  assert.ok(fake.happened.includes('create-physical d'));
  assert.match(fake.lines.join('\n'), /etcd does not answer/u);
});

test('a position that is only remembered is published as that of a lost slot', async () => {
  const status = { lastLsn: lsnOf(1000), slots: { l: lsnOf(950) }, retainSlots: [] };
  const fake = slotFake({ dynamic: logicalSlot, cluster: { status } });
  const written: Status[] = [];
  fake.dcs.writeStatus = async (news) => {
    written.push(news);
    return Promise.resolve(true);
  };

  await runTurn(fake.context);
  await settle();
  fake.setRows([logicalRow('l')]);
  await runTurn(fake.context);
  await settle();
  await runTurn(fake.context);

  const [first, , last] = written;
  assert.deepEqual([first?.slots['l'], first?.lostSlots], [950n, ['l']]);
  assert.deepEqual([last?.slots['l'], last?.lostSlots], [900n, []]);
});
