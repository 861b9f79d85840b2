// Where records stand in the write-ahead log, and what their heads say.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lsnOf } from '#core/postgres/lsn.ts';
import { readWalRecord } from '#core/postgres/wal-record.ts';
import { isSegmentName, segmentOf } from '#core/postgres/wal-segment.ts';

const segmentBytes = 16 * 1024 * 1024;

/** Puts bytes where the server would: around the headers of the pages. */
function put(segment: Uint8Array, offset: number, bytes: Uint8Array): void {
  let position = offset;
  for (const byte of bytes) {
    if (position % 8192 === 0) position += position === 0 ? 40 : 24;
    segment[position] = byte;
    position += 1;
  }
}

function head(length: number, previous: bigint, info: number, manager: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setBigUint64(8, previous, true);
  view.setUint8(16, info);
  view.setUint8(17, manager);
  return bytes;
}

describe('segmentOf()', () => {
  it('names the file PostgreSQL would', () => {
    assert.deepEqual(segmentOf(1, lsnOf(0x3000060n), segmentBytes), {
      fileName: '000000010000000000000003',
      offset: 0x60,
    });
    assert.deepEqual(segmentOf(255, lsnOf(0x4148755c2ef40n), segmentBytes), {
      fileName: '000000FF0004148700000055',
      offset: 0xc2ef40,
    });
    assert.equal(
      segmentOf(1, lsnOf(0x1_4000_0000n), 1024 ** 3).fileName,
      '000000010000000100000001',
    );
    assert.ok(isSegmentName('000000010000000000000003.partial'));
    assert.ok(!isSegmentName('00000002.history'));
  });
});

describe('readWalRecord()', () => {
  it('finds the end of a record wherever it stands on its pages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 * 1024 - 1 }),
        fc.integer({ min: 24, max: 9000 }),
        fc.bigInt(0n, 0xffff_ffffn),
        (slot, length, previous) => {
          const segment = new Uint8Array(4 * 8192);
          const raw = slot * 8;
          const inPage = raw % 8192;
          const headerBytes = raw < 8192 ? 40 : 24;
          const offset = inPage < headerBytes ? raw - inPage + headerBytes : raw;
          put(segment, offset, head(length, previous, 0x00, 0));
          const lsn = lsnOf(0x3000000 + offset);
          const record = readWalRecord({ bytes: segment, start: 0 }, offset, lsn, true);
          const left = 8192 - (offset % 8192);
          const headers = length <= left ? 0 : Math.ceil((length - left) / (8192 - 24)) * 24;
          const end = Math.ceil((offset + length + headers) / 8) * 8;
          assert.deepEqual(record, {
            kind: 'shutdown-checkpoint',
            previousLsn: previous,
            endLsn: lsnOf(0x3000000 + end),
          });
        },
      ),
    );
  });

  it('tells a checkpoint from a switch and from everything else', () => {
    const kindOf = (info: number, manager: number): string | undefined => {
      const segment = new Uint8Array(8192);
      put(segment, 40, head(32, 0n, info, manager));
      return readWalRecord({ bytes: segment, start: 0 }, 40, lsnOf(40), true)?.kind;
    };
    assert.equal(kindOf(0x00, 0), 'shutdown-checkpoint');
    assert.equal(kindOf(0x10, 0), 'online-checkpoint');
    assert.equal(kindOf(0x40, 0), 'switch');
    assert.equal(kindOf(0x00, 1), 'other');
  });

  it('says nothing where no record can be', () => {
    const empty = { bytes: new Uint8Array(8192), start: 0 };
    assert.equal(readWalRecord(empty, 40, lsnOf(40), true), null);
  });
});
