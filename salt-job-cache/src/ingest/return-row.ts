// The row of `salt_returns` for a minion's return, written straight from the event's bytes into COPY's format.
// What is unusual in it is declined; then the row is made from Python's values instead (event-rows.ts).

import type { CopyBuffer } from './copy-buffer.ts';
import { lineFeed, tab } from './copy-buffer.ts';
import { writeJson } from './json-copy.ts';
import { skipValue } from './msgpack.ts';

/** Longest jid the tables take. */
export const longestJid = 20;

/** Where the values of a return lie in its event; negative: there is none. */
export interface ReturnFields {
  jid: number;
  id: number;
  fun: number;
  returned: number;
  retcode: number;
  success: number;
  out: number;
}

const none = -1;
/** Tag of a text of 32 to 255 bytes. */
const text8 = 0xd9;

export function newReturnFields(): ReturnFields {
  return {
    jid: none,
    id: none,
    fun: none,
    returned: none,
    retcode: none,
    success: none,
    out: none,
  };
}

function letter(text: string): number {
  return text.codePointAt(0) as number;
}
const [i, j, f, o, r, s] = ['i', 'j', 'f', 'o', 'r', 's'].map(letter);
const slash = letter('/');

function equals(bytes: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text.codePointAt(index)) return false;
  }
  return true;
}

/** Notes the place of a value under a key that matters. */
function note(bytes: Buffer, key: number, size: number, value: number, to: ReturnFields): void {
  const first = bytes[key];
  if (size === 2) {
    if (first === i && equals(bytes, key, 'id')) to.id = value;
  } else if (size === 3) {
    if (first === j && equals(bytes, key, 'jid')) to.jid = value;
    else if (first === f && equals(bytes, key, 'fun')) to.fun = value;
    else if (first === o && equals(bytes, key, 'out')) to.out = value;
  } else if (size === 6) {
    if (first === r && equals(bytes, key, 'return')) to.returned = value;
  } else if (size === 7) {
    if (first === s && equals(bytes, key, 'success')) to.success = value;
    else if (first === r && equals(bytes, key, 'retcode')) to.retcode = value;
  }
}

/**
 * Finds the fields of a return in the dict at `at`.
 *
 * @returns false where the dict is unusual: keys that are no short text
 * @throws MsgpackError where it is cut off
 */
export function findReturnFields(bytes: Buffer, at: number, to: ReturnFields): boolean {
  to.jid = none;
  to.id = none;
  to.fun = none;
  to.returned = none;
  to.retcode = none;
  to.success = none;
  to.out = none;
  const tag = bytes[at] ?? 0;
  const isSmall = tag >= 0x80 && tag < 0x90;
  if (!isSmall && (tag !== 0xde || at + 3 > bytes.length)) return false;
  const count = isSmall ? tag & 0x0f : bytes.readUInt16BE(at + 1);
  let next = isSmall ? at + 1 : at + 3;
  for (let pair = 0; pair < count; pair += 1) {
    const keyTag = bytes[next] ?? 0;
    if (keyTag < 0xa0 || keyTag >= 0xc0) return false;
    const size = keyTag & 0x1f;
    const value = next + 1 + size;
    note(bytes, next + 1, size, value, to);
    next = skipValue(bytes, value);
  }
  return true;
}

/** Length of the short text at `at`; -1 where it is something else. */
export function shortTextLength(bytes: Buffer, at: number): number {
  const tag = at < 0 ? 0 : (bytes[at] ?? 0);
  return tag >= 0xa0 && tag < 0xc0 ? tag & 0x1f : -1;
}

function writeColumn(bytes: Buffer, at: number, to: CopyBuffer): boolean {
  const tag = at < 0 ? 0 : (bytes[at] ?? 0);
  if (tag >= 0xa0 && tag < 0xc0) return to.escaped(bytes, at + 1, at + 1 + (tag & 0x1f));
  if (tag !== text8) return false;
  return to.escaped(bytes, at + 2, at + 2 + (bytes[at + 1] as number));
}

/** `, "retcode": 0` and the like, where the field is there. */
function writeMember(name: string, bytes: Buffer, at: number, to: CopyBuffer): boolean {
  if (at < 0) return true;
  to.ascii(name);
  return writeJson(bytes, at, to) >= 0;
}

/** What the column `success` is written as; null where the value is neither a bool nor None. */
function successOf(bytes: Buffer, at: number): string | null {
  if (at < 0 || bytes[at] === 0xc0) return String.raw`\N`;
  if (bytes[at] === 0xc3) return 't';
  return bytes[at] === 0xc2 ? 'f' : null;
}

/** A jid as Salt makes them. Any other goes the slow way, which cleans it or says what is wrong with it. */
export function isPlainJid(bytes: Buffer, at: number): boolean {
  if (shortTextLength(bytes, at) !== longestJid || at + longestJid >= bytes.length) return false;
  for (let index = at + 1; index <= at + longestJid; index += 1) {
    const digit = bytes[index] as number;
    if (digit < 0x30 || digit > 0x39) return false;
  }
  return true;
}

const beforeJid = 'salt/job/'.length;
const betweenJidAndId = '/ret/'.length;

function areSame(bytes: Buffer, one: number, other: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    if (bytes[one + index] !== bytes[other + index]) return false;
  }
  return true;
}

/**
 * Whether the tag at `tagAt`, two bytes before the data, names the job and the minion of the return. False also
 * where that can't be told here: an id that is no usual text, a tag that is not ASCII.
 */
export function isNamedByTag(bytes: Buffer, fields: ReturnFields, tagAt: number): boolean {
  const isShort = shortTextLength(bytes, fields.id) >= 0;
  if (fields.id < 0 || (!isShort && bytes[fields.id] !== text8)) return false;
  const idLength = isShort ? shortTextLength(bytes, fields.id) : (bytes[fields.id + 1] as number);
  const jidAt = tagAt + beforeJid;
  const idAt = jidAt + longestJid + betweenJidAndId;
  return (
    tagAt >= 0 &&
    bytes[idAt - 1] === slash &&
    bytes[idAt + idLength] === lineFeed &&
    areSame(bytes, jidAt, fields.jid + 1, longestJid) &&
    areSame(bytes, idAt, fields.id + (isShort ? 1 : 2), idLength)
  );
}

function writeColumns(bytes: Buffer, fields: ReturnFields, to: CopyBuffer): boolean {
  const success = successOf(bytes, fields.success);
  if (success === null || fields.returned < 0 || !isPlainJid(bytes, fields.jid)) return false;
  if (!writeColumn(bytes, fields.fun, to)) return false;
  to.byte(tab);
  if (!writeColumn(bytes, fields.jid, to)) return false;
  to.byte(tab);
  const isWritten =
    writeMember('{"return": ', bytes, fields.returned, to) &&
    writeMember(', "retcode": ', bytes, fields.retcode, to) &&
    writeMember(', "success": ', bytes, fields.success, to) &&
    writeMember(', "out": ', bytes, fields.out, to);
  if (!isWritten) return false;
  to.byte(0x7d);
  to.byte(tab);
  if (!writeColumn(bytes, fields.id, to)) return false;
  to.byte(tab);
  to.ascii(success);
  to.byte(lineFeed);
  return true;
}

/**
 * Adds the row of a return: fun, jid, return, id, success.
 *
 * @returns false where it was declined; the buffer is as it was
 */
export function writeReturnRow(bytes: Buffer, fields: ReturnFields, to: CopyBuffer): boolean {
  const before = to.length;
  if (writeColumns(bytes, fields, to)) return true;
  to.length = before;
  return false;
}
