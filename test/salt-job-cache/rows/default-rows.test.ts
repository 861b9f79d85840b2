import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';
import {
  compatibleEventRow,
  compatibleJobRow,
  compatibleReturnRow,
} from '#salt-job-cache/src/rows/compatible-rows.ts';
import {
  defaultEventRow,
  defaultJobRow,
  defaultReturnRow,
} from '#salt-job-cache/src/rows/default-rows.ts';
import { jsonText } from '#salt-job-cache/src/value/json-text.ts';
import { parseJson } from '#salt-job-cache/src/value/parse-json.ts';
import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';
import { jsonValues, pythonValues } from '../value/python-values.ts';

const jid = '20240102030405678901';
const minionReturn = { fun: 'test.ping', jid, id: 'web1', return: true };

test('a return is stored as real JSON, with its outputter', () => {
  const row = defaultReturnRow({
    ...minionReturn,
    success: true,
    return: { a: [1, null, false] },
    out: 'highstate',
    retcode: 0,
    fun_args: ['not stored'],
  });

  assert.deepEqual(row, {
    fun: 'test.ping',
    jid,
    id: 'web1',
    success: true,
    return:
      '{"return": {"a": [1, null, false]}, "retcode": 0, "success": true, "out": "highstate"}',
  });
});

test('a return that JSON has a form for comes out as it went in', () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      const { return: text } = defaultReturnRow({ ...minionReturn, return: value });
      const read = parseJson(text);
      assert.ok(read instanceof Map);
      assert.deepEqual(read.get('return'), value);
    }),
  );
});

test('whether a job was successful is told for each form Salt gives it in', () => {
  const successOf = (success: PythonValue): boolean | null =>
    defaultReturnRow({ ...minionReturn, success }).success;

  assert.equal(defaultReturnRow(minionReturn).success, null);
  assert.deepEqual(
    [
      null,
      true,
      false,
      1,
      0,
      'yes',
      'Unknown',
      { a: true, b: true },
      { a: true, b: false },
      {},
    ].map((value) => successOf(value)),
    [null, true, false, true, false, true, null, true, false, true],
  );
  const row = defaultReturnRow({ ...minionReturn, success: { a: false }, retcode: { a: 1 } });
  assert.equal(row.return, '{"return": true, "retcode": {"a": 1}, "success": {"a": false}}');
});

test('a load has its time with a zone, and None where it has no field', () => {
  assert.deepEqual(defaultJobRow(jid, {}), {
    jid,
    started: '2024-01-02 03:04:05.678901+00',
    tgtType: 'None',
    cmd: 'None',
    tgt: 'None',
    kwargs: 'None',
    ret: 'None',
    username: 'None',
    arg: 'null',
    fun: 'None',
  });
  assert.equal(defaultJobRow('req', {}).started, 'now');
  assert.equal(defaultJobRow('20240230030405678901', {}).started, 'now');
});

test('keyword arguments never spell the word that makes Salt’s runner crash', () => {
  const { kwargs } = defaultJobRow(jid, { kwargs: { metadata: { a: 'my metadata' }, b: 1 } });

  assert.equal(kwargs, String.raw`{'m\x65tadata': {'a': 'my m\x65tadata'}, 'b': 1}`);
});

test('bytes are stored so that they can be told from text, lone surrogates by their escape', () => {
  const { return: text, fun } = defaultReturnRow({
    ...minionReturn,
    fun: ['a', 'b c'],
    return: new Map<PythonValue, PythonValue>([
      [new Uint8Array([0xff]), new Uint8Array([0x61, 0xff])],
      ['lone', 'x\ud800'],
      ['nul', '\0'],
    ]),
  });

  assert.equal(fun, '{a,"b c"}');
  assert.equal(
    text,
    String.raw`{"return": {"__bytes__:/w==": {"__bytes__": "Yf8="}, "lone": "x\ud800", "nul": "\u0000"}}`,
  );
  assert.equal(defaultJobRow(jid, { tgt: 'x\ud800y' }).tgt, String.raw`x\ud800y`);
  assert.equal(defaultEventRow({ tag: '\udfff' }, 'm').tag, String.raw`\udfff`);
});

