import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { MsgpackError, readValue, skipValue } from '#salt-job-cache/src/ingest/msgpack.ts';
import { PythonFloat } from '#salt-job-cache/src/value/python-value.ts';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';

const anyValue = fc.anything({
  values: [
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.uint8Array(),
  ],
  withBigInt: false,
  maxDepth: 4,
});

const packable = anyValue.filter((value) => {
  try {
    encode(value);
    return value !== undefined;
  } catch {
    return false;
  }
});

/** As a plain value, to compare with what was packed. */
function plain(value: PythonValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Map)
    return [...value].map(([key, item]) => [key, plain(item as PythonValue)]);
  if (Array.isArray(value)) return value.map((item) => plain(item as PythonValue));
  return value;
}

function expected(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value.toWellFormed();
  // The packer makes an integer of it, which has no such sign.
  if (Object.is(value, -0)) return 0;
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value === 'object') {
    return Object.entries(value).map(([key, item]) => [key.toWellFormed(), expected(item)]);
  }
  return value;
}

test('reads whatever a packer of MessagePack writes, in its order', () => {
  fc.assert(
    fc.property(packable, (value) => {
      const bytes = Buffer.from(encode(value));

      assert.deepEqual(plain(readValue(bytes)), expected(value));
      assert.equal(skipValue(bytes, 0), bytes.length);
    }),
  );
});

test('keeps a float a float and an integer an integer, at any size', () => {
  const hex = (text: string): PythonValue => readValue(Buffer.from(text, 'hex'));

  assert.deepEqual(hex('cb3ff0000000000000'), new PythonFloat(1));
  assert.deepEqual(hex('ca3f800000'), new PythonFloat(1));
  assert.equal(hex('01'), 1);
  assert.equal(hex('cfffffffffffffffff'), 18_446_744_073_709_551_615n);
  assert.equal(hex('d38000000000000000'), -9_223_372_036_854_775_808n);
  assert.equal(hex('cf0000000000000005'), 5);
});

test('takes text that is no UTF-8 as bytes, and Salt’s date for its text', () => {
  assert.deepEqual(readValue(Buffer.from('a2fffe', 'hex')), Uint8Array.from([0xff, 0xfe]));
  const date = Buffer.concat([
    Buffer.from([0xc7, 24, 78]),
    Buffer.from('20240102T03:04:05.678901'),
  ]);
  assert.equal(readValue(date), '20240102T03:04:05.678901');
});

test('says that bytes are cut off, wherever they are', () => {
  fc.assert(
    fc.property(packable, fc.nat(), (value, where) => {
      const bytes = Buffer.from(encode(value));
      const cut = bytes.subarray(0, where % bytes.length);

      assert.throws(() => readValue(cut), MsgpackError);
      assert.throws(() => skipValue(cut, 0), MsgpackError);
    }),
  );
});

test('never fails in another way than its own over any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        readValue(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof MsgpackError, String(error));
      }
    }),
  );
});

test('refuses what nests deeper than Salt can read, instead of running out of stack', () => {
  assert.throws(
    () => readValue(Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.from([1])])),
    /nests deeper/u,
  );
  const nested = Buffer.concat([
    ...Array.from({ length: 2000 }, () => Buffer.from('c800024f', 'hex')),
  ]);
  assert.throws(() => readValue(nested), MsgpackError);
});
