import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';

import { decodeFrame, encodeFrame } from '#adapters/net/frames.ts';
import { claimAddress, listenForFrames } from '#adapters/net/unix-listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'jn-'));
after(() => rmSync(folder, { recursive: true }));

async function ask(path: string, write: (socket: Socket) => Promise<void> | void): Promise<Buffer> {
  const socket = connect(path);
  await write(socket);
  return buffer(socket);
}

function noError(error: unknown): void {
  assert.fail(String(error));
}

const echo = async (fields: readonly Buffer[]): Promise<readonly Buffer[]> => fields;

test('answers a frame that comes in pieces, for its owner only, and replaces a dead socket', async () => {
  const path = join(folder, 'a');
  writeFileSync(path, 'left by a dead owner');
  const listener = await listenForFrames(path, echo, noError);
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const frame = encodeFrame(['x'.repeat(100_000), 'y']);
  const answer = await ask(path, async (socket) => {
    for (const end of [2, 5, 50_000, frame.length]) {
      const start = [0, 2, 5, 50_000][[2, 5, 50_000, frame.length].indexOf(end)] ?? 0;
      socket.write(frame.subarray(start, end));
      await new Promise(setImmediate);
    }
  });

  assert.deepEqual(decodeFrame(answer)?.map(String), ['x'.repeat(100_000), 'y']);
  await listener.close();
});

test('a client that speaks another language is cut off and reported', async () => {
  const errors: unknown[] = [];
  const path = join(folder, 'b');
  const listener = await listenForFrames(path, echo, (error) => errors.push(error));

  const answer = await ask(path, (socket) => {
    socket.write('GET / HTTP/1.1\r\n\r\n');
  });

  assert.equal(answer.length, 0);
  assert.match(String(errors[0]), /Cannot take a frame of/u);
  await listener.close();
});

test('closing cuts off who still waits', async () => {
  const path = join(folder, 'c');
  const asked = Promise.withResolvers<void>();
  const never = new Promise<readonly Buffer[]>(() => undefined);
  const listener = await listenForFrames(
    path,
    async () => {
      asked.resolve();
      return never;
    },
    noError,
  );
  const answer = ask(path, (socket) => {
    socket.write(encodeFrame(['x']));
  });
  await asked.promise;

  await listener.close();

  assert.equal((await answer.catch(() => Buffer.alloc(0))).length, 0);
});

test('a path longer than a unix socket takes is refused before the kernel cuts it', async () => {
  const path = join(folder, 'x'.repeat(108));
  await assert.rejects(listenForFrames(path, echo, noError), /a unix socket takes 107/u);
});

test('an address is claimed once, and free again after its release', async () => {
  const first = await claimAddress('127.77.1.1', 17_070);
  assert.ok(first);
  assert.equal(await claimAddress('127.77.1.1', 17_070), null);
  assert.equal((await buffer(connect(17_070, '127.77.1.1'))).length, 0, 'callers are sent away');
  await first.close();
  const again = await claimAddress('127.77.1.1', 17_070);
  assert.ok(again);
  await again.close();
  await assert.rejects(claimAddress('203.0.113.1', 17_070), /EADDRNOTAVAIL/u);
});
