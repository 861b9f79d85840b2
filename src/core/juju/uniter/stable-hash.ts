// A short fingerprint of plain data. The uniter keeps fingerprints of what it has shown to the charm and
// compares them with what there is now; it never needs the data back, and two equal values must agree
// however their keys were written down. It protects nothing: it is not a cryptographic hash.

/** 14 hexadecimal digits; equal for values that differ in the order of their keys only. */
export function stableHash(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(byKey)) : part,
  );
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const unit of codeUnits(text)) {
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = mix(high, low);
  low = mix(low, high);
  // 21 bits of one half and 32 of the other: two configurations meet once in some 10^15.
  return (4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}

function* codeUnits(text: string): Generator<number> {
  for (let index = 0; index < text.length; index += 1) yield text.charCodeAt(index);
}

function mix(word: number, other: number): number {
  return (
    Math.imul(word ^ (word >>> 16), 2_246_822_507) ^
    Math.imul(other ^ (other >>> 13), 3_266_489_909)
  );
}

function byKey(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
