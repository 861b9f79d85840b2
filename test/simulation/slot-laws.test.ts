// Each law of slots is broken once by a trace made for it, and holds for one that is in order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotSituation } from './check/slot-laws.ts';
import { SlotLaws } from './check/slot-laws.ts';
import type { SlotAsked } from './postgres/slot-asked.ts';
import type { Slot } from './postgres/slot-table.ts';
import { SlotTable, stateFileOf } from './postgres/slot-table.ts';
import { Wal } from './postgres/wal.ts';

const standby: SlotSituation = {
  member: 'm1',
  nowMs: 10_000,
  isPaused: false,
  isPrimary: false,
  isRunning: true,
  hasKey: false,
  isLooselyLed: false,
  flushedEnd: 5000,
  confirmedOf: () => 1000,
  publishedOf: () => 4000,
  isRecreated: () => false,
  ignored: new Set(['keep_me']),
  kept: new Set(['m2']),
  agent: {},
};
const primary: SlotSituation = { ...standby, isPrimary: true, hasKey: true };

function told(work: (laws: SlotLaws) => void): readonly string[] {
  const breaches: string[] = [];
  work(new SlotLaws((what) => breaches.push(what)));
  return breaches.map((what) => /^INV-[0-9a-z]+/u.exec(what)?.[0] ?? what);
}

function laws(
  situation: Partial<SlotSituation>,
  ...asked: readonly SlotAsked[]
): readonly string[] {
  const base = situation.isPrimary === true ? primary : standby;
  return told((judge) => {
    for (const one of asked) judge.asked({ ...base, ...situation }, one);
  });
}

function slotOf(name: string, change: Partial<Slot> = {}): Slot {
  return { ...new SlotTable().createPhysical(name, 1000), ...change };
}

function drop(slot: Slot): SlotAsked {
  return { kind: 'drop', slot, why: 'a test' };
}

test('INV-1: nobody drops a slot that is in use', () => {
  assert.deepEqual(laws({}, drop(slotOf('somebody', { user: {} }))), ['INV-1']);
  assert.deepEqual(laws({}, drop(slotOf('somebody'))), []);
});

test('INV-2: nobody drops what ignore_slots fits', () => {
  assert.deepEqual(laws({}, drop(slotOf('keep_me'))), ['INV-2']);
});

test('INV-3: in maintenance mode nothing is dropped or put in place', () => {
  assert.deepEqual(laws({ isPaused: true }, drop(slotOf('somebody'))), ['INV-3']);
  assert.deepEqual(laws({ isPaused: true, isRunning: false }, { kind: 'install', states: [] }), [
    'INV-3',
  ]);
});

test('INV-5: a slot is moved neither beyond what is published, nor beyond what is replayed, nor back', () => {
  const move = (to: number): SlotAsked => ({ kind: 'advance', name: 'cdc', to });
  assert.deepEqual(laws({}, move(4000)), []);
  assert.deepEqual(laws({}, move(4500)), ['INV-5']);
  assert.deepEqual(laws({ publishedOf: () => 9000 }, move(6000)), ['INV-5']);
  assert.deepEqual(laws({}, move(900)), ['INV-5']);
  assert.deepEqual(laws({ isPrimary: true }, move(3000)), ['INV-5']);
  assert.deepEqual(laws({ publishedOf: () => null }, move(3000)), ['INV-5']);
});

test('INV-6: nobody makes a slot of its own name', () => {
  assert.deepEqual(laws({}, { kind: 'create-physical', name: 'm1' }), ['INV-6']);
  assert.deepEqual(laws({}, { kind: 'create-physical', name: 'm2' }), []);
});

test('INV-7: only a primary with the key makes a logical slot from scratch', () => {
  const create: SlotAsked = { kind: 'create-logical', name: 'cdc' };
  assert.deepEqual(laws({ isPrimary: true }, create), []);
  assert.deepEqual(laws({ isPrimary: true, hasKey: false }, create), ['INV-7']);
  assert.deepEqual(laws({}, create), ['INV-7']);
  assert.deepEqual(laws({ hasKey: true }, create), ['INV-7']);
});

test('INV-8: PostgreSQL is stopped for a copy on a standby without the key, for what was checked', () => {
  const state = stateFileOf(logicalSlot(new Wal()), 0);
  const install = (bytes: Uint8Array): SlotAsked => ({ kind: 'install', states: [bytes] });
  assert.deepEqual(laws({ isRunning: false }, install(state)), []);
  assert.deepEqual(laws({}, install(state)), ['INV-8']);
  const damaged = state.map((byte, at) => (at === 99 ? byte ^ 1 : byte));
  assert.deepEqual(laws({ isRunning: false }, install(damaged)), ['INV-8']);
  assert.deepEqual(
    told((judge) => judge.stoppedForCopy(standby)),
    [],
  );
  assert.deepEqual(
    told((judge) => judge.stoppedForCopy({ ...standby, hasKey: true })),
    ['INV-8'],
  );
  assert.deepEqual(
    told((judge) => judge.stoppedForCopy({ ...standby, isPrimary: true })),
    ['INV-8'],
  );
});

