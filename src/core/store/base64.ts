// Keys and values as the JSON gateway carries them. Inside the store bytes are strings of characters below 256,
// which sort as bytes do.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/** Null for a text that is no base64 in the standard alphabet with padding. */
export function decodeBase64(text: string): string | null {
  if (!pattern.test(text)) return null;
  let bytes = '';
  for (let at = 0; at < text.length; at += 4) {
    const digits = [0, 1, 2, 3].map((offset) => alphabet.indexOf(text.charAt(at + offset)));
    const group = digits.reduce((sum, digit) => sum * 64 + Math.max(digit, 0), 0);
    const padding = digits.filter((digit) => digit < 0).length;
    const all = String.fromCharCode((group >> 16) & 255, (group >> 8) & 255, group & 255);
    bytes += all.slice(0, 3 - padding);
  }
  return bytes;
}

export function encodeBase64(bytes: string): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const part = bytes.slice(at, at + 3);
    const group = [0, 1, 2].reduce((sum, offset) => sum * 256 + byteAt(part, offset), 0);
    const digits = [18, 12, 6, 0].map((shift) => alphabet.charAt((group >> shift) & 63));
    text += digits
      .slice(0, part.length + 1)
      .join('')
      .padEnd(4, '=');
  }
  return text;
}

/** 0 beyond the end. */
function byteAt(bytes: string, at: number): number {
  return at < bytes.length ? bytes.charCodeAt(at) : 0;
}
