// A framing for small messages of binary fields: easy to write in any language that can pack an integer.
//
// A frame is its length as a 32-bit big-endian number, then the number of fields, then each field as its
// length and its bytes. The hook tools' client speaks it (hook-tool.pl), so the two change together.

/** Largest frame that is taken: a databag's 16 MiB may come in one stdin, with room to spare. */
export const largestFrameBytes: number = 64 * 1024 * 1024;

const wordBytes = 4;

/** One whole frame of these fields; text goes out as UTF-8. */
export function encodeFrame(fields: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [word(fields.length)];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    parts.push(word(bytes.length), bytes);
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([word(body.length), body]);
}

/**
 * The fields of the frame at the start of `received`, or null while it is not whole yet.
 * Throws when it is too large or its lengths do not add up: the other end is no client of ours.
 */
export function decodeFrame(received: Buffer): readonly Buffer[] | null {
  if (received.length < wordBytes) return null;
  const length = received.readUInt32BE(0);
  if (length > largestFrameBytes) {
    throw new RangeError(
      `Cannot take a frame of ${length} bytes: the limit is ${largestFrameBytes}`,
    );
  }
  if (received.length < wordBytes + length) return null;
  return decodeBody(received.subarray(wordBytes, wordBytes + length));
}

function decodeBody(body: Buffer): readonly Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  const take = (bytes: number): Buffer => {
    if (at + bytes > body.length) {
      throw new RangeError(`Cannot read a frame: field ${fields.length} runs past its end`);
    }
    at += bytes;
    return body.subarray(at - bytes, at);
  };
  const count = take(wordBytes).readUInt32BE(0);
  while (fields.length < count) fields.push(take(take(wordBytes).readUInt32BE(0)));
  if (at !== body.length)
    throw new RangeError('Cannot read a frame: bytes are left after its last field');
  return fields;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(wordBytes);
  bytes.writeUInt32BE(value);
  return bytes;
}
