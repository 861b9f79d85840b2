// The slots of a server of the model: what keeps them, what takes them, and what a standby tells of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRandom } from '#core/random.ts';
import { parseXid, isXidBefore } from '#core/slots/xid.ts';
import { readStateFile } from '#core/slots/state-file.ts';
import { DataDirectory } from './postgres/data-directory.ts';
import type { Slot } from './postgres/slot-table.ts';
import { slotInfo, stateFileOf, xidOf } from './postgres/slot-table.ts';

let id = 100;

function write(directory: DataDirectory, count: number): void {
  for (let written = 0; written < count; written += 1) {
    id += 1;
    directory.wal.append({ id, kind: 'write' }, 200);
  }
  directory.wal.flush();
}

/** A data directory with writes and a logical slot that has confirmed all of them. */
function withSlot(): { readonly directory: DataDirectory; readonly slot: Slot } {
  const directory = new DataDirectory('7');
  const { slots, wal } = directory;
  const slot = slots.createLogical('cdc', 'app', 'pgoutput', wal, id);
  write(directory, 10);
  slots.advanceLogical(slot, wal.end, wal);
  return { directory, slot };
}

test('a slot moves forward only, and keeps what decoding begins from behind its consumer', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10), { maxLength: 20 }), (steps) => {
      const { directory, slot } = withSlot();
      const { slots, wal } = directory;
      write(directory, 10);
      const base = wal.end - 2000;
      for (const step of steps) {
        const before = slot.position;
        slots.advanceLogical(slot, base + step * 200, wal);
        const { restartLsn, confirmedFlushLsn, catalogXmin } = slot.position;
        assert.ok((confirmedFlushLsn ?? 0) >= (before.confirmedFlushLsn ?? 0));
        assert.ok((restartLsn ?? 0) >= (before.restartLsn ?? 0));
        assert.ok((catalogXmin ?? 0) >= (before.catalogXmin ?? 0));
        assert.ok((restartLsn ?? 0) <= (confirmedFlushLsn ?? 0));
      }
    }),
  );
});

test('a crash takes what was not on disk, and a clean stop nothing', () => {
  const { directory, slot } = withSlot();
  const { confirmedFlushLsn } = slot.position;
  directory.slots.save();
  slot.position = { ...slot.position, confirmedFlushLsn: (confirmedFlushLsn ?? 0) + 60 };
  directory.crash(createRandom(1));
  assert.equal(slot.position.confirmedFlushLsn, confirmedFlushLsn);
});

test('neither a clone nor a rewind brings slots along, and what was there is gone', () => {
  const { directory } = withSlot();
  const other = new DataDirectory('');
  other.slots.createPhysical('archive', 1);
  other.copyFrom(directory);
  assert.deepEqual(other.slots.all, []);
  assert.equal(directory.slots.all.length, 1);
});

test('its state file is one that a server starts with, and says the same of the slot', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 99_000, 0xffff_ff00), (base) => {
      const { directory, slot } = withSlot();
      directory.slots.save();
      const state = stateFileOf(slot, base);
      assert.equal(state.length, 200);
      const read = readStateFile(state);
      assert.ok(read.kind === 'valid');
      assert.deepEqual([read.file.name, read.file.plugin], ['cdc', 'pgoutput']);
      const other = new DataDirectory('7');
      assert.ok(other.slots.restore(state, slot.birthLsn, 'app', base));
      const [here, there] = [slot, other.slots.get('cdc')].map((one) =>
        one == null ? null : slotInfo(one, directory.wal.end, base),
      );
      assert.deepEqual(there, here);
    }),
  );
});

test('transaction ids go round, and later ones stay later', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff_ffff),
      fc.nat(1_000_000),
      fc.integer({ min: 1, max: 10_000 }),
      (base, one, more) => {
        const [earlier, later] = [xidOf(one, base), xidOf(one + more, base)].map((xid) =>
          parseXid(xid),
        );
        assert.ok(earlier != null && later != null && isXidBefore(earlier, later));
      },
    ),
  );
});

test('the oldest need of any slot that is not lost is what holds the catalog back', () => {
  const { directory, slot } = withSlot();
  const physical = directory.slots.createPhysical('m2', 1);
  directory.slots.takeFeedback(physical, 7);
  assert.equal(directory.slots.oldestCatalogXmin, 7);
  directory.slots.takeFeedback(physical, null);
  assert.equal(directory.slots.oldestCatalogXmin, slot.position.catalogXmin);
  slot.isLost = true;
  assert.equal(directory.slots.oldestCatalogXmin, null);
});
