import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { Spool, SpoolFullError } from '#salt-job-cache/adapters/spool.ts';
import { SpoolError } from '#salt-job-cache/adapters/spool-files.ts';
import { decodeBlock, encodeBlock } from '#salt-job-cache/src/ingest/block.ts';
import type { Block } from '#salt-job-cache/src/ingest/block.ts';
import { withDirectory } from './with-ingestion.ts';

const limitBytes = 64 * 1024 * 1024;

function rows(text: string, count = 1): Parameters<Spool['append']>[0] {
  return {
    closedAtMs: 1_700_000_000_000,
    rows: { jobs: 0, returns: count, events: 0 },
    jobs: Buffer.alloc(0),
    returns: Buffer.from(text),
    events: Buffer.alloc(0),
  };
}

async function readAll(spool: Spool): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for (;;) {
    const more = await spool.read(200);
    if (more.length === 0) return blocks;
    blocks.push(...more);
  }
}

function texts(blocks: readonly Block[]): readonly string[] {
  return blocks.map(({ returns }) => returns.toString());
}

async function segmentsOf(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.segment')).sort();
}

test('a block comes back from its bytes as it was, and not from changed ones', () => {
  const counts = fc.record(
    { jobs: fc.nat(), returns: fc.nat(), events: fc.nat() },
    { noNullPrototype: true },
  );
  const part = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
  const fields = {
    batch: fc.nat(),
    closedAtMs: fc.nat(),
    rows: counts,
    total: counts,
    jobs: part,
    returns: part,
    events: part,
  };
  const block = fc.record(fields, { noNullPrototype: true });
  fc.assert(
    fc.property(block, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, where, change) => {
      const bytes = Buffer.concat(encodeBlock(given));
      assert.deepEqual(decodeBlock(bytes, 0), given);

      const place = where % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ change;
      assert.equal(decodeBlock(bytes, 0), null);
    }),
  );
});

test('blocks are read in order, also by the next one who opens the spool', async () => {
  await using directory = await withDirectory();
  let uuid = '';
  {
    await using spool = await Spool.open(directory.path, { limitBytes, segmentBytes: 300 });
    ({ uuid } = spool);
    for (const text of ['a', 'bb', 'c'.repeat(500), 'd'])
      await spool.append(rows(text, text.length));

    assert.deepEqual(texts(await readAll(spool)), ['a', 'bb', 'c'.repeat(500), 'd']);
    assert.deepEqual(spool.total, { jobs: 0, returns: 504, events: 0 });
  }
  await using again = await Spool.open(directory.path, { limitBytes, segmentBytes: 300 });

  assert.equal(again.uuid, uuid);
  assert.deepEqual(
    (await readAll(again)).map(({ batch }) => batch),
    [1, 2, 3, 4],
  );
  assert.deepEqual(again.total, { jobs: 0, returns: 504, events: 0 });
  assert.equal((await again.append(rows('e'))).batch, 5);
});

test('a spool cut off at any byte keeps the blocks that were whole, and goes on after them', async () => {
  await using directory = await withDirectory();
  const original = join(directory.path, 'original');
  const ends: number[] = [];
  {
    await using spool = await Spool.open(original, { limitBytes });
    for (const text of ['one', 'two', 'three']) {
      await spool.append(rows(text));
      ends.push(spool.bytes);
    }
  }
  const [segment = ''] = await segmentsOf(original);
  const size = ends.at(-1) ?? 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 64, max: size }), fc.boolean(), async (cut, isGarbled) => {
      await using place = await withDirectory();
      const copy = join(place.path, 'copy');
      await cp(original, copy, { recursive: true });
      const path = join(copy, segment);
      await truncate(path, cut);
      // What a file system leaves of a write that was under way may have any content.
      if (isGarbled) await writeFile(path, Buffer.alloc(50, 0x5a), { flag: 'a' });
      await using spool = await Spool.open(copy, { limitBytes });

      const whole = ends.filter((end) => end <= cut).length;
      assert.equal(spool.lastBatch, whole);
      await spool.append(rows('next'));
      assert.deepEqual(texts(await readAll(spool)), [
        ...['one', 'two', 'three'].slice(0, whole),
        'next',
      ]);
    }),
    { numRuns: 40 },
  );
});

