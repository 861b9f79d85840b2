// Rows in the text format of COPY, gathered in one block of memory: a tab between columns, a line feed after
// each row, `\N` for null. The hot path of ingestion writes here, so nothing is allocated per row.

import { isUtf8 } from 'node:buffer';

export const tab = 0x09;
export const lineFeed = 0x0a;
const backslash = 0x5c;

/** What it is made anew with once a large row has passed. */
const usualBytes = 256 * 1024;

/** Escapes of COPY for single bytes; 0: none. */
const copyEscapes = new Uint8Array(128);
copyEscapes[0x08] = 0x62;
copyEscapes[0x09] = 0x74;
copyEscapes[0x0a] = 0x6e;
copyEscapes[0x0b] = 0x76;
copyEscapes[0x0c] = 0x66;
copyEscapes[0x0d] = 0x72;
copyEscapes[backslash] = backslash;

export class CopyBuffer {
  bytes: Buffer = Buffer.allocUnsafe(usualBytes);
  length = 0;

  /** Makes sure that so many more bytes fit; `bytes` may be another one afterwards. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** What was gathered; overwritten once `clear` was called and more comes. */
  content(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > 16 * usualBytes) this.bytes = Buffer.allocUnsafe(usualBytes);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** ASCII that needs no escape. */
  ascii(text: string): void {
    this.reserve(text.length);
    this.bytes.write(text, this.length, 'latin1');
    this.length += text.length;
  }

  null(): void {
    this.ascii('\\N');
  }

  /** A column from text. The text has no NUL: see `isStorable`. */
  text(value: string): void {
    const from = Buffer.from(value, 'utf8');
    this.escaped(from, 0, from.length);
  }

  /**
   * A column from UTF-8 bytes.
   *
   * @returns false where PostgreSQL can't store them: a NUL, or no UTF-8. Some of it may be written.
   */
  escaped(from: Buffer, start: number, end: number): boolean {
    this.reserve((end - start) * 2);
    const { bytes } = this;
    let { length } = this;
    let isAscii = true;
    for (let at = start; at < end; at += 1) {
      const value = from[at] as number;
      if (value >= 0x80) {
        isAscii = false;
        bytes[length] = value;
      } else {
        const escape = copyEscapes[value] as number;
        if (value === 0) return false;
        if (escape === 0) bytes[length] = value;
        else {
          bytes[length] = backslash;
          length += 1;
          bytes[length] = escape;
        }
      }
      length += 1;
    }
    this.length = length;
    return isAscii || isUtf8(from.subarray(start, end));
  }
}

const unescapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
};

/** The columns of a row as `CopyBuffer` wrote it, without its line feed. */
export function columnsOf(row: string): readonly (string | null)[] {
  return row
    .split('\t')
    .map((column) =>
      column === String.raw`\N`
        ? null
        : column.replaceAll(/\\(.)/gsu, (_, escaped: string) => unescapes[escaped] ?? escaped),
    );
}
