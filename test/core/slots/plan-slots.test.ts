// Steps from the slots that are to those that should be, physical and logical.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { DesiredLogicalSlot, DesiredPhysicalSlot } from '#core/slots/desired-slot.ts';
import type { SlotsSnapshot } from '#core/slots/plan-slots.ts';
import { planSlots } from '#core/slots/plan-slots.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { SlotPlan } from '#core/slots/slot-plan.ts';
import { infoOf, logicalOf, wantedLogical, wantedPhysical, xidOf } from './samples.ts';

type Wanted = DesiredLogicalSlot | DesiredPhysicalSlot;

function snapshotOf(
  wanted: readonly Wanted[],
  existing: readonly SlotInfo[],
  more: Partial<SlotsSnapshot> = {},
): SlotsSnapshot {
  return {
    me: { name: 'l', role: 'primary' },
    isInRecovery: false,
    hasLeaderKey: true,
    leaderName: 'l',
    desired: {
      physical: new Map(
        wanted.flatMap((slot) => ('source' in slot ? [[slot.name, slot] as const] : [])),
      ),
      logical: new Map(
        wanted.flatMap((slot) => ('source' in slot ? [] : [[slot.name, slot] as const])),
      ),
    },
    existing,
    localLsn: lsnOf(1000),
    isStreamingFromLeader: true,
    droppableUnknown: new Set(existing.map(({ name }) => name)),
    config: { isPaused: false, ignoreSlots: [], permanentSlots: {} },
    ...more,
  };
}

const onReplica: Partial<SlotsSnapshot> = {
  me: { name: 'r', role: 'replica' },
  isInRecovery: true,
  hasLeaderKey: false,
};

function configured(more: Partial<SlotsSnapshot['config']>): Partial<SlotsSnapshot> {
  return { config: { isPaused: false, ignoreSlots: [], permanentSlots: {}, ...more } };
}

function shown(plan: SlotPlan): readonly string[] {
  return [
    ...plan.steps.map(({ kind, name }) => `${kind} ${name}`),
    ...plan.create.map(({ kind, name }) => `${kind} ${name}`),
    ...plan.advance.map(({ name, to }) => `advance-logical ${name} ${to}`),
    ...plan.copy.map(({ name }) => `copy-logical ${name}`),
    ...plan.reports.map(({ code, slot }) => `report ${code} ${slot}`),
  ];
}

function planned(...args: Parameters<typeof snapshotOf>): readonly string[] {
  return shown(planSlots(snapshotOf(...args)));
}

test('a new logical slot is created by the holder of the leader key, and copied by replicas', () => {
  assert.deepEqual(planned([wantedLogical('ls')], []), ['create-logical ls']);
  assert.deepEqual(planned([wantedLogical('ls')], [], onReplica), []);
  assert.deepEqual(planned([wantedLogical('ls', 800)], [], onReplica), ['copy-logical ls']);
});

test('INV-7: a primary without the leader key neither creates nor drops logical slots', () => {
  const without = { hasLeaderKey: false, leaderName: 'other' };
  const existing = [logicalOf('unknown'), logicalOf('changed', 500, { plugin: 'old' })];
  assert.deepEqual(planned([wantedLogical('ls'), wantedLogical('changed')], existing, without), []);
});

test('INV-7: a holder of the key that is still in recovery neither creates nor copies, but moves on', () => {
  const recovering = { ...onReplica, hasLeaderKey: true, leaderName: 'r' };
  const wanted = [wantedLogical('ls', 800), wantedLogical('here', 800)];
  assert.deepEqual(planned(wanted, [logicalOf('here'), logicalOf('unknown')], recovering), [
    'advance-logical here 800',
  ]);
});

test('INV-9: a slot whose consumer had a position is told when it is gone, not made anew', () => {
  const plan = planSlots(snapshotOf([wantedLogical('ls', 800)], []));
  assert.deepEqual(shown(plan), ['report missing ls']);
  assert.deepEqual([...plan.lostPositions], [['ls', 800n]]);
  assert.match(plan.reports[0]?.message ?? '', /confirmed up to 0\/320 only.*recreate_when_lost/u);
});