test('a spool whose first segment was only begun starts anew', async () => {
  await using directory = await withDirectory();
  await writeFile(join(directory.path, '0000000000000001.segment'), 'SJ');
  await using spool = await Spool.open(directory.path, { limitBytes });

  await spool.append(rows('a'));

  assert.equal(spool.repairs.length, 1);
  assert.deepEqual(texts(await readAll(spool)), ['a']);
});

test('stored segments are deleted but for the last, and reading can go back into it', async () => {
  await using directory = await withDirectory();
  await using spool = await Spool.open(directory.path, { limitBytes, segmentBytes: 100 });
  for (let number = 1; number <= 6; number += 1) await spool.append(rows(`block ${number}`));
  await readAll(spool);

  await spool.release(6);

  assert.equal((await segmentsOf(directory.path)).length, 2);
  const { firstBatch } = spool;
  assert.deepEqual(await spool.seek(firstBatch), {
    missing: 0,
    total: { jobs: 0, returns: firstBatch, events: 0 },
  });
  assert.equal((await spool.read(1))[0]?.batch, firstBatch + 1);
  const sought = await spool.seek(0);
  assert.equal(sought.missing, firstBatch - 1);
  assert.equal((await readAll(spool))[0]?.batch, firstBatch);
});

test('nothing that is not stored is deleted', async () => {
  await using directory = await withDirectory();
  await using spool = await Spool.open(directory.path, { limitBytes, segmentBytes: 100 });
  for (let number = 1; number <= 6; number += 1) await spool.append(rows(`block ${number}`));

  await spool.release(3);
  await spool.seek(3);

  assert.deepEqual(
    (await readAll(spool)).map(({ batch }) => batch),
    [4, 5, 6],
  );
});

test('takes no more than its limit, and stays as it was', async () => {
  await using directory = await withDirectory();
  await using spool = await Spool.open(directory.path, { limitBytes: 1000 });
  await spool.append(rows('x'.repeat(500)));

  await assert.rejects(spool.append(rows('y'.repeat(500))), SpoolFullError);
  await spool.append(rows('z'));

  assert.deepEqual(texts(await readAll(spool)), ['x'.repeat(500), 'z']);
});

test('passes over blocks whose bytes went bad, and says so', async () => {
  await using directory = await withDirectory();
  {
    await using spool = await Spool.open(directory.path, { limitBytes, segmentBytes: 200 });
    for (const text of ['one', 'two', 'three', 'four']) await spool.append(rows(text));
  }
  const [first = ''] = await segmentsOf(directory.path);
  const path = join(directory.path, first);
  const bytes = await readFile(path);
  bytes.write('TWO', bytes.indexOf('two'));
  await writeFile(path, bytes);
  await using spool = await Spool.open(directory.path, { limitBytes, segmentBytes: 200 });

  assert.deepEqual(texts(await spool.read(90)), ['one']);
  await assert.rejects(spool.read(1000), SpoolError);
  assert.equal((await readAll(spool)).at(-1)?.returns.toString(), 'four');
  const sought = await spool.seek(1);
  assert.deepEqual(sought.missing, 1);
  assert.equal(sought.total.returns, 2);
  assert.deepEqual(texts(await readAll(spool)), ['three', 'four']);
  assert.equal((await spool.seek(4)).missing, 0);
  assert.deepEqual(await readAll(spool), []);
});

test('only one at a time works on a spool', async () => {
  await using directory = await withDirectory();
  {
    await using _first = await Spool.open(directory.path, { limitBytes });
    await assert.rejects(
      Spool.open(directory.path, { limitBytes }),
      /another process works on it/u,
    );
  }
  await using again = await Spool.open(directory.path, { limitBytes });
  assert.equal(again.lastBatch, 0);
});
