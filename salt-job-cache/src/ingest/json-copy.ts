// Turns MessagePack straight into JSON as Python writes it, escaped for COPY, in one pass over the bytes.
// Takes what nearly all events are made of; the rest (bytes, extensions, odd keys, text that is no UTF-8) it
// declines, and the caller goes the slow way through Python's values.

import { isUtf8 } from 'node:buffer';
import { floatText } from '../value/numbers.ts';
import { PythonFloat } from '../value/python-value.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { readHead } from './msgpack.ts';

/** Deeper than this is declined, so that the recursion here stays shallow. */
const deepest = 256;

const special = { nan: 'NaN', infinity: 'Infinity' };

const backslash = 0x5c;
const quote = 0x22;

/** The letter of JSON's two-character escapes; 1 where `\u00XX` is needed; 0: none. */
const jsonEscapes = new Uint8Array(256);
jsonEscapes.fill(1, 0, 0x20);
jsonEscapes[0x08] = 0x62;
jsonEscapes[0x09] = 0x74;
jsonEscapes[0x0a] = 0x6e;
jsonEscapes[0x0c] = 0x66;
jsonEscapes[0x0d] = 0x72;
jsonEscapes[quote] = quote;
jsonEscapes[backslash] = backslash;

/** The most that one byte of text becomes: `\\u0001`. */
const widest = 7;
/** Text up to here gets room for the worst case; longer text is measured first. */
const shortText = 4096;

function countEscapes(from: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) {
    if (jsonEscapes[from[at] as number] !== 0) count += 1;
  }
  return count;
}

/** A quoted string. @returns false where it is no UTF-8 */
function writeText(from: Buffer, start: number, end: number, to: CopyBuffer): boolean {
  if (end > from.length) return false;
  const size = end - start;
  to.reserve(
    2 + (size <= shortText ? size * widest : size + countEscapes(from, start, end) * widest),
  );
  const { bytes } = to;
  let { length } = to;
  bytes[length] = quote;
  length += 1;
  let isAscii = true;
  for (let at = start; at < end; at += 1) {
    const value = from[at] as number;
    const escape = jsonEscapes[value] as number;
    if (escape === 0) {
      if (value >= 0x80) isAscii = false;
      bytes[length] = value;
      length += 1;
      continue;
    }
    // JSON's backslash is doubled for COPY, and a backslash of the text is two of JSON.
    bytes[length] = backslash;
    bytes[length + 1] = backslash;
    length += 2;
    if (escape === 1) {
      length += bytes.write(`u00${value.toString(16).padStart(2, '0')}`, length, 'latin1');
    } else {
      if (escape === backslash) {
        bytes[length] = backslash;
        length += 1;
      }
      bytes[length] = escape;
      length += 1;
    }
  }
  bytes[length] = quote;
  to.length = length + 1;
  return isAscii || isUtf8(from.subarray(start, end));
}

function writeSmallInt(value: number, to: CopyBuffer): void {
  if (value >= 0 && value < 10) to.byte(0x30 + value);
  else to.ascii(String(value));
}

function writeFloat(from: Buffer, at: number, isShort: boolean, to: CopyBuffer): void {
  to.ascii(
    floatText(new PythonFloat(isShort ? from.readFloatBE(at) : from.readDoubleBE(at)), special),
  );
}

/** Numbers of more than one byte. @returns where the value ends; -1 where it is none of them */
function writeNumber(from: Buffer, at: number, tag: number, to: CopyBuffer): number {
  const size = tag === 0xca ? 4 : tag === 0xcb ? 8 : 1 << ((tag - 0xcc) & 3);
  if (at + 1 + size > from.length) return -1;
  if (tag <= 0xcb) writeFloat(from, at + 1, tag === 0xca, to);
  else if (size === 8) {
    const wide = tag === 0xcf ? from.readBigUInt64BE(at + 1) : from.readBigInt64BE(at + 1);
    to.ascii(String(wide));
  } else {
    const isSigned = tag >= 0xd0;
    to.ascii(String(isSigned ? from.readIntBE(at + 1, size) : from.readUIntBE(at + 1, size)));
  }
  return at + 1 + size;
}

function separate(index: number, to: CopyBuffer): void {
  if (index === 0) return;
  to.reserve(2);
  to.bytes[to.length] = 0x2c;
  to.bytes[to.length + 1] = 0x20;
  to.length += 2;
}

function writeList(from: Buffer, at: number, count: number, to: CopyBuffer, depth: number): number {
  to.byte(0x5b);
  let next = at;
  for (let index = 0; index < count; index += 1) {
    separate(index, to);
    next = writeJson(from, next, to, depth + 1);
    if (next < 0) return -1;
  }
  to.byte(0x5d);
  return next;
}

function isTextTag(tag: number): boolean {
  return (tag >= 0xa0 && tag < 0xc0) || (tag >= 0xd9 && tag <= 0xdb);
}

function writeDict(from: Buffer, at: number, count: number, to: CopyBuffer, depth: number): number {
  to.byte(0x7b);
  let next = at;
  for (let index = 0; index < count; index += 1) {
    separate(index, to);
    if (!isTextTag(from[next] ?? 0)) return -1;
    next = writeJson(from, next, to, depth + 1);
    if (next < 0) return -1;
    to.reserve(2);
    to.bytes[to.length] = 0x3a;
    to.bytes[to.length + 1] = 0x20;
    to.length += 2;
    next = writeJson(from, next, to, depth + 1);
    if (next < 0) return -1;
  }
  to.byte(0x7d);
  return next;
}

/** Values whose length follows their tag. */
function writeCounted(from: Buffer, at: number, to: CopyBuffer, depth: number): number {
  const head = readHead(from, at);
  if (head.kind === 'list') return writeList(from, head.at, head.count, to, depth);
  if (head.kind === 'dict') return writeDict(from, head.at, head.count, to, depth);
  if (head.kind !== 'text') return -1;
  const end = head.at + head.count;
  return writeText(from, head.at, end, to) ? end : -1;
}

/**
 * Writes the value at `at` as JSON.
 *
 * @returns where the value ends; -1 where it was declined, with some of it written
 * @throws MsgpackError where the bytes are cut off
 */
export function writeJson(from: Buffer, at: number, to: CopyBuffer, depth = 0): number {
  const tag = from[at];
  if (tag === undefined || depth > deepest) return -1;
  if (tag < 0x80 || tag >= 0xe0) {
    writeSmallInt(tag < 0x80 ? tag : tag - 0x100, to);
    return at + 1;
  }
  if (tag < 0x90) return writeDict(from, at + 1, tag & 0x0f, to, depth);
  if (tag < 0xa0) return writeList(from, at + 1, tag & 0x0f, to, depth);
  if (tag < 0xc0) {
    const end = at + 1 + (tag & 0x1f);
    return writeText(from, at + 1, end, to) ? end : -1;
  }
  if (tag === 0xc0) to.ascii('null');
  else if (tag === 0xc3) to.ascii('true');
  else if (tag === 0xc2) to.ascii('false');
  else if (tag >= 0xca && tag <= 0xd3) return writeNumber(from, at, tag, to);
  else return writeCounted(from, at, to, depth);
  return at + 1;
}
