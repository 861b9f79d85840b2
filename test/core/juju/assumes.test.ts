import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkAssumes, compareVersions, readAssumes } from '#core/juju/assumes.ts';
import { refusal } from './samples.ts';

const met = [
  [],
  ['juju'],
  ['juju >= 3.6'],
  ['juju>=3.6.9'],
  ['juju < 4'],
  [{ 'any-of': ['k8s-api', 'juju >= 3'] }],
  [{ 'all-of': ['juju >= 3.1', 'juju < 4.0'] }],
];
for (const assumes of met) {
  test(`F9: Juju 3.6.9 on machines meets ${JSON.stringify(assumes)}`, () => {
    assert.doesNotThrow(() => checkAssumes(readAssumes(assumes), '3.6.9'));
  });
}

const unmet: readonly (readonly [unknown[], string])[] = [
  [['k8s-api'], '  - charm requires feature "k8s-api" but model does not support it'],
  [['juju >= 4.0'], '  - charm requires Juju version >= 4.0, model has version 3.6.9'],
  [['juju < 3'], '  - charm requires Juju version < 3.0.0, model has version 3.6.9'],
  [
    [{ 'any-of': ['k8s-api', 'juju >= 4'] }],
    '  - charm requires at least one of the following:\n' +
      '    - charm requires feature "k8s-api" but model does not support it\n' +
      '    - charm requires Juju version >= 4.0.0, model has version 3.6.9',
  ],
  [
    [{ 'all-of': ['juju >= 3', 'k8s-api'] }],
    '  - charm requires all of the following:\n' +
      '    - charm requires feature "k8s-api" but model does not support it',
  ],
];
for (const [assumes, lines] of unmet) {
  test(`F9: Juju 3.6.9 on machines lacks ${JSON.stringify(assumes)}`, () => {
    assert.throws(
      () => checkAssumes(readAssumes(assumes), '3.6.9'),
      refusal('not-valid', `Charm cannot be deployed because:\n${lines}`),
    );
  });
}

for (const bad of ['juju > 3', 'juju >= x', 5, { 'any-of': [], 'all-of': [] }, { none: [] }, {}]) {
  test(`F9: ${JSON.stringify(bad)} is no assumption`, () => {
    assert.throws(
      () => readAssumes([bad]),
      refusal('invalid-charm', /^metadata: assumes: malformed requirement expression: /u),
    );
  });
}

test('F9: what comes before a release sorts below it', () => {
  assert.ok(compareVersions('3.6-rc1', '3.6.0') < 0);
  assert.ok(compareVersions('3.6-rc1', '3.5.9') > 0);
  assert.throws(() => compareVersions('three', '3.6.0'), { name: 'Error' });
});

test('F9: versions compare number by number', () => {
  const part = fc.nat({ max: 20 });
  fc.assert(
    fc.property(part, part, part, part, (a, b, c, d) => {
      const order = Math.sign(compareVersions(`${a}.${b}.1`, `${c}.${d}.1`));
      assert.equal(order, Math.sign(a - c) || Math.sign(b - d));
    }),
  );
});
