import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import * as fc from 'fast-check';

import { translateSqliteError } from '#charm/state/unit-data-error.ts';
import type { UnitData, UnitDataOptions } from '#charm/state/unit-data.ts';
import { openUnitData } from '#charm/state/unit-data.ts';

const now = (): number => Date.UTC(2026, 0, 5, 15, 29, 12, 123);

function place(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'unit-data-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, '.unit-state.db');
}

function open(
  context: TestContext,
  path: string,
  options: Partial<UnitDataOptions> = {},
): UnitData {
  const data = openUnitData(path, { now, ...options });
  context.after(() => data.close());
  return data;
}

/** Writes values as a hook that succeeded would have, and lets go of the file. */
function keep(path: string, values: Readonly<Record<string, unknown>>): void {
  const data = openUnitData(path, { now });
  data.update(values);
  data.flush();
  data.close();
}

test('null is a value, undefined is none', (t) => {
  const data = open(t, ':memory:');

  data.set('a', null);

  assert.equal(data.get('a'), null);
  assert.equal(data.has('a'), true);
  assert.equal(data.get('b'), undefined);
  assert.equal(data.has('b'), false);
});

test('T32: what was not flushed is gone, what was flushed stays', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  const failed = open(t, path);
  failed.set('a', 2);
  failed.set('b', 3);
  assert.equal(failed.get('a'), 2);
  failed.close();

  const next = open(t, path);

  assert.deepEqual(next.entries(''), [['a', 1]]);
});

test('flush(false) undoes, and the store can be written again', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  const data = open(t, path);

  data.set('a', 2);
  data.flush(false);
  data.flush(false);
  assert.equal(data.get('a'), 1);
  data.set('a', 3);
  data.flush();
  data.close();

  assert.equal(open(t, path).get('a'), 3);
});

test('nobody else sees a write before the flush', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  const [writer, reader] = [open(t, path), open(t, path)];

  writer.set('a', 2);
  assert.equal(reader.get('a'), 1);
  writer.flush();

  assert.equal(reader.get('a'), 2);
});

test('a hook that reads only makes no file, and leaves one that is there as it was', (t) => {
  const path = place(t);
  const fresh = open(t, path);
  assert.equal(fresh.get('a'), undefined);
  assert.deepEqual(fresh.entries(''), []);
  fresh.flush();
  assert.equal(existsSync(path), false);

  keep(path, { a: 1 });
  const before = readFileSync(path);
  const { mtimeNs, ino } = statSync(path, { bigint: true });
  const data = open(t, path);
  data.get('a');
  data.set('a', 1);
  data.update({ a: 1 });
  data.unset('none');
  data.unsetRange(null, 'none.');
  data.flush();
  data.close();

  const after = statSync(path, { bigint: true });
  assert.deepEqual([after.mtimeNs, after.ino], [mtimeNs, ino]);
  assert.deepEqual(readFileSync(path), before);
});

test('reading a range leaves no lock behind that would keep another process from writing', (t) => {
  const path = place(t);
  keep(path, { 'a.1': 1, 'b.1': 1, 'c.1': 1 });
  const [reader, writer] = [open(t, path), open(t, path, { busyTimeoutMs: 10 })];

  reader.entries('a.');
  writer.set('a.1', 2);
  writer.flush();

  assert.equal(reader.get('a.1'), 2);
});

