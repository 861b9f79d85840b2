// MessagePack as Salt's master packs events: reads values with Python's distinctions kept (ints and floats,
// text and bytes, the order of keys), and steps over values without making anything of them.

import { PythonFloat } from '../value/python-value.ts';
import type { PythonValue } from '../value/python-value.ts';

/** The bytes are no MessagePack, or end in the middle of a value. */
export class MsgpackError extends Error {
  override readonly name: string = 'MsgpackError';
}

/** More bytes are needed to tell. */
export class CutOffError extends MsgpackError {
  override readonly name: string = 'CutOffError';
}

/** As deep as Python's msgpack reads. */
export const maxNesting = 1024;

/** What a tag byte announces; `bytes` is what the value takes after its head. */
export interface Head {
  kind:
    | 'nil'
    | 'boolean'
    | 'uint'
    | 'int'
    | 'float'
    | 'text'
    | 'bytes'
    | 'extension'
    | 'list'
    | 'dict';
  /** Where the content begins. */
  at: number;
  /** Bytes of the content of a scalar; items of a list; pairs of a dict. */
  count: number;
  /** The value of a small int or a boolean, the type of an extension; else 0. */
  small: number;
}

function cutOff(at: number): never {
  throw new CutOffError(`Cannot read the event: it ends in the middle of a value at byte ${at}`);
}

function lengthAt(bytes: Buffer, at: number, size: 1 | 2 | 4): number {
  if (at + size > bytes.length) cutOff(at);
  if (size === 1) return bytes[at] as number;
  return size === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
}

function headOf(kind: Head['kind'], at: number, count: number, small = 0): Head {
  return { kind, at, count, small };
}

/** Tags whose length follows: kind and the size of that length. */
const counted: ReadonlyMap<number, readonly [kind: Head['kind'], size: 1 | 2 | 4]> = new Map([
  [0xc4, ['bytes', 1]],
  [0xc5, ['bytes', 2]],
  [0xc6, ['bytes', 4]],
  [0xd9, ['text', 1]],
  [0xda, ['text', 2]],
  [0xdb, ['text', 4]],
  [0xdc, ['list', 2]],
  [0xdd, ['list', 4]],
  [0xde, ['dict', 2]],
  [0xdf, ['dict', 4]],
] as const);

/** Tags of numbers: kind and size of the content. */
const sized: ReadonlyMap<number, readonly [kind: Head['kind'], size: number]> = new Map([
  [0xca, ['float', 4]],
  [0xcb, ['float', 8]],
  [0xcc, ['uint', 1]],
  [0xcd, ['uint', 2]],
  [0xce, ['uint', 4]],
  [0xcf, ['uint', 8]],
  [0xd0, ['int', 1]],
  [0xd1, ['int', 2]],
  [0xd2, ['int', 4]],
  [0xd3, ['int', 8]],
] as const);

function extensionHead(bytes: Buffer, at: number, tag: number): Head {
  if (tag >= 0xd4)
    return headOf('extension', at + 2, 1 << (tag - 0xd4), lengthAt(bytes, at + 1, 1));
  const size = (1 << (tag - 0xc7)) as 1 | 2 | 4;
  const count = lengthAt(bytes, at + 1, size);
  return headOf('extension', at + 2 + size, count, lengthAt(bytes, at + 1 + size, 1));
}

/** @throws MsgpackError */
export function readHead(bytes: Buffer, at: number): Head {
  const tag = bytes[at];
  if (tag === undefined) return cutOff(at);
  if (tag < 0x80) return headOf('int', at + 1, 0, tag);
  if (tag < 0x90) return headOf('dict', at + 1, tag & 0x0f);
  if (tag < 0xa0) return headOf('list', at + 1, tag & 0x0f);
  if (tag < 0xc0) return headOf('text', at + 1, tag & 0x1f);
  if (tag >= 0xe0) return headOf('int', at + 1, 0, tag - 0x100);
  if (tag === 0xc0) return headOf('nil', at + 1, 0);
  if (tag === 0xc2 || tag === 0xc3) return headOf('boolean', at + 1, 0, tag - 0xc2);
  const number = sized.get(tag);
  if (number !== undefined) return headOf(number[0], at + 1, number[1]);
  const long = counted.get(tag);
  if (long !== undefined) {
    const [kind, size] = long;
    return headOf(kind, at + 1 + size, lengthAt(bytes, at + 1, size));
  }
  if ((tag >= 0xc7 && tag <= 0xc9) || (tag >= 0xd4 && tag <= 0xd8)) {
    return extensionHead(bytes, at, tag);
  }
  throw new MsgpackError(
    `Cannot read the event: 0x${tag.toString(16)} at byte ${at} begins no value`,
  );
}

/**
 * Where the value at `at` ends. Runs over nested values without recursion, and makes no objects for the
 * common kinds, as every event is stepped over at least once.
 *
 * @throws MsgpackError
 */