const problems: readonly (readonly [() => unknown, string, string | null, string | null])[] = [
  [() => defaultJobRow(jid, { tgt: 'a\0' }), 'ValueError', jid, 'tgt'],
  [() => defaultJobRow(jid, null), 'TypeError', jid, null],
  [() => defaultJobRow(`${jid}_12`, {}), 'StringDataRightTruncation', `${jid}_12`, 'jid'],
  [() => defaultReturnRow({ ...minionReturn, id: undefined }), 'KeyError', jid, 'id'],
  [() => defaultReturnRow({ ...minionReturn, id: null }), 'NotNullViolation', jid, 'id'],
  [() => defaultReturnRow({ ...minionReturn, return: undefined }), 'KeyError', jid, 'return'],
  [() => defaultReturnRow({ fun: 'f' }), 'KeyError', null, 'jid'],
  [() => defaultReturnRow('text'), 'TypeError', null, null],
  [() => defaultEventRow({ tag: '\0', data: { jid } }, 'm'), 'ValueError', jid, 'tag'],
];

test('what can’t be stored is told with the job and the field', () => {
  for (const [work, kind, job, field] of problems) {
    assert.throws(work, (error) => {
      assert.ok(error instanceof JobCacheError, String(error));
      assert.deepEqual([error.kind, error.jid, error.field], [kind, job, field]);
      return true;
    });
  }
});

test('a hundred thousand levels of nesting are an error with the job and the field', () => {
  let deep: PythonValue = null;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];

  for (const rows of [
    () => defaultReturnRow({ ...minionReturn, return: deep }),
    () => compatibleReturnRow({ ...minionReturn, return: deep }),
  ]) {
    assert.throws(rows, { kind: 'RecursionError', jid, field: 'return' });
  }
  for (const rows of [
    () => defaultJobRow(jid, { arg: [deep] }),
    () => compatibleJobRow(jid, { arg: [deep] }),
  ]) {
    assert.throws(rows, { kind: 'RecursionError', jid, field: 'arg' });
  }
  assert.throws(() => defaultEventRow({ data: deep }, 'm'), {
    kind: 'RecursionError',
    field: 'data',
  });
});

test('no load, return or event crashes a row: it has one, or an error of the job cache', () => {
  const rowsOf = (value: PythonValue): readonly (() => unknown)[] => [
    () => defaultJobRow(value, value),
    () => compatibleJobRow(value, value),
    () => defaultReturnRow({ jid: value, id: value, fun: value, return: value, success: value }),
    () => compatibleReturnRow({ jid: value, id: value, fun: value, return: value, success: value }),
    () => defaultEventRow({ tag: value, data: value }, 'm'),
    () => compatibleEventRow({ tag: value, data: value }, 'm'),
  ];
  fc.assert(
    fc.property(pythonValues, (value) => {
      for (const row of rowsOf(value)) {
        try {
          const text = jsonText(row() as PythonValue);
          assert.ok(!/(?<!\\)(?:\\\\)*\\ud[89a-f]/u.test(text.replaceAll('\\\\', '')));
        } catch (error) {
          assert.ok(error instanceof JobCacheError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('what takes more than a message holds is an error with the job and the field', () => {
  // Every character is written as six.
  const load = { ...minionReturn, return: '\u0001'.repeat(100_000_000) };

  for (const row of [defaultReturnRow, compatibleReturnRow]) {
    assert.throws(() => row(load), { kind: 'MemoryError', jid, field: 'return' });
  }
});

test('texts are booleans where PostgreSQL says so', () => {
  const long = ' '.repeat(1_000_000);
  for (const text of ['t', 'TRUE', ' y', 'on', '1\n', `${long}yes${long}`]) {
    assert.equal(compatibleReturnRow({ ...minionReturn, success: text }).success, true, text);
  }
  for (const text of ['f', 'False', 'n', 'off', 'of', '0']) {
    assert.equal(compatibleReturnRow({ ...minionReturn, success: text }).success, false, text);
  }
  for (const text of ['', 'o', 'truee', `a${long}b`, '2']) {
    assert.throws(() => compatibleReturnRow({ ...minionReturn, success: text }), {
      kind: 'InvalidTextRepresentation',
      sqlstate: '22P02',
    });
  }
});