test('T18: the file is readable by its owner only, also one that came with another mode', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  assert.equal(statSync(path).mode & 0o777, 0o600);

  chmodSync(path, 0o644);
  open(t, path).get('a');

  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('between hooks the store is a single file', (t) => {
  const path = place(t);

  keep(path, { a: 1 });
  keep(path, { a: 2 });

  assert.deepEqual(readdirSync(dirname(path)), ['.unit-state.db']);
});

test('a file someone else made first is used, not replaced', (t) => {
  const path = place(t);
  const late = open(t, path);
  keep(path, { a: 1 });

  late.set('b', 2);
  late.flush();

  assert.deepEqual(open(t, path).entries(''), [
    ['a', 1],
    ['b', 2],
  ]);
});

test('T44: a prefix is taken literally: no wildcards, no other case', (t) => {
  const data = open(t, ':memory:');
  data.update({ 'a_b.1': 1, 'axb.2': 2, 'A_B.3': 3, 'a%b': 4, a_b: 5, 'a_b.': 6 });

  assert.deepEqual(
    [...data.getRange('a_b.')],
    [
      ['a_b.', 6],
      ['a_b.1', 1],
    ],
  );
  assert.deepEqual([...data.getRange('a_b.', { strip: true }).keys()], ['', '1']);
  data.unsetRange(null, 'a_b.');
  assert.deepEqual(
    data.entries('').map(([key]) => key),
    ['A_B.3', 'a%b', 'a_b', 'axb.2'],
  );
  data.unsetRange(['%b', '_b'], 'a');
  assert.deepEqual(
    data.entries('').map(([key]) => key),
    ['A_B.3', 'axb.2'],
  );
});

test('T44: a range is what begins with the prefix, for any keys', () => {
  const key = fc.string({ unit: 'grapheme', maxLength: 4 }).filter((text) => !text.includes('\0'));
  const short = fc.oneof(
    key,
    fc.string({ unit: fc.constantFrom('a', 'A', '_', '%', '😀', '\uffff') }),
  );
  fc.assert(
    fc.property(fc.array(short), short, (keys, prefix) => {
      const data = openUnitData(':memory:', { now });
      for (const each of keys) data.set(each, each);

      const found = data.entries(prefix).map(([each]) => each);
      data.close();

      const expected = [...new Set(keys)].filter((each) => each.startsWith(prefix));
      assert.deepEqual([...found].sort(), expected.sort());
      assert.deepEqual(
        found,
        [...found].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
      );
    }),
    { numRuns: 50 },
  );
});

test('T46: nothing is written of an update with one value that can not be kept', (t) => {
  const data = open(t, ':memory:');

  assert.throws(() => data.update({ a: 1, b: undefined }), TypeError);
  assert.throws(() => data.set('c', Number.NaN), TypeError);

  assert.deepEqual(data.entries(''), []);
});

test('a key SQLite could not tell from another is refused', (t) => {
  const data = open(t, ':memory:');

  assert.throws(() => data.set('a\0b', 1), TypeError);
  assert.throws(() => data.get('\ud83d'), TypeError);
});

test('delta says what was added, changed and removed, and keeps nothing', (t) => {
  const data = open(t, ':memory:');
  data.update({ same: { b: 1, a: 2 }, changed: 1, removed: null }, 'p.');

  const delta = data.delta({ same: { a: 2, b: 1 }, changed: 2, added: 'x' }, 'p.');

  assert.deepEqual(
    [...delta],
    [
      ['changed', { old: 1, new: 2 }],
      ['added', { old: null, new: 'x' }],
      ['removed', { old: null, new: null }],
    ],
  );
  assert.equal(data.has('p.added'), false);
});

test('hookScope keeps its changes and their history', async (t) => {
  const path = place(t);
  const data = open(t, path);

  await data.hookScope('install', () => data.set('a', 1));
  const result = await data.hookScope('start', async () => {
    await Promise.resolve();
    data.set('a', 2);
    data.set('a', 3);
    return 'done';
  });
  await data.hookScope('stop', () => {
    data.unset('a');
    data.set('a', 4);
    data.unset('a');
  });
  data.set('a', 'unrecorded');
  data.flush(false);

  assert.equal(result, 'done');
  const date = '2026-01-05T15:29:12.123';
  assert.deepEqual(open(t, path).history('a'), [
    { revision: 1, key: 'a', value: 1, hook: 'install', date },
    { revision: 2, key: 'a', value: 3, hook: 'start', date },
    { revision: 3, key: 'a', value: 'DELETED', hook: 'stop', date },
  ]);
  assert.equal(data.get('a'), undefined);
});

test('hookScope undoes everything when its work throws, whatever is thrown', async (t) => {
  const data = open(t, place(t));
  data.set('before', 1);
  data.flush();

  await assert.rejects(
    data.hookScope('install', () => {
      data.set('a', 1);
      throw new Error('no');
    }),
    /no/,
  );

  assert.deepEqual(data.entries(''), [['before', 1]]);
  assert.deepEqual(data.history('a'), []);
  await data.hookScope('install', () => data.set('a', 2));
  assert.equal(data.get('a'), 2);
});

test('hookScope does not nest', async (t) => {
  const data = open(t, ':memory:');

  await assert.rejects(
    data.hookScope('outer', () => data.hookScope('inner', () => undefined)),
    /Cannot begin hook scope 'inner'/,
  );
});

test('a store written by Python is read, and an equal value is not written again', (t) => {
  const path = place(t);
  const python = new DatabaseSync(path);
  python.exec(`
    create table kv (key text, data text, primary key (key));
    create table kv_revisions (key text, revision integer, data text, primary key (key, revision));
    create table hooks (version integer primary key autoincrement, hook text, date text);
    insert into kv values ('reactive.states.a.b', 'null'), ('d', '{"b": [1, 2], "a": "\\u00e4"}'),
      ('big', '9007199254740993'), ('bad', '[NaN]');
    insert into hooks (hook, date) values ('install', '2020-01-01T00:00:00.000001');
    insert into kv_revisions values ('d', 1, '1')`);
  python.close();
  const data = open(t, path);

  assert.equal(data.get('reactive.states.a.b'), null);
  assert.deepEqual(data.get('d'), { a: 'ä', b: [1, 2] });
  assert.equal(data.get('big'), 9007199254740993n);
  assert.deepEqual(data.history('d'), [
    { revision: 1, key: 'd', value: 1, hook: 'install', date: '2020-01-01T00:00:00.000001' },
  ]);
  const before = readFileSync(path);
  data.set('d', { b: [1, 2], a: 'ä' });
  data.flush();
  assert.deepEqual(readFileSync(path), before);
  assert.throws(() => data.get('bad'), {
    kind: 'invalid',
    message: /the value of 'bad' is not JSON/,
  });
  data.set('bad', 1);
  assert.equal(data.get('bad'), 1);
  data.unsetRange(null);
  assert.deepEqual(data.entries(''), []);
});

for (const [name, spoil, kind] of [
  ['an empty file', (path) => truncateSync(path, 0), 'corrupt'],
  ['no database', (path) => writeFileSync(path, 'x'.repeat(8192)), 'corrupt'],
  ['a database cut short', (path) => truncateSync(path, 4096), 'corrupt'],
  [
    'another program its database',
    (path) => {
      rmSync(path);
      const other = new DatabaseSync(path);
      other.exec('create table kv (key text, data text)');
      other.close();
    },
    'foreign',
  ],
] as readonly (readonly [string, (path: string) => void, string])[]) {
  test(`T45: ${name} is an error and never an empty store`, (t) => {
    const path = place(t);
    keep(path, { a: 'x'.repeat(10_000) });
    spoil(path);
    const spoilt = readFileSync(path);

    assert.throws(() => openUnitData(path, { now }).entries(''), {
      name: 'UnitDataError',
      kind,
      path,
    });
    assert.deepEqual(readFileSync(path), spoilt);
  });
}

test('T45: a store another process is writing is an error that says so', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  const other = open(t, path);
  other.set('a', 2);
  const data = open(t, path, { busyTimeoutMs: 10 });

  assert.equal(data.get('a'), 1);
  assert.throws(() => data.set('a', 3), { kind: 'locked', message: /another process holds it/ });
});

