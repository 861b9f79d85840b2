import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { Model } from '#core/juju/model.ts';
import { leaveScope } from '#core/juju/relation-scope.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import {
  applicationBagWith,
  bagOf,
  changed,
  createDesk,
  error,
  failing,
  hook,
  sharedModel,
} from './desk.ts';
import { led, plainHook, recorded, ring, unitBagWith, unitIn } from './desk.ts';
import { withM, withN, withU, withUnit, applicationBagOf, now } from './desk.ts';

const related = sharedModel;

function withRelation(model: Model, id: string, change: object): Model {
  const relation = model.relations[id];
  if (relation === undefined) throw new Error(`no relation ${id}`);
  return { ...model, relations: { ...model.relations, [id]: { ...relation, ...change } } };
}

test('H30: -r takes db:7 and 7, and defaults to the relation of the hook', () => {
  const desk = createDesk({ kind: changed(withU, 'u/0') });

  assert.deepEqual(desk.json('relation-list'), ['u/0', 'u/1']);
  assert.deepEqual(desk.json('relation-list', '-r', withM), ['m/0']);
  assert.deepEqual(desk.json('relation-list', '--relation', `x:${withN}`), ['n/0']);
});

test('H31: -r refuses what is no number and what is no relation of the unit', () => {
  const desk = createDesk();

  assert.deepEqual(
    failing(desk.run('relation-list', '-r', 'one')),
    error(2, 'invalid value "one" for option -r: invalid relation id'),
  );
  assert.deepEqual(
    failing(desk.run('relation-get', '--relation', '99')),
    error(2, 'invalid value "99" for option --relation: relation not found'),
  );
});

test('Q1: a wrong name before the number passes, except for a strict context', () => {
  assert.deepEqual(createDesk().json('relation-list', '-r', `wrong:${withU}`), ['u/0', 'u/1']);
  const strict = createDesk({ strict: true });
  assert.deepEqual(
    failing(strict.run('relation-list', '-r', `wrong:${withU}`)),
    error(2, `invalid value "wrong:${withU}" for option -r: relation not found`),
  );
  assert.deepEqual(strict.json('relation-list', '-r', `x:${withU}`), ['u/0', 'u/1']);
});

test('H50: relation-ids sorts ids as texts', () => {
  const relation = related.relations[withU];
  const model = { ...related, relations: { ...related.relations, 10: { ...relation, id: '10' } } };
  const desk = createDesk({ model: recorded(model as Model, 'l/0', '10') });

  assert.deepEqual(desk.json('relation-ids', 'x'), ['x:1', 'x:10', 'x:2', 'x:3']);
});

test('H50: relation-ids takes the endpoint of the hook, and outside one needs a name', () => {
  assert.deepEqual(createDesk({ kind: changed(withU, 'u/0') }).json('relation-ids'), [
    'x:1',
    'x:2',
    'x:3',
  ]);
  assert.deepEqual(
    failing(createDesk().run('relation-ids')),
    error(2, 'no endpoint name specified'),
  );
});

test('H51: an endpoint the charm lacks has no ids, and that is no error', () => {
  assert.deepEqual(createDesk().json('relation-ids', 'nonsense'), []);
});

test('H51: relation-ids hides a relation that ends and has no members left', () => {
  const ending = withRelation(recorded(related, 'l/0', withU), withU, { life: 'dying' });
  assert.deepEqual(createDesk({ model: ending }).json('relation-ids', 'x'), ['x:1', 'x:3']);

  const suspended = withRelation(recorded(related, 'l/0', withU), withU, { suspended: true });
  assert.deepEqual(createDesk({ model: suspended }).json('relation-ids', 'x'), ['x:1', 'x:3']);

  const stillMembers = withRelation(related, withU, { life: 'dying' });
  assert.deepEqual(createDesk({ model: stillMembers }).json('relation-ids', 'x'), [
    'x:1',
    'x:2',
    'x:3',
  ]);
});

test('trap 13: in its broken hook the relation is hidden and empty, and its own bag readable', () => {
  const model = unitBagWith(related, withU, 'l/0', { own: 'yes' });
  const kind = hook({ kind: 'relation-broken', relation: withU, remoteApplication: 'u' });
  const desk = createDesk({ model, kind });

  assert.deepEqual(desk.json('relation-ids', 'x'), ['x:1', 'x:3']);
  assert.deepEqual(desk.json('relation-list'), []);
  assert.equal(desk.read('relation-get', 'own', 'l/0'), 'yes\n');
  assert.equal(desk.read('relation-set', 'a=b'), '');
});

