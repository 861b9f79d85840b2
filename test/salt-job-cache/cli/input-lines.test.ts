// Lines out of chunks of bytes, and arguments out of requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallableCache } from '#salt-job-cache/cli/call-functions.ts';
import { call, functionNames, requestOf } from '#salt-job-cache/cli/call-functions.ts';
import type { InputLine } from '#salt-job-cache/cli/input-lines.ts';
import { inputLines } from '#salt-job-cache/cli/input-lines.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import { PythonError } from '#salt-job-cache/src/value/python-error.ts';

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function linesOf(bytes: Uint8Array, sizes: readonly number[], limit = 1000) {
  return Array.fromAsync(inputLines(chunksOf(bytes, sizes), limit));
}

test('lines are the same however the bytes are cut', async () => {
  const word = fc
    .string({ unit: 'binary' })
    .map((text) => text.replaceAll('\n', '').toWellFormed());
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.boolean(),
      async (words, sizes, isEnded) => {
        const bytes = Buffer.from(words.join('\n') + (isEnded ? '\n' : ''));
        const last = words.at(-1) === '' && !isEnded ? words.slice(0, -1) : words;

        const lines = await linesOf(bytes, sizes, 100_000);

        assert.deepEqual(
          lines,
          last.map((text): InputLine => ({ kind: 'text', text })),
        );
      },
    ),
  );
});

test('a line that is too long or no UTF-8 is told, and the next one is read', async () => {
  const bytes = Buffer.concat([
    Buffer.from(`${'x'.repeat(11)}\nab\n`),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('0123456789\nend'),
  ]);

  for (const size of [1, 3, 100]) {
    assert.deepEqual(await linesOf(bytes, [size], 10), [
      { kind: 'unreadable', problem: 'it is longer than 10 bytes' },
      { kind: 'text', text: 'ab' },
      { kind: 'unreadable', problem: 'it is not UTF-8' },
      { kind: 'text', text: '0123456789' },
      { kind: 'text', text: 'end' },
    ]);
  }
});

/** Answers every function with what it was given. */
const echo: CallableCache = {
  prepJid: async (...args) => Promise.resolve(args as never),
  saveLoad: async (...args) => Promise.resolve(args),
  saveMinions: async (...args) => Promise.resolve(args),
  returner: async (...args) => Promise.resolve(args),
  getLoad: async (...args) => Promise.resolve(args as never),
  getJid: async (...args) => Promise.resolve(args as never),
  getJids: async (...args) => Promise.resolve(args as never),
  eventReturn: async (...args) => Promise.resolve(args),
  cleanOldJobs: async (...args) => Promise.resolve(args),
};

const asked = async (line: string): Promise<unknown> => call(echo, requestOf(parseJson(line)));

test('arguments arrive in their places, by position, by keyword or left out', async () => {
  assert.deepEqual(await asked('{"fn": "prep_jid"}'), [false, null]);
  assert.deepEqual(await asked('{"fn": "prep_jid", "kwargs": {"passed_jid": "1"}}'), [false, '1']);
  assert.deepEqual(await asked('{"fn": "prep_jid", "args": [true], "kwargs": {}}'), [true, null]);
  assert.deepEqual(await asked('{"fn": "prep_jid", "kwargs": {"nocache": null}}'), [null, null]);
  assert.deepEqual(
    await asked('{"fn": "save_load", "args": ["1"], "kwargs": {"clear_load": null}}'),
    ['1', null, null],
  );
  assert.deepEqual(
    await asked('{"fn": "save_load", "kwargs": {"minions": ["m"], "clear_load": 2, "jid": 1}}'),
    [1, 2, ['m']],
  );
  assert.deepEqual(await asked('{"fn": "save_minions", "args": ["1", [], "s"]}'), ['1', [], 's']);
  assert.deepEqual(await asked('{"fn": "get_jids", "args": []}'), []);
});

test('whatever else is given is an error with the name of the function', async () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...functionNames, 'other'),
      fc.array(value, { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('jid', 'load', 'minions', 'events', 'x'), value, {
        maxKeys: 2,
      }),
      async (fn, args, kwargs) => {
        try {
          const got = await asked(JSON.stringify({ fn, args, kwargs }));
          assert.ok(Array.isArray(got));
        } catch (error) {
          assert.ok(error instanceof PythonError, String(error));
          assert.ok(error.message.includes(fn));
        }
      },
    ),
  );
});
