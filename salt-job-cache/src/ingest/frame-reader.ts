// Cuts the stream of the Salt master's event bus into messages. A message is a MessagePack dict of `head` and
// `body`; the body is bytes (text in some releases of Salt) and is handed on as it lies in the stream. Late
// releases of Salt 3006 put the length of each message before it, 3007 and 3008 don't; as the first byte of a
// dict is never that of such a length, both are read.

import { CutOffError, MsgpackError, readHead, skipValue } from './msgpack.ts';

export interface FrameSink {
  /** @param bytes reused for the next message: whoever keeps some of it copies it */
  message(bytes: Buffer, start: number, end: number): void;
  /** A message that is larger than the limit was left out. */
  oversized(size: number): void;
}

/** What holds the body, and where the next message begins. */
interface Frame {
  bodyAt: number;
  bodyEnd: number;
  end: number;
  /** Whether the message ends there; else it goes on, and has to be looked at again. */
  isExact: boolean;
}

/** Bytes to add at a time while even the length of a message is not known. */
const headBytes = 64;

/** Bytes of the length before a message, where there is one. A message of 2 GB would be told wrong. */
const prefixBytes = 4;
const firstDictTag = 0x80;

/** The dict of a frame takes little beside its body. */
const longestHead = 4096;

const bodyKey = Buffer.from('body');

/** Whether the text at the head is the key of the body. */
function isBody(bytes: Buffer, at: number, length: number): boolean {
  return length === bodyKey.length && bytes.compare(bodyKey, 0, length, at, at + length) === 0;
}

/**
 * Finds the frame at `at`. A frame whose body is the last value is known as a whole from its first bytes.
 *
 * @returns false where there are too few bytes to tell its length
 * @throws MsgpackError where the stream holds something else: nothing after it can be told apart
 */
function findFrame(bytes: Buffer, at: number, available: number, frame: Frame): boolean {
  const isPrefixed = (bytes[at] ?? 0) < firstDictTag;
  if (!isPrefixed) return findDict(bytes, at, available, frame);
  const start = at + prefixBytes;
  if (start >= available || !findDict(bytes, start, available, frame)) return false;
  const end = start + bytes.readUInt32BE(at);
  const isRight = frame.isExact ? frame.end === end : frame.end <= end;
  if (!isRight)
    throw new MsgpackError('Cannot read the event bus: a message has another length than it says');
  // Where the body is not the last value, its end is not known before that of the message came.
  frame.isExact = true;
  frame.end = end;
  return true;
}