test('L46: a dying peer relation stays listed', () => {
  const model = withRelation(recorded(related, 'l/0', ring), ring, { life: 'dying' });
  assert.deepEqual(createDesk({ model }).json('relation-ids', 'ring'), [`ring:${ring}`]);
});

test('H52: a relation whose scope the unit has not entered is not there yet', () => {
  const relation = related.relations[withU];
  const outside = withRelation(related, withU, {
    units: { ...relation?.units, 'l/0': { inScope: false, bag: { settings: {}, version: 0 } } },
  });
  const desk = createDesk({ model: outside });

  assert.deepEqual(desk.json('relation-ids', 'x'), ['x:1', 'x:3']);
  assert.equal(desk.run('relation-list', '-r', withU).code, 2);
});

test('H52: a relation the unit has left by its own record is gone', () => {
  const { uniter } = unitIn(related, 'l/0');
  const left = { created: true, members: {}, applications: {}, changedPending: null, left: true };
  const relations = { ...uniter.relations, [withU]: left };
  const model = withUnit(related, 'l/0', { uniter: { ...uniter, relations } });

  assert.deepEqual(createDesk({ model }).json('relation-ids', 'x'), ['x:1', 'x:3']);
});

test('H61: relation-list --app names the other application, in a peer relation the own one', () => {
  const desk = createDesk();

  assert.equal(desk.read('relation-list', '-r', withU, '--app'), 'u\n');
  assert.equal(desk.read('relation-list', '-r', ring, '--app'), 'l\n');
});

test('H60: in a peer relation the members are the other units', () => {
  assert.deepEqual(createDesk().json('relation-list', '-r', ring), ['l/1']);
});

test('H70, Q5: joined counts its unit in, departed leaves it out, broken has nobody', () => {
  const joining = recorded(related, 'l/0', withU, 'u/1');
  const info = { relation: withU, remoteApplication: 'u', remoteUnit: 'u/0' };
  const joined = hook({ kind: 'relation-joined', ...info, changeVersion: 1 });
  const departed = hook({ kind: 'relation-departed', ...info, departingUnit: 'u/0' });
  const created = hook({ kind: 'relation-created', relation: withU, remoteApplication: 'u' });

  assert.deepEqual(createDesk({ model: joining, kind: joined }).json('relation-list'), [
    'u/0',
    'u/1',
  ]);
  assert.deepEqual(createDesk({ kind: departed }).json('relation-list'), ['u/1']);
  assert.deepEqual(createDesk({ model: joining, kind: created }).json('relation-list'), ['u/1']);
});

test('H71: a unit whose joined hook was not delivered is not listed, yet its bag can be read', () => {
  const model = unitBagWith(recorded(related, 'l/0', withU, 'u/0'), withU, 'u/1', { a: 'b' });
  const desk = createDesk({ model });

  assert.deepEqual(desk.json('relation-list', '-r', withU), ['u/0']);
  assert.equal(desk.read('relation-get', '-r', withU, 'a', 'u/1'), 'b\n');
});

test('H72: a member’s bag stays as first read, over hooks, until its own changed hook', () => {
  const cache = createSettingsCache();
  const first = unitBagWith(related, withU, 'u/0', { n: '1' });
  const second = unitBagWith(first, withU, 'u/0', { n: '2' });
  const read = (model: Model, kind = plainHook): string =>
    createDesk({ model, kind, cache }).read('relation-get', '-r', withU, 'n', 'u/0');

  assert.equal(read(first), '1\n');
  assert.equal(read(second), '1\n');
  assert.equal(read(second, changed(withU, 'u/1')), '1\n');
  assert.equal(read(second, changed(withU, 'u/0')), '2\n');
  assert.equal(read(second), '2\n');
});