test('INV-9: a slot that lost its WAL is told and kept, with the position of its consumer', () => {
  for (const lost of [{ walStatus: 'lost' }, { invalidationReason: 'wal_removed' }]) {
    const plan = planSlots(
      snapshotOf([wantedLogical('ls', 800)], [logicalOf('ls', 790, { ...lost, restartLsn: null })]),
    );
    assert.deepEqual(shown(plan), ['report lost ls']);
    assert.deepEqual([...plan.lostPositions], [['ls', 790n]]);
  }
});

test('a lost slot is made anew where the configuration says so, and that is told', () => {
  const wanted = [wantedLogical('ls', 800, { isRecreatedWhenLost: true })];
  assert.deepEqual(planned(wanted, []), ['create-logical ls', 'report missing ls']);
  const lost = [logicalOf('ls', 790, { walStatus: 'lost' })];
  assert.deepEqual(planned(wanted, lost), ['drop ls', 'create-logical ls', 'report lost ls']);
  assert.deepEqual(planned(wanted, lost, configured({ isPaused: true })), ['report lost ls']);
});

test('another database or plugin in the configuration makes another slot of it', () => {
  const old = [logicalOf('ls', 500, { database: 'old' })];
  assert.deepEqual(planned([wantedLogical('ls', 800)], old), ['drop ls', 'create-logical ls']);
  assert.deepEqual(planned([wantedLogical('ls', 800)], old, onReplica), [
    'drop ls',
    'copy-logical ls',
  ]);
  const inUse = [logicalOf('ls', 500, { database: 'old', isActive: true })];
  assert.deepEqual(planned([wantedLogical('ls', 800)], inUse), ['report mismatch ls']);
});

test('a slot of the other kind is replaced', () => {
  assert.deepEqual(planned([wantedLogical('x')], [infoOf('x')]), ['drop x', 'create-logical x']);
  assert.deepEqual(planned([wantedPhysical('x')], [logicalOf('x')]), [
    'drop x',
    'create-physical x',
  ]);
});

test('a lost slot of a replica is copied over; one in use or to be ignored is not', () => {
  const wanted = [wantedLogical('ls', 800)];
  const lost = { isConflicting: true, walStatus: 'lost' };
  assert.deepEqual(planned(wanted, [logicalOf('ls', 500, lost)], onReplica), ['copy-logical ls']);
  const inUse = [logicalOf('ls', 500, { ...lost, isActive: true })];
  assert.deepEqual(planned(wanted, inUse, onReplica), []);
  assert.deepEqual(
    planned(wanted, [logicalOf('ls', 500, lost)], {
      ...onReplica,
      ...configured({ ignoreSlots: [{ name: 'ls' }] }),
    }),
    [],
  );
});

test('DEF-6: a slot that is already ahead, or whose target is unknown, is no reason to copy', () => {
  const ahead = [logicalOf('ls', 900)];
  assert.deepEqual(planned([wantedLogical('ls', 800)], ahead, onReplica), []);
  assert.deepEqual(planned([wantedLogical('ls')], ahead, onReplica), []);
  assert.deepEqual(
    planned([wantedLogical('ls', 800)], ahead, { ...onReplica, localLsn: null }),
    [],
  );
});

test('a standby that does not stream the leader’s history moves and copies nothing by its positions', () => {
  const apart = { ...onReplica, isStreamingFromLeader: false };
  assert.deepEqual(planned([wantedLogical('ls', 800)], [logicalOf('ls', 500)], apart), []);
  assert.deepEqual(planned([wantedLogical('ls', 800)], [], apart), []);
});

test('no slot is moved to where a leader that does not have it only remembers its consumer', () => {
  // That leader may have come after the position was lost: here it is another place.
  const remembered = [wantedLogical('ls', 800, { isLostOnLeader: true })];
  assert.deepEqual(planned(remembered, [logicalOf('ls', 500)], onReplica), []);
  assert.deepEqual(planned(remembered, []), ['report missing ls'], 'and nobody makes it anew');
});

test('a slot that is read on the standby is told instead of moved', () => {
  const read = [logicalOf('ls', 500, { isActive: true })];
  assert.deepEqual(planned([wantedLogical('ls', 800)], read, onReplica), ['report in-use ls']);
});

