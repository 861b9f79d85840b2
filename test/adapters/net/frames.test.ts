import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { decodeFrame, encodeFrame, largestFrameBytes } from '#adapters/net/frames.ts';

const fields = fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes)));

test('any fields come back as they were sent', () => {
  fc.assert(
    fc.property(fields, (sent) => {
      assert.deepEqual(decodeFrame(encodeFrame(sent)), sent);
    }),
  );
});

test('a frame that is not whole yet is waited for, wherever it is cut', () => {
  fc.assert(
    fc.property(
      fields,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (sent, at) => {
        const frame = encodeFrame(sent);
        assert.equal(decodeFrame(frame.subarray(0, Math.floor(frame.length * at))), null);
      },
    ),
  );
});

test('text goes out as UTF-8', () => {
  assert.deepEqual(decodeFrame(encodeFrame(['é']))?.map(String), ['é']);
});

test('lengths that do not add up are refused, and so is a frame beyond the limit', () => {
  const words = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
    return bytes;
  };
  assert.throws(() => decodeFrame(words(largestFrameBytes + 1)), /the limit is/u);
  assert.throws(() => decodeFrame(words(8, 1, 9)), /field 0 runs past its end/u);
  assert.throws(() => decodeFrame(words(8, 0, 0)), /bytes are left after its last field/u);
});
