// Reads the file in which PostgreSQL keeps a replication slot, to be sure of it before it is put in place on another
// member: a server that finds a bad one refuses to start. Sizes come from the file's own header, as they differ
// between versions.

import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { crc32c } from './crc32c.ts';
import type { Xid } from './xid.ts';
import { parseXid } from './xid.ts';

export interface StateFile {
  /** Of the layout, as the server that wrote it counts. */
  readonly version: number;
  readonly name: string;
  /** OID of its database as text; null for a physical slot. */
  readonly datoid: string | null;
  readonly catalogXmin: Xid | null;
  readonly restartLsn: Lsn | null;
  readonly confirmedFlushLsn: Lsn | null;
  /** Null where the layout is not known well enough to tell. */
  readonly plugin: string | null;
}

export type ReadStateFile =
  | { readonly kind: 'valid'; readonly file: StateFile }
  | { readonly kind: 'fault'; readonly why: string };

const magic = 0x0105_1ca1;

/** Magic, checksum, version, length: the checksum is over what comes after it. */
const headerBytes = 16;
const checkedFrom = 8;
const nameBytes = 64;

/** Name, database, persistency, xmin, catalog_xmin, restart_lsn, invalidation, confirmed_flush. */
const commonBytes = 120;

/** No version has come near it; what claims more is no such file. */
const mostBytes = 65_536;

/** Where the plugin's name begins, by the length the header gives: PostgreSQL 13, and 14 to 18. */
const pluginOffsets: ReadonlyMap<number, number> = new Map([
  [168, 120],
  [184, 129],
]);

function fault(why: string): ReadStateFile {
  return { kind: 'fault', why };
}

/** A name ends at its first zero byte; null where it has none, or a character no name has. */
function nameAt(bytes: Uint8Array, offset: number, pattern: RegExp): string | null {
  const field = bytes.subarray(offset, offset + nameBytes);
  const end = field.indexOf(0);
  if (end < 0) return null;
  const name = String.fromCharCode(...field.subarray(0, end));
  return pattern.test(name) ? name : null;
}

function position(view: DataView, offset: number, isLittleEndian: boolean): Lsn | null {
  const value = view.getBigUint64(offset, isLittleEndian);
  return value === 0n ? null : lsnOf(value);
}

/** The slot a state file holds, or why it is none that a server would start with. */
export function readStateFile(bytes: Uint8Array): ReadStateFile {
  if (bytes.length < headerBytes + commonBytes || bytes.length > mostBytes) {
    return fault(`it has ${bytes.length} bytes, which no slot's state has`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Both sides of a physical replication have the same order of bytes, and the magic shows which.
  const isLittleEndian = view.getUint32(0, true) === magic;
  const found = view.getUint32(0, isLittleEndian);
  if (found !== magic) {
    return fault(`it begins with ${found.toString(16)} instead of ${magic.toString(16)}`);
  }
  const length = view.getUint32(12, isLittleEndian);
  if (length !== bytes.length - headerBytes) {
    return fault(`its header counts ${length} bytes, and ${bytes.length - headerBytes} follow it`);
  }
  const sum = crc32c(bytes.subarray(checkedFrom));
  const kept = view.getUint32(4, isLittleEndian);
  if (sum !== kept) {
    return fault(`its checksum is ${kept.toString(16)}, and its bytes give ${sum.toString(16)}`);
  }
  return readBody(bytes, view, isLittleEndian, length);
}

function readBody(
  bytes: Uint8Array,
  view: DataView,
  isLittleEndian: boolean,
  length: number,
): ReadStateFile {
  const name = nameAt(bytes, headerBytes, /^[a-z0-9_]{1,63}$/u);
  if (name === null) return fault('it holds no name a slot can have');
  // RS_PERSISTENT is 0; any other one is gone with the session that made it.
  if (view.getUint32(84, isLittleEndian) !== 0) return fault('it is being created, or temporary');
  const datoid = view.getUint32(80, isLittleEndian);
  const pluginOffset = pluginOffsets.get(length);
  return {
    kind: 'valid',
    file: {
      version: view.getUint32(8, isLittleEndian),
      name,
      datoid: datoid === 0 ? null : String(datoid),
      catalogXmin: parseXid(view.getUint32(92, isLittleEndian)),
      restartLsn: position(view, 96, isLittleEndian),
      confirmedFlushLsn: position(view, 112, isLittleEndian),
      plugin:
        pluginOffset === undefined ? null : nameAt(bytes, pluginOffset, /^[\u0020-\u00ff]*$/u),
    },
  };
}
