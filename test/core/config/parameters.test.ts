// Parameters: defaults, minimums, and what is refused with which words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ParameterFacts } from '#core/config/check-parameters.ts';
import { checkParameters } from '#core/config/check-parameters.ts';
import { forcedMinimums } from '#core/config/forced-minimums.ts';
import { managedNames, managedParameters } from '#core/config/managed-parameters.ts';
import { memoryDefaults } from '#core/config/memory-defaults.ts';
import { readQuantity } from '#core/config/quantity.ts';

const gibibyte = 1024 ** 3;

test('shared_buffers is a quarter of the memory, between 16 MB and 8 GB', () => {
  assert.equal(memoryDefaults(4 * gibibyte)['shared_buffers'], '1024MB');
  assert.equal(memoryDefaults(1024 ** 2)['shared_buffers'], '16MB');
  assert.equal(memoryDefaults(0)['effective_cache_size'], '16MB');
  assert.equal(memoryDefaults(256 * gibibyte)['shared_buffers'], '8192MB');
  assert.equal(memoryDefaults(4 * gibibyte)['effective_cache_size'], '3072MB');
});

test('a container whose memory is counted a little differently asks for the same', () => {
  assert.deepEqual(memoryDefaults(16 * gibibyte), memoryDefaults(16 * gibibyte + 3_000_000));
});

test('the managed parameters hold where the server listens, and a name it can show', () => {
  const managed = managedParameters({
    listenAddress: '10.0.0.1',
    port: 5433,
    socketDirectory: '/run/x',
    logDirectory: '/log',
    clusterName: `größe ${'x'.repeat(80)}`,
    memoryBytes: 4 * gibibyte,
  });
  assert.equal(managed['port'], '5433');
  assert.equal(managed['listen_addresses'], '10.0.0.1');
  assert.equal(managed['wal_level'], 'logical');
  assert.match(managed['cluster_name'] ?? '', /^gr\?\?e x{57}$/u);
  assert.ok(managedNames.has('port'));
});

test('what is configured too low is raised, and it is said', () => {
  const { parameters, raised } = forcedMinimums(
    {
      max_connections: '5',
      max_wal_senders: ' 6 ',
      wal_level: 'replica',
      hot_standby: 'ON',
      work_mem: '1',
    },
    2,
  );
  assert.deepEqual(parameters, {
    max_connections: '20',
    max_wal_senders: '9',
    wal_level: 'logical',
    hot_standby: 'ON',
    work_mem: '1',
  });
  assert.equal(raised.length, 3);
  assert.match(raised[1] ?? '', /max_wal_senders from 6 to 9/u);
});

test('what is high enough, or is no number, stays as it was configured', () => {
  const configured = {
    max_connections: '200',
    max_wal_senders: 'many',
    max_replication_slots: '5',
  };
  assert.deepEqual(forcedMinimums(configured, 0), { parameters: configured, raised: [] });
});

test("numbers are read in units of memory and time, counted in the parameter's own", () => {
  for (const [text, unit, value] of [
    ['1GB', '8kB', 131_072],
    ['8192', '8kB', 8192],
    [' 1.5 min ', 's', 90],
    ['250us', 'ms', 0.25],
    ['-1', 'kB', -1],
    ['0x10', null, 16],
    ['010', null, 8],
    ['-010', null, -8],
    ['1e3', null, 1000],
    ['.5', null, 0.5],
    ['2d', 'min', 2880],
  ] as const) {
    assert.deepEqual(readQuantity(text, unit), { kind: 'number', value }, text);
  }
});

test('a unit that does not belong there is named with those that do', () => {
  const why = (text: string, unit: string | null): string => {
    const read = readQuantity(text, unit);
    return read.kind === 'fault' ? read.why : '';
  };
  assert.match(why('1s', 'kB'), /B, kB, MB, GB, TB/u);
  assert.match(why('1mb', 'kB'), /B, kB/u);
  assert.match(why('1MB', null), /without a unit/u);
  assert.match(why('1MB', 'unknown'), /without a unit/u);
  assert.match(why('much', 'kB'), /no number/u);
  assert.match(why('', 'kB'), /no number/u);
});