test('T45: a full store is an error, and nothing of the hook is kept afterwards', (t) => {
  const path = place(t);
  keep(path, { a: 1 });
  const data = open(t, path, { bytesMax: 40_960 });

  data.set('b', 2);
  assert.throws(() => data.set('c', 'x'.repeat(100_000)), { kind: 'full', message: /no room/ });
  assert.throws(() => data.set('d', 3), { kind: 'full' });
  assert.throws(() => data.flush(), { kind: 'full' });
  data.flush(false);
  assert.deepEqual(data.entries(''), [['a', 1]]);
  data.set('d', 3);
  data.flush();
  data.close();

  assert.deepEqual(open(t, path).entries('d'), [['d', 3]]);
});

test('T45: a link that leads nowhere is an error, and what it is stays', (t) => {
  const path = place(t);
  symlinkSync('/nowhere/x.db', path);
  const data = open(t, path);

  assert.throws(() => data.set('a', 1), { kind: 'readOnly' });
  assert.deepEqual(readdirSync(dirname(path)), ['.unit-state.db']);
});

test('T45: a directory that is not there is an error that says so', (t) => {
  const data = open(t, join(place(t), 'none', 'x.db'));

  assert.throws(() => data.set('a', 1), { kind: 'readOnly', message: /could not be made/ });
});

for (const [code, kind] of [
  [8, 'readOnly'],
  [8 + 256 * 3, 'readOnly'],
  [6, 'locked'],
  [14, 'readOnly'],
  [10, 'failed'],
] as const) {
  test(`T45: SQLite's code ${code} is ${kind}`, () => {
    const translated = translateSqliteError('p', Object.assign(new Error('e'), { errcode: code }));

    assert.ok(translated instanceof Error && 'kind' in translated);
    assert.equal(translated.kind, kind);
  });
}

for (const [code, kind] of [
  ['EROFS', 'readOnly'],
  ['ENOSPC', 'full'],
] as const) {
  test(`T45: the file system's ${code} is ${kind}`, () => {
    const translated = translateSqliteError('p', Object.assign(new Error('e'), { code }));

    assert.ok(translated instanceof Error && 'kind' in translated);
    assert.equal(translated.kind, kind);
  });
}

test('what is no error of SQLite stays as it is', () => {
  const error = new RangeError('x');

  assert.equal(translateSqliteError('p', error), error);
});
