import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { columnsOf, CopyBuffer } from '#salt-job-cache/src/ingest/copy-buffer.ts';
import { rowMaker, writeEvent, writeReturn } from '#salt-job-cache/src/ingest/event-rows.ts';
import { writeJson } from '#salt-job-cache/src/ingest/json-copy.ts';
import { readValue } from '#salt-job-cache/src/ingest/msgpack.ts';
import {
  findReturnFields,
  newReturnFields,
  writeReturnRow,
} from '#salt-job-cache/src/ingest/return-row.ts';

const jid = '20240102030405678901';
const maker = rowMaker('default', 'host_master');

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '\\',
    '"',
    '\t\n\r\b\f\v',
    '\u0000\u0001\u001f\u007f',
    'ä€😀\u2028',
    '\\N',
    "it's",
  ),
  fc.string({ minLength: 30, maxLength: 300 }),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.double(),
  fc.constantFrom(0.1, 1e22, 1e-7, 123_456.75, -0.5),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
  ),
}));

const fields = fc.record(
  {
    return: value,
    id: fc.oneof(
      fc.constant('web1'),
      fc.string({ minLength: 1 }),
      fc.string({ minLength: 32, maxLength: 60 }),
    ),
    fun: fc.oneof(fc.constant('test.ping'), fc.string()),
    success: fc.constantFrom(true, false, null),
    retcode: fc.oneof(fc.nat(), value),
    out: fc.oneof(fc.constant('highstate'), value),
    fun_args: value,
    _stamp: fc.constant('2026-11-20T17:13:30.184721'),
  },
  { requiredKeys: ['return', 'id', 'fun'] },
);

function taken(load: object): string | null {
  const bytes = Buffer.from(encode(load));
  const places = newReturnFields();
  const to = new CopyBuffer();
  to.ascii('before\n');
  const isTaken = findReturnFields(bytes, 0, places) && writeReturnRow(bytes, places, to);
  const text = to.content().toString('utf8');
  assert.ok(text.startsWith('before\n'));
  if (!isTaken) assert.equal(text, 'before\n', 'what was declined leaves nothing behind');
  return isTaken ? text.slice('before\n'.length) : null;
}

function theLongWay(load: object): string {
  const to = new CopyBuffer();
  writeReturn(maker.return(readValue(Buffer.from(encode(load)))), to);
  return to.content().toString('utf8');
}

test('the short cut writes the very row that Python’s values give', () => {
  let short = 0;
  fc.assert(
    fc.property(fields, (given) => {
      const load = { cmd: '_return', jid, ...given };
      const row = taken(load);
      if (row === null) return;
      short += 1;

      assert.equal(row, theLongWay(load));
      assert.equal(columnsOf(row.slice(0, -1)).length, 5);
    }),
  );
  assert.ok(short > 50, `only ${short} returns took it`);
});

test('the short cut takes every usual return', () => {
  const usual = {
    cmd: '_return',
    id: 'web1',
    jid,
    fun: 'state.apply',
    return: { a: [1, 1.5, 'x'] },
  };

  assert.notEqual(taken(usual), null);
  assert.notEqual(taken({ ...usual, retcode: 0, success: true, out: 'highstate' }), null);
});

test('the short cut declines what it can’t write as Python would', () => {
  const usual = { cmd: '_return', id: 'web1', jid, fun: 'test.ping', return: true };
  const unusual = [
    { ...usual, return: Buffer.from([1]) },
    { ...usual, return: { a: [Buffer.from('x')] } },
    { ...usual, jid: 'req' },
    { ...usual, jid: "2024010203040567890'" },
    { ...usual, success: 'Unknown' },
    { ...usual, success: { a: true } },
    { ...usual, fun: ['a', 'b'] },
    { ...usual, id: 'a\u0000b' },
    { ...usual, id: 7 },
    { cmd: '_return', id: 'web1', jid, fun: 'test.ping' },
  ];

  for (const load of unusual) assert.equal(taken(load), null, JSON.stringify(load));
});

test('declines text that is no UTF-8', () => {
  const load = Buffer.from(encode({ id: 'web1', jid, fun: 'test.ping', return: 'XX' }));
  load.fill(0xff, load.indexOf('XX'), load.indexOf('XX') + 2);
  const places = newReturnFields();

  assert.ok(findReturnFields(load, 0, places));
  assert.equal(writeReturnRow(load, places, new CopyBuffer()), false);
});

test('the short cut for events writes the JSON that Python’s values give', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (data) => {
      const bytes = Buffer.from(encode(data));
      const short = new CopyBuffer();
      if (writeJson(bytes, 0, short) < 0) return;
      const long = new CopyBuffer();
      writeEvent(maker.event('salt/x', readValue(bytes)), long);

      assert.equal(
        `salt/x\t${short.content().toString('utf8')}\thost_master\n`,
        long.content().toString('utf8'),
      );
    }),
  );
});

test('columns come back from COPY’s text as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 1 }), (columns) => {
      const texts = columns.map(
        (column) => column?.replaceAll('\u0000', '').toWellFormed() ?? null,
      );
      const to = new CopyBuffer();
      texts.forEach((text, index) => {
        if (index > 0) to.byte(9);
        if (text === null) to.null();
        else to.text(text);
      });

      assert.deepEqual(columnsOf(to.content().toString('utf8')), texts);
    }),
  );
});