test('H72: a unit that left and joined again is read anew', () => {
  const cache = createSettingsCache();
  const first = unitBagWith(related, withU, 'u/0', { n: '1' });
  createDesk({ model: first, cache }).read('relation-get', '-r', withU, 'n', 'u/0');
  const gone = recorded(unitBagWith(first, withU, 'u/0', { n: '2' }), 'l/0', withU, 'u/1');
  createDesk({ model: gone, cache });

  const back = createDesk({ model: recorded(gone, 'l/0', withU, 'u/0', 'u/1'), cache });

  assert.equal(back.read('relation-get', '-r', withU, 'n', 'u/0'), '2\n');
});

test('H73: the bag of a unit that is no member is kept for one hook only', () => {
  const cache = createSettingsCache();
  const model = recorded(unitBagWith(related, withU, 'u/0', { n: '1' }), 'l/0', withU);
  const desk = createDesk({ model, cache });
  desk.read('relation-get', '-r', withU, 'n', 'u/0');
  desk.model = unitBagWith(model, withU, 'u/0', { n: '2' });

  assert.equal(desk.read('relation-get', '-r', withU, 'n', 'u/0'), '1\n');
  const next = createDesk({ model: desk.model, cache });
  assert.equal(next.read('relation-get', '-r', withU, 'n', 'u/0'), '2\n');
});

test('H74: the remote application’s bag is read anew in every hook, and once in each', () => {
  const cache = createSettingsCache();
  const desk = createDesk({ model: applicationBagWith(related, withU, 'u', { n: '1' }), cache });
  assert.equal(desk.read('relation-get', '-r', withU, '--app', 'n', 'u'), '1\n');
  desk.model = applicationBagWith(desk.model, withU, 'u', { n: '2' });

  assert.equal(desk.read('relation-get', '-r', withU, '--app', 'n', 'u'), '1\n');
  const next = createDesk({ model: desk.model, cache });
  assert.equal(next.read('relation-get', '-r', withU, '--app', 'n', 'u'), '2\n');
});

test('H75: own writes are visible at once, deleted keys are absent', () => {
  const desk = createDesk({ model: unitBagWith(related, withU, 'l/0', { old: '1' }) });
  desk.read('relation-set', '-r', withU, 'new=2', 'old=');
  desk.read('relation-set', '-r', withU, '--app', 'lead=3');

  const own = desk.json('relation-get', '-r', withU, '-', 'l/0');
  assert.deepEqual(Object.keys(own as object).sort(), [
    'egress-subnets',
    'ingress-address',
    'new',
    'private-address',
  ]);
  assert.deepEqual(desk.json('relation-get', '-r', withU, '--app', '-', 'l'), { lead: '3' });
});

test('H75: the own bag is loaded once, so Juju’s changes meanwhile are not seen', () => {
  const desk = createDesk();
  desk.read('relation-get', '-r', withU, '-', 'l/0');
  desk.model = unitBagWith(desk.model, withU, 'l/0', { late: '1' });

  assert.equal(desk.read('relation-get', '-r', withU, 'late', 'l/0'), '');
});

test('H76: nobody else sees a write before the commit', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', withU, 'a=b');

  assert.equal(bagOf(desk.model, withU, 'l/0')['a'], undefined);
  desk.flush();
  assert.equal(bagOf(desk.model, withU, 'l/0')['a'], 'b');
});

test('H77: a peer that does not lead reads the application’s bag from the controller', () => {
  const model = applicationBagWith(related, ring, 'l', { a: '1' });
  const desk = createDesk({ model, unit: 'l/1' });

  assert.deepEqual(desk.json('relation-get', '-r', ring, '--app', '-', 'l'), { a: '1' });
});

test('H80: a missing key prints nothing, null in json', () => {
  const desk = createDesk({ kind: changed(withU, 'u/0') });

  assert.equal(desk.read('relation-get', 'none'), '');
  assert.equal(desk.read('relation-get', 'none', '--format', 'yaml'), '');
  assert.equal(desk.read('relation-get', 'none', '--format', 'json'), 'null\n');
  assert.equal(desk.read('relation-get', 'constructor'), '');
});

test('H81: the remote unit is the default, with --app the remote application', () => {
  const model = applicationBagWith(unitBagWith(related, withU, 'u/1', { a: 'unit' }), withU, 'u', {
    a: 'app',
  });
  const desk = createDesk({ model, kind: changed(withU, 'u/1') });

  assert.equal(desk.read('relation-get', 'a'), 'unit\n');
  assert.equal(desk.read('relation-get', '--app', 'a'), 'app\n');
});

