// The databag permission matrix (3.4), every cell: who reads and who writes which bag, in a relation with
// another application and in a peer relation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applicationBagWith, createDesk, led, recorded, relatedModel, ring } from './desk.ts';
import { unitBagWith, withU } from './desk.ts';

const filled = ['l/0', 'l/1', 'u/0'].reduce(
  (model, unit) => unitBagWith(model, withU, unit, { who: unit }),
  relatedModel(),
);

const withApplications = ['l', 'u'].reduce(
  (model, name) => applicationBagWith(model, withU, name, { who: name }),
  filled,
);

const withPeers = applicationBagWith(
  unitBagWith(unitBagWith(withApplications, ring, 'l/0', { who: 'l/0' }), ring, 'l/1', {
    who: 'l/1',
  }),
  ring,
  'l',
  { who: 'l' },
);

/** The remote side's own record, so that its units can be asked too. */
const model = led(recorded(withPeers, 'u/0', withU, 'l/0', 'l/1'), 'l/0');

type Verdict = 'read' | 'permission denied' | 'cannot write relation settings' | 'written';

interface Cell {
  readonly bag: string;
  readonly by: string;
  readonly unit: string;
  readonly call: readonly string[];
  readonly verdict: Verdict;
}

const inU = ['-r', withU];
const inRing = ['-r', ring];

const cells: readonly Cell[] = [
  // Own unit bag.
  cell('own unit bag', 'its unit', 'l/0', ['relation-get', ...inU, 'who', 'l/0'], 'read'),
  cell('own unit bag', 'its unit', 'l/1', ['relation-set', ...inU, 'a=b'], 'written'),
  cell(
    'own unit bag',
    'the leader',
    'l/0',
    ['relation-get', ...inU, 'who', 'l/1'],
    'permission denied',
  ),
  cell(
    'own unit bag',
    'another unit',
    'l/1',
    ['relation-get', ...inU, 'who', 'l/0'],
    'permission denied',
  ),
  cell(
    'own unit bag, peers',
    'another unit',
    'l/1',
    ['relation-get', ...inRing, 'who', 'l/0'],
    'read',
  ),
  cell('own unit bag', 'the remote side', 'u/0', ['relation-get', ...inU, 'who', 'l/0'], 'read'),
  // Own application bag.
  cell('own app bag', 'the leader', 'l/0', ['relation-get', '--app', ...inU, 'who', 'l'], 'read'),
  cell('own app bag', 'the leader', 'l/0', ['relation-set', '--app', ...inU, 'a=b'], 'written'),
  cell(
    'own app bag',
    'another unit',
    'l/1',
    ['relation-get', '--app', ...inU, 'who', 'l'],
    'permission denied',
  ),
  cell(
    'own app bag',
    'another unit',
    'l/1',
    ['relation-set', '--app', ...inU, 'a=b'],
    'cannot write relation settings',
  ),
  cell(
    'own app bag',
    'the remote side',
    'u/0',
    ['relation-get', '--app', ...inU, 'who', 'l'],
    'read',
  ),
  cell(
    'own app bag, peers',
    'the leader',
    'l/0',
    ['relation-get', '--app', ...inRing, 'who', 'l'],
    'read',
  ),
  cell(
    'own app bag, peers',
    'the leader',
    'l/0',
    ['relation-set', '--app', ...inRing, 'a=b'],
    'written',
  ),
  cell(
    'own app bag, peers',
    'another unit',
    'l/1',
    ['relation-get', '--app', ...inRing, 'who', 'l'],
    'read',
  ),
  cell(
    'own app bag, peers',
    'another unit',
    'l/1',
    ['relation-set', '--app', ...inRing, 'a=b'],
    'cannot write relation settings',
  ),
  // Remote bags.
  cell('remote unit bag', 'the leader', 'l/0', ['relation-get', ...inU, 'who', 'u/0'], 'read'),
  cell('remote unit bag', 'another unit', 'l/1', ['relation-get', ...inU, 'who', 'u/0'], 'read'),
  cell(
    'remote app bag',
    'the leader',
    'l/0',
    ['relation-get', '--app', ...inU, 'who', 'u'],
    'read',
  ),
  cell(
    'remote app bag',
    'another unit',
    'l/1',
    ['relation-get', '--app', ...inU, 'who', 'u'],
    'read',
  ),
  // H42: nobody else's bags.
  cell(
    'unrelated unit bag',
    'anybody',
    'l/0',
    ['relation-get', ...inU, 'who', 'm/0'],
    'permission denied',
  ),
  cell(
    'unrelated app bag',
    'anybody',
    'l/0',
    ['relation-get', '--app', ...inU, 'who', 'm'],
    'permission denied',
  ),
];

function cell(
  bag: string,
  by: string,
  unit: string,
  call: readonly string[],
  verdict: Verdict,
): Cell {
  return { bag, by, unit, call, verdict };
}

for (const { bag, by, unit, call, verdict } of cells) {
  test(`3.4: ${bag} by ${by}, ${call[0] ?? ''}: ${verdict}`, () => {
    const desk = createDesk({ model, unit });
    const [tool = '', ...args] = call;

    const { code, stdout, stderr } = desk.run(tool, ...args);

    if (verdict === 'read') assert.deepEqual([code, stdout], [0, `${call.at(-1) ?? ''}\n`]);
    else if (verdict === 'written') assert.deepEqual([code, stdout, stderr], [0, '', '']);
    else assert.deepEqual([code, stdout, stderr], [1, '', `ERROR ${verdict}\n`]);
  });
}

test('H40: relation-set has no way to name another bag', () => {
  const desk = createDesk({ model });

  const answer = desk.run('relation-set', ...inU, 'a=b', 'u/0');

  assert.deepEqual([answer.code, answer.stderr], [2, 'ERROR expected "key=value", got "u/0"\n']);
});
