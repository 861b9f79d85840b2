import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ConfigOption } from '#core/juju/charm-definition.ts';
import {
  carryConfigOver,
  effectiveConfig,
  hasType,
  readConfigValue,
  readConfigValues,
} from '#core/juju/config-values.ts';
import { refusal, serverCharm } from './samples.ts';

const option = (type: ConfigOption['type']): ConfigOption => ({
  name: 'x',
  type,
  default: null,
  description: '',
});
const id = '9m4e2mr0ui3e8a215n4g';

const accepted: readonly (readonly [ConfigOption['type'], string | number | boolean, unknown])[] = [
  ['string', '', ''],
  ['string', '5', '5'],
  ['int', '5', 5],
  ['int', '-05', -5],
  ['int', '+5', 5],
  ['int', '-0', 0],
  ['int', 5, 5],
  ['float', '1.5', 1.5],
  ['float', '1e3', 1000],
  ['float', '.5', 0.5],
  ['float', 2, 2],
  ['boolean', 'true', true],
  ['boolean', 'T', true],
  ['boolean', '0', false],
  ['boolean', 'False', false],
  ['boolean', true, true],
  ['secret', `secret:${id}`, `secret:${id}`],
  ['secret', id, `secret:${id}`],
];

for (const [type, given, wanted] of accepted) {
  test(`F32: ${type} takes ${JSON.stringify(given)}`, () => {
    assert.ok(Object.is(readConfigValue(option(type), given), wanted));
  });
}

const refused: readonly (readonly [ConfigOption['type'], string | number | boolean, string])[] = [
  ['string', 5, '5'],
  ['string', true, 'true'],
  ['int', 'abc', '"abc"'],
  ['int', '', '""'],
  ['int', '1.5', '"1.5"'],
  ['int', '0x10', '"0x10"'],
  ['int', ' 5', '" 5"'],
  ['int', '9007199254740993', '"9007199254740993"'],
  ['int', 1.5, '1.5'],
  ['int', true, 'true'],
  ['float', '', '""'],
  ['float', 'NaN', '"NaN"'],
  ['float', '1e999', '"1e999"'],
  ['float', true, 'true'],
  ['boolean', 'yes', '"yes"'],
  ['boolean', '', '""'],
  ['boolean', 1, '1'],
  ['secret', 'foo', '"foo"'],
  ['secret', 5, '5'],
];

for (const [type, given, shown] of refused) {
  test(`F32: ${type} refuses ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => readConfigValue(option(type), given),
      refusal('not-valid', `option "x" expected ${type}, got ${shown}`),
    );
  });
}

test('F32: an unknown option is refused with those there are', () => {
  assert.throws(() => readConfigValues(serverCharm(), { nope: '1' }), {
    code: 'not-found',
    message: 'unknown option "nope"',
    hint: /key, label, port, ratio, verbose/u,
  });
});

test('F32: inherited names are unknown options', () => {
  const values = JSON.parse('{"__proto__": "1"}');
  assert.throws(
    () => readConfigValues(serverCharm(), values),
    refusal('not-found', 'unknown option "__proto__"'),
  );
  assert.throws(
    () => readConfigValues({ ...serverCharm(), config: {} }, { constructor: '1' }),
    refusal('not-found', 'unknown option "constructor"'),
  );
});

test('H100, F34: the charm sees what is set or has a default, and "" is a value', () => {
  const config = { port: 5433, label: '' };
  assert.deepEqual(effectiveConfig({ config }, serverCharm()), {
    port: 5433,
    verbose: false,
    label: '',
  });
});

test('F35: on a change of charm only values that still fit stay', () => {
  const charm = serverCharm();
  const values = { port: 'x', ratio: 2, verbose: 1, gone: 'y', label: 'z', key: `secret:${id}` };
  assert.deepEqual(carryConfigOver(values, charm), { ratio: 2, label: 'z', key: `secret:${id}` });
});

test('property: what was read has the option’s type and reads as itself', () => {
  const types = fc.constantFrom('string', 'int', 'float', 'boolean', 'secret');
  const values = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('true', 'f', id),
    fc.integer(),
    fc.boolean(),
  );
  fc.assert(
    fc.property(types, values, (type, given) => {
      let read;
      try {
        read = readConfigValue(option(type), given);
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'ModelError');
        return;
      }
      assert.ok(hasType(option(type), read));
      assert.equal(readConfigValue(option(type), read), read);
    }),
  );
});