for (const kind of [
  hook({ kind: 'relation-created', relation: withU, remoteApplication: 'u' }),
  hook({ kind: 'relation-broken', relation: withU, remoteApplication: 'u' }),
  changed(withU, ''),
]) {
  const name = kind.kind === 'hook' ? kind.hook.kind : '';
  test(`H81: --app is implied in a ${name} hook without a remote unit`, () => {
    const desk = createDesk({ model: applicationBagWith(related, withU, 'u', { a: '1' }), kind });

    assert.equal(desk.read('relation-get', 'a'), '1\n');
  });
}

test('H82: --app with a unit’s name means its application', () => {
  const desk = createDesk({ model: applicationBagWith(related, withU, 'u', { a: '1' }) });

  assert.equal(desk.read('relation-get', '-r', withU, '--app', 'a', 'u/5'), '1\n');
  assert.deepEqual(
    failing(desk.run('relation-get', '-r', withU, '--app', '-', '')),
    error(1, 'permission denied'),
  );
});

test('H81: --app outside a relation hook needs a name', () => {
  assert.deepEqual(
    failing(createDesk().run('relation-get', '-r', withU, '--app')),
    error(2, 'no unit or application specified'),
  );
});

test('H41: the bag of a departed unit is readable in its departed hook and after', () => {
  const kind = hook({
    kind: 'relation-departed',
    relation: withU,
    remoteApplication: 'u',
    remoteUnit: 'u/0',
    departingUnit: 'u/0',
  });
  const model = leaveScope(unitBagWith(related, withU, 'u/0', { a: '1' }), 'u/0', withU);

  assert.equal(createDesk({ model, kind }).read('relation-get', 'a'), '1\n');
  const { 'u/0': _gone, ...units } = model.units;
  assert.equal(
    createDesk({ model: { ...model, units } }).read('relation-get', '-r', withU, 'a', 'u/0'),
    '1\n',
  );
});

test('H85: a unit that never entered has no settings', () => {
  const answer = createDesk().run('relation-get', '-r', withU, '-', 'u/9');

  assert.equal(answer.code, 1);
  assert.match(
    answer.stderr,
    /^ERROR cannot read settings for unit "u\/9" .*settings not found\n$/u,
  );
});

test('H90: an empty value deletes its key, and deleting an absent key is nothing', () => {
  const desk = createDesk({ model: unitBagWith(related, withU, 'l/0', { a: '1' }) });
  desk.read('relation-set', '-r', withU, 'a=', 'never=');
  desk.flush();

  assert.deepEqual(Object.keys(bagOf(desk.model, withU, 'l/0')).sort(), [
    'egress-subnets',
    'ingress-address',
    'private-address',
  ]);
});

test('H91: --file takes JSON and YAML, from a file and from stdin, and arguments win', () => {
  const files = {
    '/charm/values.yaml': 'a: 1\nb: two\ngone:\nnull: null\n',
    '/tmp/v': '{"c":"3"}',
  };
  const desk = createDesk({ model: unitBagWith(related, withU, 'l/0', { gone: 'x' }), files });
  desk.read('relation-set', '-r', withU, '--file', 'values.yaml', 'b=argument');
  desk.read('relation-set', '-r', withU, '--file=/tmp/v');
  desk.runWithStdin('{"d": "4\\n", "e": ""}', 'relation-set', '-r', withU, '--file', '-');
  desk.flush();

  const bag = bagOf(desk.model, withU, 'l/0');
  assert.deepEqual(
    { a: bag['a'], b: bag['b'], c: bag['c'], d: bag['d'] },
    { a: '1', b: 'argument', c: '3', d: '4\n' },
  );
  assert.ok(!('gone' in bag) && !('e' in bag) && !('null' in bag));
});

test('H2: a tool that wants stdin asks for it and changes nothing before', () => {
  const desk = createDesk();

  const answer = desk.run('relation-set', '-r', withU, '--file', '-', 'a=b');

  assert.equal(answer.needsStdin, true);
  assert.deepEqual(failing(answer), error(1, 'hook tool requires stdin, none supplied'));
  assert.equal(desk.read('relation-get', '-r', withU, 'a', 'l/0'), '');
});

test('H2: a tool without --file - never asks for stdin', () => {
  assert.equal(createDesk().run('relation-set', '-r', withU, 'a=b').needsStdin, undefined);
});

