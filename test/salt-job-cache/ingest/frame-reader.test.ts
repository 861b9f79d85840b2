import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { FrameReader } from '#salt-job-cache/src/ingest/frame-reader.ts';
import { MsgpackError } from '#salt-job-cache/src/ingest/msgpack.ts';

interface Heard {
  readonly messages: string[];
  readonly oversized: number[];
  readonly reader: FrameReader;
}

function listen(limit = 1_000_000): Heard {
  const messages: string[] = [];
  const oversized: number[] = [];
  const reader = new FrameReader(
    {
      message: (bytes, start, end) => messages.push(bytes.toString('hex', start, end)),
      oversized: (size) => oversized.push(size),
    },
    limit,
  );
  return { messages, oversized, reader };
}

/** Hands the stream over in pieces of the given sizes, each in memory that is overwritten afterwards. */
function pushInPieces(reader: FrameReader, stream: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let index = 0; at < stream.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    const piece = Buffer.from(stream.subarray(at, at + size));
    reader.push(piece);
    piece.fill(0xff);
    at += size;
  }
}

const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 200, maxLength: 400 }),
);
const frame = fc.record({
  body,
  hasText: fc.boolean(),
  isHeadLast: fc.boolean(),
  hasLength: fc.boolean(),
});
interface FrameParts {
  readonly body: Uint8Array;
  readonly hasText: boolean;
  readonly isHeadLast: boolean;
  readonly hasLength: boolean;
}

function pack({ body, hasText, isHeadLast, hasLength }: FrameParts): Buffer {
  const head = Buffer.concat([Buffer.from([0xa4]), Buffer.from('head'), Buffer.from([0x80])]);
  // In the older spelling of MessagePack bytes are called text.
  const length = Buffer.alloc(3);
  length[0] = hasText ? 0xda : 0xc5;
  length.writeUInt16BE(body.length, 1);
  const rest = Buffer.concat([Buffer.from([0xa4]), Buffer.from('body'), length, body]);
  const parts = isHeadLast ? [rest, head] : [head, rest];
  const dict = Buffer.concat([Buffer.from([0x82]), ...parts]);
  if (!hasLength) return dict;
  const before = Buffer.alloc(4);
  before.writeUInt32BE(dict.length);
  return Buffer.concat([before, dict]);
}

test('finds every message, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
      (frames, sizes) => {
        const { messages, reader } = listen();

        pushInPieces(reader, Buffer.concat(frames.map(pack)), sizes);

        assert.deepEqual(
          messages,
          frames.map(({ body }) => Buffer.from(body).toString('hex')),
        );
        assert.ok(reader.isAtRest);
      },
    ),
  );
});

test('leaves out a message over the limit, and goes on with the next', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
      (parts, sizes) => {
        // One that has its body first can't be left out: nobody knows where it ends.
        const frames = parts.map((part) => ({ ...part, isHeadLast: false }));
        const limit = 150;
        const { messages, oversized, reader } = listen(limit);

        pushInPieces(reader, Buffer.concat(frames.map(pack)), sizes);

        const small = frames.filter((each) => pack(each).length <= limit);
        assert.deepEqual(
          messages,
          small.map(({ body }) => Buffer.from(body).toString('hex')),
        );
        assert.equal(oversized.length, frames.length - small.length);
      },
    ),
  );
});

test('passes over a message without a body', () => {
  const { messages, reader } = listen();

  reader.push(Buffer.concat([encode({ head: {} }), encode({ body: Buffer.from('x') })]));

  assert.deepEqual(messages, ['78']);
});

test('gives up a message over the limit whose end is not known', () => {
  const { reader } = listen(150);
  const first = pack({
    body: Buffer.alloc(300),
    hasText: false,
    isHeadLast: true,
    hasLength: false,
  });

  assert.throws(() => pushInPieces(reader, first, [100]), MsgpackError);
});

test('says so where a message has another length than it says', () => {
  const message = pack({
    body: Buffer.from('x'),
    hasText: false,
    isHeadLast: false,
    hasLength: true,
  });
  for (const change of [1, -1, 1000]) {
    const wrong = Buffer.from(message);
    wrong.writeUInt32BE(message.length - 4 + change);
    assert.throws(() => listen().reader.push(wrong), MsgpackError);
  }
});

test('says so where the stream is something else than messages of Salt', () => {
  for (const stream of ['HTTP/1.1 200 OK\r\n', '\u00c1', '[1,2]', '\u0001\u0002']) {
    const { reader } = listen();
    const bytes = Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from(stream, 'latin1')));
    assert.throws(() => reader.push(bytes), MsgpackError, stream);
  }
});
