import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { callJson, streamJson } from '#adapters/net/json-client.ts';
import { serveJson } from '#adapters/net/json-server.ts';
import type { JsonReply, JsonRequest } from '#adapters/net/json-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'js-'));
after(() => rmSync(folder, { recursive: true }));

async function withServer(
  handle: (request: JsonRequest) => Promise<JsonReply>,
  body: (path: string, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const path = join(folder, 'socket');
  const errors: unknown[] = [];
  const listener = await serveJson(path, handle, (error) => errors.push(error));
  try {
    await body(path, errors);
  } finally {
    await listener.close();
  }
}

test('a call gets status and value back; a signal breaks it off', async () => {
  await withServer(
    async ({ name, body }) => ({ kind: 'value', status: 201, value: { name, body } }),
    async (path) => {
      assert.deepEqual(await callJson(path, 'greet', { to: 'é' }), {
        status: 201,
        value: { name: 'greet', body: { to: 'é' } },
      });
      await assert.rejects(callJson(path, 'greet', null, AbortSignal.abort()), /abort/iu);
    },
  );
});

test('an error of the server itself is told to its owner, not to the caller', async () => {
  await withServer(
    async () => {
      throw new Error('secret details');
    },
    async (path, errors) => {
      const { status, value } = await callJson(path, 'x', {});
      assert.equal(status, 500);
      assert.doesNotMatch(JSON.stringify(value), /secret details/u);
      assert.match(String(errors[0]), /secret details/u);
    },
  );
});

test('a stream gives line after line, and ends at the server when its reader leaves', async () => {
  const left = Promise.withResolvers<void>();
  async function* count(signal: AbortSignal): AsyncGenerator<number, void, undefined> {
    signal.addEventListener('abort', () => left.resolve());
    for (let number = 0; ; number += 1) {
      yield number;
      await new Promise(setImmediate);
    }
  }
  await withServer(
    async ({ signal }) => ({ kind: 'stream', lines: count(signal) }),
    async (path) => {
      const seen: unknown[] = [];
      for await (const line of streamJson(path, 'count', {})) {
        seen.push(line);
        if (seen.length === 3) break;
      }
      assert.deepEqual(seen, [0, 1, 2]);
      await left.promise;
    },
  );
});

test('a slow reader is waited for, and gets everything', async () => {
  const line = 'x'.repeat(200_000);
  async function* lines(): AsyncGenerator<string, void, undefined> {
    for (let number = 0; number < 20; number += 1) yield line;
  }
  await withServer(
    async () => ({ kind: 'stream', lines: lines() }),
    async (path) => {
      let seen = 0;
      for await (const got of streamJson(path, 'lines', {})) {
        assert.equal(got, line);
        seen += 1;
        await new Promise(setImmediate);
      }
      assert.equal(seen, 20);
    },
  );
});

test('a refusal comes as the only line of a stream', async () => {
  await withServer(
    async () => ({ kind: 'value', status: 400, value: { error: 'no' } }),
    async (path) => {
      const seen = [];
      for await (const line of streamJson(path, 'lines', {})) seen.push(line);
      assert.deepEqual(seen, [{ error: 'no' }]);
    },
  );
});