for (const [args, code, message] of [
  [['-r', withU, 'x'], 2, 'expected "key=value", got "x"'],
  [['-r', withU, '=x'], 2, 'expected "key=value", got "=x"'],
  [['-r', withU, 'k=1', 'k=2'], 2, 'key "k" specified more than once'],
  [['k=1'], 2, 'no relation id specified'],
  [['-r', withU, '--file', 'none'], 1, 'open /charm/none: no such file or directory'],
] as const) {
  test(`H92: relation-set ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('relation-set', ...args)), error(code, message));
  });
}

for (const text of ['- a\n', 'a: [1]\n', 'a: {b: c}\n', 'text', '[]', '{"a": {"b": 1}}', 'a: "']) {
  test(`H92: a file with ${JSON.stringify(text)} is refused`, () => {
    const answer = createDesk().runWithStdin(text, 'relation-set', '-r', withU, '--file', '-');

    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /^ERROR yaml: /u);
  });
}

for (const text of ['', '~', '{}', '# nothing\n']) {
  test(`H91: a file with ${JSON.stringify(text)} holds nothing, and that is fine`, () => {
    const desk = createDesk();
    assert.equal(desk.runWithStdin(text, 'relation-set', '-r', withU, '--file', '-').code, 0);
  });
}

test('H93: --app of a unit that can’t tell who leads fails with the reason', () => {
  const machine = unitIn(related, 'l/0').machine;
  const machines = {
    ...related.machines,
    [machine]: { ...related.machines[machine], condition: 'isolated' },
  } as Model['machines'];
  const answer = createDesk({ model: { ...related, machines } }).run(
    'relation-set',
    '-r',
    withU,
    '--app',
    'a=b',
  );

  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /^ERROR cannot determine leadership status: /u);
});

test('H94: relation-set --format warns on stderr and does its work', () => {
  const desk = createDesk();

  const answer = desk.run('relation-set', '-r', withU, '--format=json', 'a=b');

  assert.deepEqual(
    [answer.code, answer.stdout, answer.stderr],
    [0, '', '--format flag deprecated for command "relation-set"'],
  );
});

test('H96: relation-set works outside relation hooks with -r', () => {
  const desk = createDesk();
  desk.read('relation-set', '-r', `x:${withN}`, '--app', 'a=b');
  desk.flush();

  assert.deepEqual(applicationBagOf(desk.model, withN, 'l'), { a: 'b' });
});

test('3.10: relation-model-get names the model', () => {
  assert.deepEqual(createDesk().json('relation-model-get', '-r', ring), {
    uuid: related.uuid,
  });
});

test('a relation that left the model during the hook is an error of the tool, not of the program', () => {
  const desk = createDesk();
  const { [withU]: _gone, ...relations } = desk.model.relations;
  desk.model = { ...desk.model, relations };

  const answer = desk.run('relation-get', '-r', withU, '-', 'u/0');

  assert.deepEqual(failing(answer), error(1, `relation ${withU} not found`));
});

test('H91: any text survives relation-set and relation-get, by arguments and by stdin', () => {
  const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(value, value, (one, two) => {
      const desk = createDesk({ model: led(related, 'l/0') });
      desk.read('relation-set', '-r', withU, `one=${one}`);
      desk.runWithStdin(JSON.stringify({ two }), 'relation-set', '-r', withU, '--file', '-');
      desk.flush();

      const read = createDesk({ model: desk.model, unit: 'l/0' });
      const settings = read.json('relation-get', '-r', withU, '-', 'l/0');
      assert.deepEqual(
        { one, two },
        {
          one: (settings as Record<string, string>)['one'],
          two: bagOf(desk.model, withU, 'l/0')['two'],
        },
      );
    }),
    { numRuns: 40 },
  );
});

test('keys that every object inherits are keys like any other', () => {
  const desk = createDesk();
  desk.now = now;
  desk.runWithStdin(
    '{"__proto__":"p","constructor":"c"}',
    'relation-set',
    '-r',
    withU,
    '--file',
    '-',
  );
  desk.flush();

  const bag = bagOf(desk.model, withU, 'l/0');
  assert.equal(Object.getOwnPropertyDescriptor(bag, '__proto__')?.value, 'p');
  assert.equal(bag['constructor'], 'c');
});
