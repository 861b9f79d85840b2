// The traces T1 to T5, exactly as units run them. Where Juju leaves an order open the trace is compared
// after sorting what may change places, and only that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUnits, deploy } from '#core/juju/deploy.ts';
import { integrate } from '#core/juju/integrate.ts';
import { removeApplication, removeUnit } from '#core/juju/remove.ts';
import { removeRelation } from '#core/juju/remove-relation.ts';
import { expireLease } from '#core/juju/uniter/leases.ts';
import { clientCharm, databaseCharm, deployed, emptyModel, placement } from './models.ts';
import { plainCharm, start, watcherCharm } from './models.ts';
import { World } from './world.ts';
import type { HookEffect, HookRun } from './world.ts';

const seeds = Array.from({ length: 10 }, (_, index) => index);

/** update-status comes when it likes and is left out of every trace. */
function trace(world: World, unit: string): readonly string[] {
  return world.trace(unit).filter((text) => text !== 'update-status');
}

function forget(world: World): void {
  world.history.length = 0;
}

const bornAs = (leader: boolean): readonly string[] => [
  'pgdata-storage-attached',
  'install',
  'cluster-relation-created',
  ...(leader ? ['leader-elected'] : []),
  'config-changed',
  'start',
];

test('T1: a unit deployed alone attaches, installs, enters, leads, is configured and starts', () => {
  for (const seed of seeds) {
    const world = new World(deployed(databaseCharm), { seed });
    world.settleDown();
    assert.deepEqual(trace(world, 'app/0'), bornAs(true));
  }
});

test('T2: a unit that is added comes up, then both see each other join and change', () => {
  for (const seed of seeds) {
    const world = new World(deployed(databaseCharm), { seed });
    world.settleDown();
    forget(world);
    world.command('add-unit', (model) => addUnits(model, 'app', 1, [], placement, world.now));
    world.settleDown();
    assert.deepEqual(trace(world, 'app/1'), [
      ...bornAs(false),
      'cluster-relation-joined app/0',
      'cluster-relation-changed app/0',
    ]);
    assert.deepEqual(trace(world, 'app/0'), [
      'cluster-relation-joined app/1',
      'cluster-relation-changed app/1',
    ]);
  }
});

test('T2: what the leader wrote for the application comes before the first joined', () => {
  const publish = ({ hook, model }: HookRun): HookEffect => {
    const relation = Object.keys(model.relations)[0] ?? '';
    if (hook.kind !== 'leader-elected') return { outcome: 'success' };
    return { outcome: 'success', writes: [{ relation, bag: 'application', change: { a: '1' } }] };
  };
  for (const seed of seeds) {
    const world = new World(deployed(databaseCharm), { seed, charm: publish });
    world.settleDown();
    world.command('add-unit', (model) => addUnits(model, 'app', 1, [], placement, world.now));
    world.settleDown();
    assert.deepEqual(trace(world, 'app/1').slice(-3), [
      'cluster-relation-changed (app)',
      'cluster-relation-joined app/0',
      'cluster-relation-changed app/0',
    ]);
    // L44: its own writing is no news to the leader.
    assert.ok(!trace(world, 'app/0').includes('cluster-relation-changed (app)'));
  }
});

function related(seed: number): World {
  const request = { application: 'client', charmUrl: clientCharm.url, units: 2 };
  const world = new World(
    [databaseCharm, clientCharm].reduce(
      (model, definition) =>
        definition === clientCharm
          ? deploy(model, request, placement, start)
          : deploy(
              model,
              { application: 'app', charmUrl: definition.url, units: 2 },
              placement,
              start,
            ),
      emptyModel([databaseCharm, clientCharm]),
    ),
    { seed },
  );
  world.settleDown();
  forget(world);
  world.command('integrate', (model) => integrate(model, 'app:db', 'client:db').model);
  world.settleDown();
  return world;
}

test('T3: both sides of a new relation enter it, then join and change unit by unit', () => {
  for (const seed of seeds) {
    const world = related(seed);
    for (const [unit, others] of [
      ['app/0', ['client/0', 'client/1']],
      ['client/1', ['app/0', 'app/1']],
    ] as const) {
      const [first, ...rest] = trace(world, unit);
      assert.equal(first, 'db-relation-created');
      // Which of two units enters first is chance; joined is followed by changed in any case (L41.1).
      const pairs = new Set([rest.slice(0, 2), rest.slice(2)]);
      assert.deepEqual(
        pairs,
        new Set(
          others.map((other) => [`db-relation-joined ${other}`, `db-relation-changed ${other}`]),
        ),
      );
    }
  }
});

