import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  dictionary,
  fieldsOf,
  flag,
  number,
  oneOf,
  optionalNumber,
  optionalText,
  text,
  textDictionary,
  texts,
} from '#juju-local/api/fields.ts';
import { errorLine, duration, keyValues, wholeNumber } from '#juju-local/cli/session.ts';
import { checkFormat, formatData, formatTable } from '#juju-local/cli/format.ts';
import { readConfigFile } from '#juju-local/controller/config-file.ts';
import { describeError } from '#juju-local/controller/own-log.ts';
import { storageCounts } from '#juju-local/controller/storage-directives.ts';

test('fields are read by type, and a wrong one is named with what was found', () => {
  const fields = fieldsOf({ t: 'x', n: 3, f: true, l: ['a'], d: { k: 'v' }, z: null });
  assert.deepEqual(
    [text(fields, 't'), number(fields, 'n'), flag(fields, 'f'), texts(fields, 'l')],
    ['x', 3, true, ['a']],
  );
  assert.deepEqual(
    [dictionary(fields, 'd'), textDictionary(fields, 'd')],
    [{ k: 'v' }, { k: 'v' }],
  );
  assert.deepEqual([optionalText(fields, 'z'), optionalNumber(fields, 'none')], [null, null]);
  assert.deepEqual([optionalText(fields, 't'), optionalNumber(fields, 'n')], ['x', 3]);
  assert.deepEqual(
    [flag(fields, 'none'), texts(fields, 'none'), dictionary(fields, 'none')],
    [false, [], {}],
  );
  assert.equal(oneOf(fields, 't', ['x', 'y']), 'x');
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => fieldsOf([]), /"input".*found a list, need an object/u],
    [() => text(fields, 'toString'), /"toString".*found undefined, need a string/u],
    [() => number(fields, 't'), /"t".*found string, need a number/u],
    [() => flag(fields, 'n'), /need true or false/u],
    [() => texts(fields, 'd'), /need a list of strings/u],
    [() => dictionary(fields, 'l'), /found a list, need an object/u],
    [() => textDictionary(fieldsOf({ d: { k: 1 } }), 'd'), /need an object of strings/u],
    [() => oneOf(fields, 'z', ['a', 'b']), /found null, need one of a, b/u],
  ];
  for (const [read, reason] of refused) assert.throws(read, reason);
});

test("a configuration file has the options at its root or under the application's name", () => {
  assert.deepEqual(readConfigFile('a: 1\nb: true\nc: x\n', 'app'), { a: 1, b: true, c: 'x' });
  assert.deepEqual(readConfigFile('app:\n  a: 1\nother:\n  b: 2\n', 'app'), { a: 1 });
  assert.throws(() => readConfigFile('a: [', 'app'), /cannot parse the configuration file/u);
  assert.throws(() => readConfigFile('- a', 'app'), /the configuration file is no map/u);
  assert.throws(
    () => readConfigFile('app: 3', 'app'),
    /"app" of the configuration file is no map/u,
  );
  assert.throws(() => readConfigFile('a: [1]', 'app'), /option "a".*neither a string/u);
});

test('storage directives: pools and sizes mean nothing here, counts do', () => {
  const counts = storageCounts({ a: '10G', b: '2', c: 'ebs,1.5TiB,3', d: 'tmpfs' });
  assert.deepEqual(
    [...counts],
    [
      ['a', null],
      ['b', 2],
      ['c', 3],
      ['d', null],
    ],
  );
  assert.throws(() => storageCounts({ a: '10G,!' }), /cannot parse storage directive "a=10G,!"/u);
});

test('words of the command line: durations, numbers, pairs', () => {
  assert.deepEqual(
    ['90', '90s', '1m30s', '2h', '250ms'].map(duration),
    [90_000, 90_000, 90_000, 7_200_000, 250],
  );
  assert.throws(() => duration('1 day'), /cannot read duration "1 day"/u);
  assert.equal(wholeNumber('12', 'x'), 12);
  for (const bad of ['', '-1', '1.5', '9'.repeat(20)]) {
    assert.throws(() => wholeNumber(bad, 'count'), /invalid count/u);
  }
  assert.throws(() => wholeNumber('0', 'count', 1), /at least 1|invalid count "0"/u);
  assert.deepEqual(keyValues(['a=b=c', 'd=']), { a: 'b=c', d: '' });
  assert.throws(() => keyValues(['=x']), /expected "key=value", got "=x"/u);
});

test('an error is one line whatever is in it', () => {
  assert.equal(errorLine('went\nwrong', 'Do  this.'), 'ERROR went; wrong. Do  this.');
  assert.equal(errorLine('Really?', 'Yes.'), 'ERROR Really? Yes.');
  assert.equal(errorLine('alone', ''), 'ERROR alone');
});

test('data is printed as YAML, JSON or columns', () => {
  assert.equal(formatData({ a: [1] }, 'json'), '{"a":[1]}\n');
  assert.equal(formatData({ a: 'x' }, 'yaml'), 'a: x\n');
  assert.equal(
    formatTable(['A', 'Long'], [['wide cell', '1'], ['x']]),
    'A          Long\nwide cell  1\nx\n',
  );
  assert.equal(checkFormat('yaml', ['yaml', 'json']), 'yaml');
  assert.throws(() => checkFormat('xml', ['yaml', 'json']), /unknown format "xml"/u);
});

test('an error is logged with all its causes', () => {
  const cause = new Error('inner');
  assert.match(
    describeError(new Error('outer', { cause })),
    /outer[\s\S]*caused by: Error: inner/u,
  );
  assert.equal(describeError('text'), 'text');
});
