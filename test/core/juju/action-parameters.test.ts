import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseActionArguments, prepareParameters } from '#core/juju/action-parameters.ts';
import { schemaProblems } from '#core/juju/action-schema.ts';
import { parseYaml, yamlText } from '#core/juju/yaml-text.ts';
import type { ActionDefinition } from '#core/juju/charm-definition.ts';
import { refusal, serverCharm } from './samples.ts';

function backup(): ActionDefinition {
  const action = serverCharm().actions.backup;
  assert.ok(action !== undefined);
  return action;
}

test('F42: defaults are put in, nested ones too', () => {
  assert.deepEqual(prepareParameters(backup(), { name: 'n' }), {
    name: 'n',
    level: 3,
    target: { kind: 'disk' },
  });
});

test('F42: what was given stays, and gaps inside it are filled', () => {
  const given = { name: 'n', level: 5, target: { path: '/x' } };
  assert.deepEqual(prepareParameters(backup(), given), {
    name: 'n',
    level: 5,
    target: { path: '/x', kind: 'disk' },
  });
  assert.deepEqual(given.target, { path: '/x' });
});

test('F41: a parameter that is not listed is refused', () => {
  assert.throws(
    () => prepareParameters(backup(), { name: 'n', x: 1 }),
    refusal(
      'not-valid',
      'validation failed: (root) : additional property "x" is not allowed, given {"name":"n","x":1}',
    ),
  );
});

test('F41: all that is wrong is said at once', () => {
  assert.throws(
    () => prepareParameters(backup(), { level: 'high', target: { kind: 5 } }),
    refusal(
      'not-valid',
      /"name" property is missing and required, given .*; \(root\)\.level : must be of type integer, given "high"; \(root\)\.target\.kind : must be of type string, given 5$/u,
    ),
  );
});

const rules: readonly (readonly [string, object, unknown, string])[] = [
  ['minimum', { minimum: 1 }, 0, 'must be greater than or equal to 1, given 0'],
  ['maximum', { maximum: 9 }, 10, 'must be less than or equal to 9, given 10'],
  [
    'exclusiveMinimum',
    { minimum: 1, exclusiveMinimum: true },
    1,
    'must be greater than 1, given 1',
  ],
  ['exclusiveMaximum', { maximum: 9, exclusiveMaximum: true }, 9, 'must be less than 9, given 9'],
  ['pattern', { pattern: '^[a-z\\-]+$' }, 'A', `does not match pattern '^[a-z\\-]+$', given "A"`],
  ['enum', { enum: ['a', 'b'] }, 'c', 'must match one of the enum values ["a","b"], given "c"'],
  ['minLength', { minLength: 2 }, 'a', 'must NOT have fewer than 2 characters, given "a"'],
];

for (const [name, schema, value, text] of rules) {
  test(`F41: ${name} of draft 4 holds`, () => {
    const found = schemaProblems({ type: 'object', properties: { p: schema } }, { p: value });
    assert.deepEqual(found, [`(root).p : ${text}`]);
  });
}

test('F41: an exclusive bound that is false leaves the bound inclusive', () => {
  assert.deepEqual(schemaProblems({ minimum: 1, exclusiveMinimum: false }, 1), []);
});

test('F41: words of later drafts mean nothing', () => {
  const schema = { const: 1, propertyNames: false, contains: {}, id: 'x', format: 'email' };
  assert.deepEqual(schemaProblems(schema, 'no mail'), []);
});

test('F41: schemas inside schemas are read by the same rules', () => {
  const schema = {
    properties: {
      id: { type: 'string' },
      list: { items: [{ minimum: 1, exclusiveMinimum: true }], additionalItems: false },
    },
    dependencies: { id: ['list'] },
  };
  assert.equal(schemaProblems(schema, { id: 'a', list: [2] }).length, 0);
  assert.equal(schemaProblems(schema, { list: [1] }).length, 1);
  assert.equal(schemaProblems(schema, { list: [2, 3] }).length, 1);
  assert.equal(schemaProblems(schema, { id: 'a' }).length, 1);
});

test('F42: values are YAML, and --string-args keeps them as text', () => {
  const given = ['a=5', 'b=yes', 'c.d=x', 'c.e=[1, 2]', 'f=', 'g=a=b'];
  assert.deepEqual(parseActionArguments(given, false), {
    a: 5,
    b: true,
    c: { d: 'x', e: [1, 2] },
    f: null,
    g: 'a=b',
  });
  assert.deepEqual(parseActionArguments(['a=5', 'a.b=1'], true), { a: { b: '1' } });
});

test('H161: keys have a form', () => {
  assert.throws(
    () => parseActionArguments(['aB=1'], false),
    refusal('not-valid', /^key "aB" must start and end with lowercase alphanumeric/u),
  );
  for (const text of ['x', '=1']) {
    assert.throws(
      () => parseActionArguments([text], false),
      refusal('not-valid', `argument "${text}" must be of the form key.key.key...=value`),
    );
  }
});

test('F42: a value that is no YAML is refused', () => {
  assert.throws(
    () => parseActionArguments(['a=[1'], false),
    refusal('not-valid', /^cannot parse value of "a=\[1": /u),
  );
});

test('YAML is read with the old booleans and octals, and without dates and base 60', () => {
  assert.deepEqual(parseYaml('{a: on, b: 010, c: 1:30, d: 2001-01-01, e: 1.5}'), {
    ok: true,
    value: { a: true, b: 8, c: '1:30', d: '2001-01-01', e: 1.5 },
  });
  assert.deepEqual(parseYaml(''), { ok: true, value: null });
});

test('two documents and a flood of aliases are refused in one line', () => {
  const flood = `a: &a [x]\n${'b'.repeat(1)}: [${Array(200).fill('*a').join(',')}]\n`;
  for (const text of ['--- 1\n--- 2\n', flood]) {
    const outcome = parseYaml(text);
    assert.ok(!outcome.ok);
    assert.doesNotMatch(outcome.problem, /\n|YAML\.parse/u);
  }
});

test('property: every text survives YAML', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.deepEqual(parseYaml(yamlText({ text })), { ok: true, value: { text } });
    }),
  );
});

test('property: text arguments arrive as they were typed', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.deepEqual(parseActionArguments([`k=${text}`], true), { k: text });
    }),
  );
});
