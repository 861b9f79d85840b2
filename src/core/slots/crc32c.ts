// CRC-32C (Castagnoli), by which PostgreSQL guards what it keeps in its small files.

/** The polynomial 0x1EDC6F41, bits reversed. */
const polynomial = 0x82f6_3b78;

const table: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
  return rest >>> 0;
});

/** The sum over all of these bytes, 32 bits without a sign. */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  return (sum ^ 0xffff_ffff) >>> 0;
}