test('T4: a unit that is removed lets go of its storage, departs everywhere, stops and is removed', () => {
  for (const seed of seeds) {
    const world = related(seed);
    forget(world);
    world.command('remove-unit', (model) =>
      removeUnit(model, 'app/1', { force: false }, world.now),
    );
    world.settleDown();
    const own = trace(world, 'app/1');
    assert.equal(own[0], 'pgdata-storage-detaching');
    assert.deepEqual(own.slice(-2), ['stop', 'remove']);
    const relations = own.slice(1, -2);
    const ofEndpoint = (name: string): readonly string[] =>
      relations.filter((text) => text.startsWith(name));
    assert.deepEqual(ofEndpoint('cluster'), ['cluster-relation-departed app/0 departing app/1']);
    assert.deepEqual(ofEndpoint('db'), [
      'db-relation-departed client/0 departing app/1',
      'db-relation-departed client/1 departing app/1',
      'db-relation-broken',
    ]);
    assert.equal(relations.length, 4);
    assert.deepEqual(
      trace(world, 'app/0').filter((text) => text !== 'leader-elected'),
      ['cluster-relation-departed app/1 departing app/1'],
    );
    assert.deepEqual(trace(world, 'client/0'), ['db-relation-departed app/1 departing app/1']);
    assert.ok(!Object.hasOwn(world.model.units, 'app/1'));
  }
});

test('T5: a removed application takes down every unit, and breaks the relation of its clients', () => {
  for (const seed of seeds) {
    const world = related(seed);
    forget(world);
    world.command('remove-application', (model) =>
      removeApplication(model, 'app', { force: false }, world.now),
    );
    world.settleDown();
    for (const [unit, peer] of [
      ['app/0', 'app/1'],
      ['app/1', 'app/0'],
    ] as const) {
      const own = trace(world, unit).filter((text) => !text.startsWith('cluster'));
      assert.deepEqual(own, [
        'pgdata-storage-detaching',
        `db-relation-departed client/0 departing ${unit}`,
        `db-relation-departed client/1 departing ${unit}`,
        'db-relation-broken',
        'stop',
        'remove',
      ]);
      const peers = trace(world, unit).filter((text) => text.startsWith('cluster'));
      assert.deepEqual(peers, [`cluster-relation-departed ${peer} departing ${unit}`]);
    }
    for (const client of ['client/0', 'client/1']) {
      assert.deepEqual(trace(world, client).toSorted(), [
        'db-relation-broken',
        'db-relation-departed app/0 departing app/0',
        'db-relation-departed app/1 departing app/1',
      ]);
      assert.equal(trace(world, client).at(-1), 'db-relation-broken');
    }
    assert.deepEqual(Object.keys(world.model.applications), ['client']);
    assert.deepEqual(world.model.relations, {});
  }
});

test('L47: a removed relation departs and breaks on both sides, and nobody local goes away', () => {
  for (const seed of seeds) {
    const world = related(seed);
    forget(world);
    world.command('remove-relation', (model) =>
      removeRelation(model, ['app:db', 'client:db'], { force: false }, world.now),
    );
    world.settleDown();
    assert.deepEqual(trace(world, 'app/0'), [
      'db-relation-departed client/0 departing client/0',
      'db-relation-departed client/1 departing client/1',
      'db-relation-broken',
    ]);
    assert.deepEqual(trace(world, 'client/1'), [
      'db-relation-departed app/0 departing app/0',
      'db-relation-departed app/1 departing app/1',
      'db-relation-broken',
    ]);
    assert.deepEqual(Object.values(world.model.relations).length, 1);
  }
});

test('L40: a unit may be seen to join before it ran anything but install', () => {
  const early = seeds.filter((seed) => {
    const world = new World(deployed(databaseCharm), { seed });
    world.settleDown();
    world.command('add-unit', (model) => addUnits(model, 'app', 1, [], placement, world.now));
    world.settleDown();
    const joined = world.history.findIndex(({ text }) => text === 'cluster-relation-joined app/1');
    const started = world.history.findIndex(
      ({ unit, text }) => unit === 'app/1' && text === 'config-changed',
    );
    return joined < started;
  });
  assert.ok(early.length > 0);
});