test('INV-9: a slot whose consumer has a position is made anew only where it is asked for', () => {
  const created: SlotAsked = { kind: 'created-logical', slot: slotOf('cdc') };
  assert.deepEqual(laws({ isPrimary: true }, created), ['INV-9']);
  assert.deepEqual(laws({ isPrimary: true, isRecreated: () => true }, created), []);
  assert.deepEqual(laws({ isPrimary: true, publishedOf: () => null }, created), []);
});

test('INV-13: the slot of a member stays, but for one that holds the catalog back or is lost', () => {
  assert.deepEqual(laws({}, drop(slotOf('m2'))), ['INV-13']);
  const position = { restartLsn: 1000, confirmedFlushLsn: null, catalogXmin: 7 };
  assert.deepEqual(laws({}, drop(slotOf('m2', { position }))), []);
  assert.deepEqual(laws({}, drop(slotOf('m2', { isLost: true }))), []);
});

test('INV-15a: what failed is left alone for a moment', () => {
  const agent = {};
  const at = (nowMs: number): SlotSituation => ({ ...standby, agent, nowMs });
  const move: SlotAsked = { kind: 'advance', name: 'cdc', to: 4000 };
  const again = (pauseMs: number): readonly string[] =>
    told((judge) => {
      judge.asked(at(0), move);
      judge.asked(at(100), { kind: 'advance-failed', name: 'cdc' });
      judge.asked(at(100 + pauseMs), move);
    });
  assert.deepEqual(again(500), ['INV-15a']);
  assert.deepEqual(again(1000), []);
});

function logicalSlot(wal: Wal): Slot {
  return new SlotTable().createLogical('cdc', 'app', 'pgoutput', wal, 5);
}

test('INV-5, INV-10: a slot taken for safe has its catalog, and is not ahead of the history', () => {
  const wal = new Wal();
  const slot = logicalSlot(wal);
  const promoted = (unsafe: readonly string[], removedBefore: number, branchEnd = wal.end) => {
    const copy = new Wal();
    copy.append({ id: 9, kind: 'checkpoint', removedBefore }, 60);
    return told((judge) =>
      judge.promoted('m1', { slots: [slot], wal: copy, branchEnd }, new Set(unsafe)),
    );
  };
  assert.deepEqual(promoted([], 5), []);
  assert.deepEqual(promoted([], 6), ['INV-10']);
  assert.deepEqual(promoted(['cdc'], 6), []);
  assert.deepEqual(promoted([], 5, wal.end - 1), ['INV-5']);
});

test('a consumer that goes on behind rows it never got is found', () => {
  const wal = new Wal();
  const table = new SlotTable();
  const slot = table.createLogical('cdc', 'app', 'pgoutput', wal, 5);
  for (let id = 10; id < 20; id += 1) wal.append({ id, kind: 'write' }, 100);
  wal.flush();
  table.advanceLogical(slot, wal.end, wal);
  const seen = new Set(Array.from({ length: 10 }, (_, index) => index + 10));
  const attached = (): readonly string[] =>
    told((judge) => void judge.attached('m1', slot, wal, seen));
  assert.deepEqual(attached(), []);
  seen.delete(15);
  assert.match(attached()[0] ?? '', /misses 1 rows/u);
});

test('what was before a slot that its setting made anew is no consumer’s due, and what came later is', () => {
  const wal = new Wal();
  const slot = new SlotTable().createLogical('cdc', 'app', 'pgoutput', wal, 5);
  for (let id = 10; id < 20; id += 1) wal.append({ id, kind: 'write' }, 100);
  wal.flush();
  const confirmed = { ...slot.position, confirmedFlushLsn: wal.end };
  const endOf = (id: number): number => wal.records.find((record) => record.id === id)?.end ?? 0;
  const attached = (...missing: readonly number[]): readonly string[] =>
    told((judge) => {
      const anew = slotOf('cdc', { type: 'logical', birthLsn: endOf(15) });
      const situation = { ...primary, isRecreated: () => true };
      judge.asked(situation, { kind: 'created-logical', slot: anew });
      const seen = wal.records.map(({ id }) => id).filter((id) => !missing.includes(id));
      judge.attached('m2', { ...slot, position: confirmed }, wal, new Set(seen));
    });
  assert.deepEqual(attached(14, 15), []);
  assert.match(attached(15, 16)[0] ?? '', /misses 1 rows/u);
});
