// Positions in the write-ahead log, as absolute bytes. Real clusters pass 2^50, so they are BigInt.

declare const lsnBrand: unique symbol;

/** A position in the write-ahead log in bytes from its beginning; made by the functions here only. */
export type Lsn = bigint & { readonly [lsnBrand]: true };

const pattern = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/iu;
const largest = 0xffff_ffff_ffff_ffffn;

/** The position of this many bytes. Throws `RangeError` where PostgreSQL could not have such a one. */
export function lsnOf(bytes: bigint | number): Lsn {
  const value = BigInt(bytes);
  if (value < 0n || value > largest) {
    throw new RangeError(`Cannot take ${value} as a WAL position: it has 64 bits without a sign`);
  }
  return value as Lsn;
}

/** Reads `X/Y` in hexadecimal; null for any other text. */
export function parseLsn(text: string): Lsn | null {
  const [, high = '', low = ''] = pattern.exec(text) ?? [];
  return high === '' ? null : lsnOf(BigInt(`0x${high}`) * 0x1_0000_0000n + BigInt(`0x${low}`));
}

/** As PostgreSQL prints it: upper-case hexadecimal without leading zeros, for example `0/303A`. */
export function formatLsn(lsn: Lsn): string {
  const high = (lsn / 0x1_0000_0000n).toString(16).toUpperCase();
  return `${high}/${(lsn % 0x1_0000_0000n).toString(16).toUpperCase()}`;
}