test('L27, L51, L56: a subordinate comes with its principal and sees that one alone, which gets no hooks', () => {
  for (const seed of seeds) {
    const charms = [plainCharm, watcherCharm];
    let model = deploy(
      emptyModel(charms),
      { application: 'plain', charmUrl: plainCharm.url, units: 2 },
      placement,
      start,
    );
    model = deploy(model, { application: 'watcher', charmUrl: watcherCharm.url }, placement, start);
    model = integrate(model, 'plain', 'watcher').model;
    const world = new World(model, { seed });
    world.settleDown();
    const subordinates = Object.values(world.model.units).filter(({ principal }) => principal);
    assert.deepEqual(
      new Set(subordinates.map(({ principal }) => principal)),
      new Set(['plain/0', 'plain/1']),
    );
    for (const { name, principal, machine } of subordinates) {
      assert.equal(machine, world.model.units[principal ?? '']?.machine);
      const hooks = trace(world, name).filter((text) => text !== 'leader-elected');
      assert.deepEqual(hooks, [
        'install',
        'host-relation-created',
        'config-changed',
        'start',
        `host-relation-joined ${principal}`,
        `host-relation-changed ${principal}`,
      ]);
    }
    assert.deepEqual(
      trace(world, 'plain/0').filter((text) => text !== 'leader-elected'),
      ['install', 'config-changed', 'start'],
    );
  }
});

test('L58: a subordinate goes before its principal, and with the relation that brought it', () => {
  const charms = [plainCharm, watcherCharm];
  let model = emptyModel(charms);
  for (const definition of charms) {
    const request = { application: definition.name, charmUrl: definition.url };
    model = deploy(model, request, placement, start);
  }
  model = integrate(model, 'plain', 'watcher').model;
  for (const seed of seeds) {
    const world = new World(model, { seed });
    world.settleDown();
    const principalGoes = new World(world.model, { seed });
    principalGoes.command('remove-unit', (before) =>
      removeUnit(before, 'plain/0', { force: false }, start),
    );
    principalGoes.settleDown();
    assert.deepEqual(principalGoes.model.units, {});
    assert.equal(trace(principalGoes, 'watcher/0').at(-1), 'remove');

    const relationGoes = new World(world.model, { seed });
    relationGoes.command('remove-relation', (before) =>
      removeRelation(before, ['plain', 'watcher'], { force: false }, start),
    );
    relationGoes.settleDown();
    assert.deepEqual(Object.keys(relationGoes.model.units), ['plain/0']);
    assert.deepEqual(trace(relationGoes, 'watcher/0'), [
      'host-relation-departed plain/0 departing watcher/0',
      'host-relation-broken',
      'stop',
      'remove',
    ]);
    assert.deepEqual(relationGoes.model.relations, {});
  }
});

test('D8: leader-elected fires once for each time the unit comes to lead', () => {
  for (const seed of seeds) {
    const world = new World(deployed(plainCharm, 2), { seed });
    world.settleDown();
    for (const round of [1, 2, 3]) {
      world.command('expire-lease plain', (model) =>
        expireLease(model, 'plain', world.now, world.random.choose),
      );
      world.settleDown();
      const elected = world.trace().filter((text) => text.endsWith(' leader-elected'));
      assert.equal(elected.length, round + 1);
    }
  }
});

test('E83: a hook that fails is tried again as it was, departing unit and all, and the rest waits', () => {
  for (const seed of seeds) {
    let failures = 0;
    const world = related(seed);
    forget(world);
    world.charm = ({ unit, hook }) => {
      if (unit !== 'client/0' || hook.kind !== 'relation-departed') return { outcome: 'success' };
      failures += 1;
      return { outcome: failures <= 3 ? 'failed' : 'success' };
    };
    world.command('remove-application', (model) =>
      removeApplication(model, 'app', { force: false }, world.now),
    );
    world.settleDown();
    const own = trace(world, 'client/0');
    assert.equal(new Set(own.slice(0, 4)).size, 1);
    assert.match(own[0] ?? '', /^db-relation-departed (app\/[01]) departing \1$/u);
    assert.equal(own.length, 6);
  }
});
