// The snapshot that comes with a copied slot: its name, and whether its bytes are what a server wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lsnOf, parseLsn } from '#core/postgres/lsn.ts';
import { crc32c } from '#core/slots/crc32c.ts';
import { isSnapshotFile, snapshotFileName } from '#core/slots/snapshot-file.ts';

function snapshotOf(content: Uint8Array, isLittleEndian = true): Uint8Array {
  const bytes = new Uint8Array(8 + content.length);
  bytes.set(content, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x51a1_e001, isLittleEndian);
  view.setUint32(4, crc32c(content), isLittleEndian);
  return bytes;
}

const anyContent = fc.uint8Array({ minLength: 16, maxLength: 300 });

test('its name is the position as PostgreSQL prints it, with a dash', () => {
  assert.equal(snapshotFileName(lsnOf(0x1500_0a80)), '0-15000A80.snap');
  assert.equal(snapshotFileName(parseLsn('16/B374D848') ?? lsnOf(0)), '16-B374D848.snap');
});

test('a whole file is one, of either order of bytes', () => {
  fc.assert(
    fc.property(anyContent, fc.boolean(), (content, isLittleEndian) => {
      assert.equal(isSnapshotFile(snapshotOf(content, isLittleEndian)), true);
    }),
  );
});

test('a file that was changed or cut anywhere is none', () => {
  fc.assert(
    fc.property(anyContent, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, place, mask) => {
      const bytes = snapshotOf(content);
      const at = place % bytes.length;
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ mask;
      assert.equal(isSnapshotFile(changed), false);
      assert.equal(isSnapshotFile(bytes.subarray(0, at)), false);
    }),
  );
});

test('a file without content is none', () => {
  assert.equal(isSnapshotFile(new Uint8Array(0)), false);
  assert.equal(isSnapshotFile(snapshotOf(new Uint8Array(0))), false);
});
