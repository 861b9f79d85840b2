// State files of slots for tests: two as a server wrote them, and changes of them with a right checksum.

import { crc32c } from '#core/slots/crc32c.ts';

/** As PostgreSQL 15 on a machine with the low byte first wrote them. Zeros that repeat are counted in brackets. */
const written = {
  logical:
    'a11c05018c0f35a502000000b80000006c73[62]05[11]d4020000c8075001[13]085001[13]746573745f6465636f64696e67[58]',
  physical: 'a11c0501213e8d4e02000000b80000007068[78]18075001[100]',
} as const;

export type Written = keyof typeof written;

export function fileOfServer(kind: Written): Uint8Array {
  const hex = written[kind].replaceAll(/\[(\d+)\]/gu, (_, count: string) =>
    '00'.repeat(Number(count)),
  );
  return Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The same bytes with the checksum they should have. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(4, crc32c(copy.subarray(8)), true);
  return copy;
}

/** A file of the server, changed. */
export function sealedCopy(kind: Written, change: (view: DataView) => void): Uint8Array {
  const copy = fileOfServer(kind);
  change(new DataView(copy.buffer));
  return sealed(copy);
}
