// State files of slots: taken from a server, and damaged in every way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { crc32c } from '#core/slots/crc32c.ts';
import { readStateFile } from '#core/slots/state-file.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { fileOfServer, sealed, sealedCopy } from './state-files.ts';

test('the checksum is CRC-32C', () => {
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe306_9283);
  assert.equal(crc32c(new Uint8Array()), 0);
});

test('a file that PostgreSQL 15 wrote is read', () => {
  assert.deepEqual(readStateFile(fileOfServer('logical')), {
    kind: 'valid',
    file: {
      version: 2,
      name: 'ls',
      datoid: '5',
      catalogXmin: 724,
      restartLsn: lsnOf(0x15007c8),
      confirmedFlushLsn: lsnOf(0x1500800),
      plugin: 'test_decoding',
    },
  });
  const physical = readStateFile(fileOfServer('physical'));
  assert.ok(physical.kind === 'valid');
  assert.deepEqual(
    [physical.file.name, physical.file.datoid, physical.file.plugin],
    ['ph', null, ''],
  );
});

test('a file with any one bit turned is refused', () => {
  const bytes = fileOfServer('logical');
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(readStateFile(damaged).kind, 'fault');
    }),
  );
});

test('a file that is cut short or goes on is refused, and no bytes at all make it throw', () => {
  const bytes = fileOfServer('logical');
  for (const length of [0, 15, 16, 135, 199]) {
    assert.equal(readStateFile(bytes.subarray(0, length)).kind, 'fault', String(length));
  }
  assert.equal(readStateFile(Uint8Array.from([...bytes, 0])).kind, 'fault');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (any) => {
      assert.equal(readStateFile(any).kind, 'fault');
    }),
  );
});

test('the length comes from the header, so that a longer layout of a later version is read', () => {
  const longer = Uint8Array.from([...fileOfServer('logical'), ...new Uint8Array(16)]);
  const view = new DataView(longer.buffer);
  view.setUint32(8, 9, true);
  view.setUint32(12, longer.length - 16, true);
  const read = readStateFile(sealed(longer));
  assert.ok(read.kind === 'valid');
  assert.equal(read.file.version, 9);
  assert.equal(read.file.name, 'ls');
  assert.equal(read.file.plugin, null, 'where it stands there is not known');
});

test('a slot that is still being created is refused', () => {
  const read = readStateFile(sealedCopy('logical', (view) => view.setUint32(84, 1, true)));
  assert.ok(read.kind === 'fault');
  assert.match(read.why, /being created/u);
});