function findDict(bytes: Buffer, at: number, available: number, frame: Frame): boolean {
  const seen = bytes.subarray(0, available);
  try {
    const map = readHead(seen, at);
    if (map.kind !== 'dict') throw new RangeError('no dict');
    frame.bodyAt = -1;
    frame.isExact = true;
    let next = map.at;
    for (let index = 0; index < map.count; index += 1) {
      const key = readHead(seen, next);
      if (key.kind !== 'text') throw new RangeError('no text as a key');
      if (key.at + key.count > available) return false;
      const value = readHead(seen, key.at + key.count);
      const isLong = value.kind === 'bytes' || value.kind === 'text';
      if (isLong && isBody(bytes, key.at, key.count)) {
        frame.bodyAt = value.at;
        frame.bodyEnd = value.at + value.count;
        next = frame.bodyEnd;
        if (index < map.count - 1 && next >= available) {
          // What follows a body of this length is not known yet, but that it takes a byte at least.
          frame.end = next + 1;
          frame.isExact = false;
          return true;
        }
      } else next = skipValue(seen, key.at + key.count);
    }
    frame.end = next;
  } catch (error) {
    // Cut off in the middle: more has to come. Anything else is no event bus.
    if (error instanceof CutOffError && available - at < longestHead) return false;
    throw new MsgpackError('Cannot read the event bus: what came is no message of Salt', {
      cause: error,
    });
  }
  return true;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limit: number;
  readonly #frame: Frame = { bodyAt: 0, bodyEnd: 0, end: 0, isExact: true };
  /** The beginning of a message whose end has not come yet. */
  #partial: Buffer = Buffer.alloc(headBytes);
  #have = 0;
  /** Bytes of an oversized message still to come. */
  #skip = 0;

  /** @param limit bytes of the largest message that is taken */
  constructor(sink: FrameSink, limit: number) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** Whether what came so far ends with a whole message. */
  get isAtRest(): boolean {
    return this.#have === 0 && this.#skip === 0;
  }

  /** @throws MsgpackError where the stream can't be followed any more */
  push(chunk: Buffer): void {
    let at = 0;
    if (this.#skip > 0) {
      at = Math.min(this.#skip, chunk.length);
      this.#skip -= at;
    }
    if (this.#have > 0) at = this.#completePartial(chunk, at);
    while (at < chunk.length) {
      if (!findFrame(chunk, at, chunk.length, this.#frame)) break;
      if (this.#frame.end > chunk.length) break;
      if (this.#frame.end - at > this.#limit) this.#sink.oversized(this.#frame.end - at);
      else this.#deliver(chunk);
      at = this.#frame.end;
    }
    if (at < chunk.length) this.#keep(chunk, at);
  }

  #deliver(bytes: Buffer): void {
    if (this.#frame.bodyAt >= 0) {
      this.#sink.message(bytes, this.#frame.bodyAt, this.#frame.bodyEnd);
    }
  }

  /** Adds to the message that was begun; returns where the next one begins in the chunk. */
  #completePartial(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const isKnown = findFrame(this.#partial, 0, this.#have, this.#frame);
      const wanted = isKnown ? this.#frame.end : this.#have + headBytes;
      if (isKnown && wanted > this.#limit) return this.#skipOversized(chunk, at, wanted);
      this.#makeRoom(wanted);
      const taken = Math.min(wanted - this.#have, chunk.length - at);
      chunk.copy(this.#partial, this.#have, at, at + taken);
      const before = this.#have;
      this.#have += taken;
      at += taken;
      if (!findFrame(this.#partial, 0, this.#have, this.#frame)) continue;
      if (this.#frame.end > this.#have) continue;
      this.#deliver(this.#partial);
      // What was taken to learn the length may reach into the next message.
      const next = at - (this.#have - this.#frame.end);
      if (this.#frame.end < before)
        throw new MsgpackError('Cannot read the event bus: it ran ahead');
      this.#forgetPartial();
      return next;
    }
    return at;
  }

  /** A message can be left out only where it is known how long it is. */
  #tellOversized(size: number): void {
    if (!this.#frame.isExact) {
      throw new MsgpackError(`Cannot read the event bus: a message takes more than ${size} bytes`);
    }
    this.#sink.oversized(size);
  }

  #skipOversized(chunk: Buffer, at: number, size: number): number {
    this.#tellOversized(size);
    const left = size - this.#have;
    this.#forgetPartial();
    const here = Math.min(left, chunk.length - at);
    this.#skip = left - here;
    return at + here;
  }

  #keep(chunk: Buffer, at: number): void {
    const left = chunk.length - at;
    const isKnown = findFrame(chunk, at, chunk.length, this.#frame);
    const size = isKnown ? this.#frame.end - at : left;
    if (isKnown && size > this.#limit) {
      this.#tellOversized(size);
      this.#skip = size - left;
      return;
    }
    this.#makeRoom(Math.max(size, left));
    chunk.copy(this.#partial, 0, at, chunk.length);
    this.#have = left;
  }

  #makeRoom(size: number): void {
    if (this.#partial.length >= size) return;
    const larger = Buffer.allocUnsafe(size);
    this.#partial.copy(larger, 0, 0, this.#have);
    this.#partial = larger;
  }

  /** A large message's room is given back. */
  #forgetPartial(): void {
    this.#have = 0;
    if (this.#partial.length > 1024 * 1024) this.#partial = Buffer.alloc(headBytes);
  }
}
