// The snapshots PostgreSQL writes while it decodes, one file for a position. A logical slot whose restart_lsn has one
// goes on from it; without it decoding would have to wait for every transaction that ran there, and would pass over what
// is committed meanwhile. So a copied slot comes with its snapshot.

import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import { crc32c } from './crc32c.ts';

const magic = 0x51a1_e001;
/** Magic, checksum, version, length: the checksum is over what comes after it. */
const headerBytes = 16;
const checkedFrom = 8;

/** Below `pg_logical/snapshots`, for example `0-15000A8.snap`. */
export function snapshotFileName(lsn: Lsn): string {
  return `${formatLsn(lsn).replace('/', '-')}.snap`;
}

/** Whether a server would go on from these bytes. */
export function isSnapshotFile(bytes: Uint8Array): boolean {
  if (bytes.length <= headerBytes) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittleEndian = view.getUint32(0, true) === magic;
  if (view.getUint32(0, isLittleEndian) !== magic) return false;
  return view.getUint32(4, isLittleEndian) === crc32c(bytes.subarray(checkedFrom));
}