function facts(change: Partial<ParameterFacts>): ReadonlyMap<string, ParameterFacts> {
  const whole: ParameterFacts = {
    type: 'string',
    context: 'sighup',
    unit: null,
    min: null,
    max: null,
    values: null,
    ...change,
  };
  return new Map([['p', whole]]);
}

function fault(value: string, change: Partial<ParameterFacts>): string {
  return checkParameters({ p: value }, facts(change))[0]?.message ?? '';
}

test('T53: a value outside of the bounds is named with the bound it breaks', () => {
  const bounds = { type: 'integer', min: '16', max: '100', unit: '8kB' } as const;
  assert.match(
    fault('2MB', bounds),
    /^Cannot set p to "2MB": it is above the maximum 100 \(in units of 8kB\)$/u,
  );
  assert.match(fault('64kB', bounds), /below the minimum 16/u);
  assert.equal(fault('800kB', bounds), '');
  assert.match(fault('1.5', { type: 'real', min: '0', max: '1' }), /above the maximum 1$/u);
  assert.equal(fault('0.5', { type: 'real', min: '0', max: '1' }), '');
  assert.match(fault('x', bounds), /no number/u);
});

test('T53: booleans and enumerations take what PostgreSQL takes', () => {
  for (const word of ['on', 'OFF', 'tr', 'n', '1', 'of'])
    assert.equal(fault(word, { type: 'bool' }), '', word);
  for (const word of ['o', '', 'maybe', '2'])
    assert.match(fault(word, { type: 'bool' }), /on nor off/u, word);
  assert.equal(fault('Replica', { type: 'enum', values: ['replica', 'logical'] }), '');
  assert.match(
    fault('x', { type: 'enum', values: ['replica', 'logical'] }),
    /none of replica, logical/u,
  );
  assert.equal(fault('true', { type: 'enum', values: ['on', 'off', 'local'] }), '');
  assert.match(fault('x', { type: 'enum' }), /none of/u);
  assert.equal(fault('anything', { type: 'string' }), '');
});

test('what the charm decides, what can only be read, and what reads other files is refused', () => {
  assert.match(fault('1', { context: 'internal' }), /only be looked at/u);
  const refused = (name: string, value = '1'): string =>
    checkParameters({ [name]: value }, null)[0]?.message ?? '';
  for (const name of ['port', 'PORT', 'hba_file'])
    assert.match(refused(name), /the charm decides it/u);
  for (const name of ['include', 'include_dir', 'include_if_exists']) {
    assert.match(refused(name), /another file/u);
  }
  for (const name of ['a b', '', '1x', 'x=1', 'a.'])
    assert.match(refused(name), /letters, digits/u);
  assert.match(refused('x', 'a\u0000b'), /can not be written/u);
  assert.match(refused('x', '\ud800'), /can not be written/u);
});

test('a name the server does not know is refused, unless it may belong to an extension', () => {
  assert.match(
    checkParameters({ workmem: '1' }, facts({}))[0]?.message ?? '',
    /no such parameter/u,
  );
  assert.deepEqual(checkParameters({ 'pg_stat_statements.max': '1', P: 'x' }, facts({})), []);
  assert.deepEqual(checkParameters({ workmem: '1' }, null), []);
});

test('names that every object has are names like any other', () => {
  const odd = JSON.parse('{"__proto__": "1", "constructor": "2"}') as Record<string, string>;
  assert.equal(checkParameters(odd, facts({})).length, 2);
  assert.deepEqual(Object.entries(forcedMinimums(odd, 0).parameters).length, 2);
});

test('checking never throws, whatever is configured', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, value) => {
      checkParameters({ [name]: value }, facts({ type: 'integer', unit: 'kB' }));
      forcedMinimums({ [name]: value }, 1);
    }),
  );
});
