// Text, bytes and base64, in plain arithmetic: this floor has no runtime to ask.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-8 bytes of a text. A lone surrogate becomes the replacement character. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const found = character.codePointAt(0) ?? 0;
    const code = found >= 0xd800 && found <= 0xdfff ? 0xfffd : found;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return Uint8Array.from(bytes);
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** The text of UTF-8 bytes, or null when they are none: truncated, overlong or out of range. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  let text = '';
  for (let index = 0; index < bytes.length;) {
    const lead = bytes[index] ?? 0;
    const length = sequenceLength(lead);
    if (length === 0 || index + length > bytes.length) return null;
    let code = length === 1 ? lead : lead & (0x7f >> length);
    for (const byte of bytes.subarray(index + 1, index + length)) {
      if (byte >> 6 !== 0b10) return null;
      code = (code << 6) | (byte & 0x3f);
    }
    if (!isShortest(code, length)) return null;
    text += String.fromCodePoint(code);
    index += length;
  }
  return text;
}

/** Bytes of the sequence a first byte begins; 0 for a byte that begins none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >> 5 === 0b110) return 2;
  if (lead >> 4 === 0b1110) return 3;
  return lead >> 3 === 0b11110 ? 4 : 0;
}

/** Refuses overlong spellings, surrogates and what lies beyond Unicode. */
function isShortest(code: number, length: number): boolean {
  const least = [0, 0, 0x80, 0x800, 0x1_0000][length] ?? 0;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= least && code <= 0x10_ffff && !isSurrogate;
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(index, index + 3);
    const group = (first << 16) | (second << 8) | third;
    const present = Math.min(3, bytes.length - index);
    for (let digit = 0; digit < 4; digit++) {
      text += digit > present ? '=' : (alphabet[(group >> (18 - 6 * digit)) & 0x3f] ?? '');
    }
  }
  return text;
}

/** The bytes of padded standard base64, or null when the text is none. Line breaks are skipped, as Go does. */
export function decodeBase64(text: string): Uint8Array | null {
  const clean = text.replace(/[\r\n]/gu, '');
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(clean)) return null;
  const bytes: number[] = [];
  for (let index = 0; index < clean.length; index += 4) {
    const digits = Array.from(clean.slice(index, index + 4));
    const padding = digits.filter((digit) => digit === '=').length;
    let group = 0;
    for (const digit of digits) group = (group << 6) | Math.max(0, alphabet.indexOf(digit));
    const all = [(group >> 16) & 0xff, (group >> 8) & 0xff, group & 0xff];
    bytes.push(...all.slice(0, 3 - padding));
  }
  return Uint8Array.from(bytes);
}