export function skipValue(bytes: Buffer, at: number): number {
  let next = at;
  for (let left = 1; left > 0; left -= 1) {
    const tag = bytes[next];
    if (tag === undefined) return cutOff(next);
    if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) next += 1;
    else if (tag < 0x90) {
      left += (tag & 0x0f) * 2;
      next += 1;
    } else if (tag < 0xa0) {
      left += tag & 0x0f;
      next += 1;
    } else if (tag < 0xc0) next += 1 + (tag & 0x1f);
    else {
      const head = readHead(bytes, next);
      next = head.at;
      if (head.kind === 'dict') left += head.count * 2;
      else if (head.kind === 'list') left += head.count;
      else next += head.count;
    }
  }
  if (next > bytes.length) cutOff(next);
  return next;
}

interface Read {
  readonly value: PythonValue;
  readonly end: number;
}

function contentOf(bytes: Buffer, head: Head): Buffer {
  if (head.at + head.count > bytes.length) cutOff(head.at);
  return bytes.subarray(head.at, head.at + head.count);
}

function intOf(content: Buffer, isSigned: boolean): number | bigint {
  if (content.length < 8) {
    return isSigned ? content.readIntBE(0, content.length) : content.readUIntBE(0, content.length);
  }
  const wide = isSigned ? content.readBigInt64BE() : content.readBigUInt64BE();
  const narrow = Number(wide);
  return Number.isSafeInteger(narrow) ? narrow : wide;
}

function floatOf(content: Buffer): number | PythonFloat {
  const value = content.length === 4 ? content.readFloatBE() : content.readDoubleBE();
  return Number.isInteger(value) ? new PythonFloat(value) : value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text that is no UTF-8 is bytes, as Python has no other place for it. */
function textOf(content: Buffer): string | Uint8Array {
  try {
    return utf8.decode(content);
  } catch {
    return Uint8Array.from(content);
  }
}

/** Salt's extension for a date and time, `20240102T03:04:05.678901`. */
const dateTimeType = 78;
/** Salt's extension for a named constant: a list of its name and its value. */
const constantType = 79;

function extensionOf(content: Buffer, type: number, depth: number): PythonValue {
  if (type === dateTimeType) return textOf(content);
  if (type !== constantType) return Uint8Array.from(content);
  const { value } = read(content, 0, depth + 1);
  return Array.isArray(value) ? ((value as readonly PythonValue[])[1] ?? null) : value;
}

function listOf(bytes: Buffer, head: Head, depth: number): Read {
  const items: PythonValue[] = [];
  let at = head.at;
  for (let index = 0; index < head.count; index += 1) {
    const item = read(bytes, at, depth + 1);
    items.push(item.value);
    at = item.end;
  }
  return { value: items, end: at };
}

function dictOf(bytes: Buffer, head: Head, depth: number): Read {
  const dict = new Map<PythonValue, PythonValue>();
  let at = head.at;
  for (let index = 0; index < head.count; index += 1) {
    const key = read(bytes, at, depth + 1);
    const item = read(bytes, key.end, depth + 1);
    dict.set(key.value, item.value);
    at = item.end;
  }
  return { value: dict, end: at };
}

function scalarOf(bytes: Buffer, head: Head, depth: number): PythonValue {
  switch (head.kind) {
    case 'nil':
      return null;
    case 'boolean':
      return head.small === 1;
    case 'uint':
      return intOf(contentOf(bytes, head), false);
    case 'int':
      return head.count === 0 ? head.small : intOf(contentOf(bytes, head), true);
    case 'float':
      return floatOf(contentOf(bytes, head));
    case 'text':
      return textOf(contentOf(bytes, head));
    case 'extension':
      return extensionOf(contentOf(bytes, head), head.small, depth);
    case 'bytes':
      return Uint8Array.from(contentOf(bytes, head));
    case 'list':
    case 'dict':
      break;
  }
  throw new TypeError('Cannot read a list or a dict as a scalar');
}

function read(bytes: Buffer, at: number, depth: number): Read {
  if (depth > maxNesting) {
    throw new MsgpackError(`Cannot read the event: it nests deeper than ${maxNesting} levels`);
  }
  const head = readHead(bytes, at);
  if (head.kind === 'list') return listOf(bytes, head, depth);
  if (head.kind === 'dict') return dictOf(bytes, head, depth);
  return { value: scalarOf(bytes, head, depth), end: head.at + head.count };
}

/** @throws MsgpackError where the bytes are no single value */
export function readValue(bytes: Buffer): PythonValue {
  const { value, end } = read(bytes, 0, 0);
  if (end !== bytes.length) {
    throw new MsgpackError(`Cannot read the event: ${bytes.length - end} bytes are left after it`);
  }
  return value;
}

/**
 * Which key of the dict leads to what can't be read; null where it is none of them.
 *
 * @param bytes a value that `readValue` refused
 */
export function unreadableKey(bytes: Buffer): string | null {
  let key: PythonValue = null;
  try {
    const head = readHead(bytes, 0);
    if (head.kind !== 'dict') return null;
    let { at } = head;
    for (let index = 0; index < head.count; index += 1) {
      const found = read(bytes, at, 1);
      key = found.value;
      const end = skipValue(bytes, found.end);
      read(bytes, found.end, 1);
      at = end;
    }
    return null;
  } catch (error) {
    if (!(error instanceof MsgpackError)) throw error;
    return typeof key === 'string' ? key : null;
  }
}