test('DEF-18: in pause nothing is dropped and nothing restarted for a copy', () => {
  const paused = configured({ isPaused: true });
  const existing = [
    logicalOf('unknown'),
    infoOf('old'),
    logicalOf('changed', 500, { plugin: 'old' }),
    infoOf('held', 50, { xmin: xidOf(7) }),
    infoOf('empty', null),
    logicalOf('native', 500, { isFailover: true }),
    logicalOf('behind', 500),
  ];
  const wanted = [
    ...['ls', 'changed', 'behind'].map((name) => wantedLogical(name, 800)),
    ...['held', 'empty'].map((name) => wantedPhysical(name)),
  ];
  assert.deepEqual(planned(wanted, existing, { ...onReplica, ...paused }), [
    'advance-logical behind 800',
    'report mismatch changed',
  ]);
  assert.deepEqual(planned([wantedLogical('new')], [], paused), ['create-logical new']);
});

test('AT-7: slots that ignore_slots fits survive as a replica and as a primary, the others do not', () => {
  const plain = { database: 'postgres', plugin: 'test_decoding' };
  const existing = [0, 1, 2, 3].map((number) => logicalOf(`unmanaged_${number}`, 500, plain));
  const ignoreSlots: readonly JsonObject[] = [
    { name: 'unmanaged_0', type: 'logical', ...plain },
    { name: 'unmanaged_1', ...plain },
    { name: 'unmanaged_2', database: 'postgres' },
    { name: 'unmanaged_3' },
  ];
  const all = [...existing, logicalOf('dummy_slot', 500, plain)];
  const ignoring = configured({ ignoreSlots });
  assert.deepEqual(planned([], all, ignoring), ['drop dummy_slot']);
  assert.deepEqual(planned([], all, { ...onReplica, ...ignoring }), ['drop dummy_slot']);
});

test('on a primary a logical slot nobody asks for stays until it was unknown for long enough', () => {
  const early = { droppableUnknown: new Set<string>() };
  assert.deepEqual(planned([], [logicalOf('sub')], early), []);
  assert.deepEqual(planned([], [logicalOf('sub')]), ['drop sub']);
  assert.deepEqual(planned([], [logicalOf('sub')], { ...onReplica, ...early }), ['drop sub']);
});

test('INV-4: what the server keeps by itself is never touched', () => {
  const synced = [logicalOf('native', 500, { isFailover: true, isSynced: true })];
  const wanted = [wantedLogical('native', 800, { isFailover: true })];
  assert.deepEqual(planned([], synced, onReplica), []);
  assert.deepEqual(planned([], synced), []);
  assert.deepEqual(planned(wanted, synced, onReplica), ['report left-to-server native']);
  assert.deepEqual(planned(wanted, synced), []);
  assert.deepEqual(planned(wanted, [], onReplica), []);
});

test('S-30: the own slot of a former primary makes room for the copy the server makes', () => {
  const former = [logicalOf('native', 500, { isFailover: true })];
  assert.deepEqual(planned([], former, onReplica), ['drop native']);
  assert.deepEqual(planned([], former), [], 'a primary keeps it');
  assert.deepEqual(planned([], former, { ...onReplica, leaderName: null }), []);
});

test('a slot whose configuration makes no sense is left alone', () => {
  const nonsense = configured({ permanentSlots: { ls: { type: 'logical' }, ph: 'physical' } });
  assert.deepEqual(planned([], [logicalOf('ls'), infoOf('ph')], nonsense), []);
  const removed = configured({ permanentSlots: { ph: null } });
  assert.deepEqual(planned([], [infoOf('ph')], removed), ['drop ph'], 'not for this member');
});

test('AT-15: nothing is dropped while nobody leads', () => {
  const unlocked = { leaderName: null, hasLeaderKey: false };
  const existing = [infoOf('old', 50, { xmin: xidOf(1) }), logicalOf('ls')];
  assert.deepEqual(planned([], existing, unlocked), []);
  assert.deepEqual(planned([], existing, { ...onReplica, ...unlocked }), []);
});

test('INV-15: what is wrong with one slot leaves the others to their steps', () => {
  const existing = [
    logicalOf('lost', 500, { walStatus: 'lost' }),
    logicalOf('changed', 500, { plugin: 'old', isActive: true }),
  ];
  const wanted = [
    wantedLogical('lost', 800),
    wantedLogical('changed', 800),
    wantedLogical('new'),
    wantedPhysical('member'),
  ];
  assert.deepEqual(planned(wanted, existing), [
    'create-physical member',
    'create-logical new',
    'report lost lost',
    'report mismatch changed',
  ]);
});
