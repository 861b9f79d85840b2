// What a unit's watchers see where other tests do not look closely: queues, scopes that are not open yet,
// and what a unit that is through still holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCharm, deploy } from '#core/juju/deploy.ts';
import { integrate } from '#core/juju/integrate.ts';
import type { Model } from '#core/juju/model.ts';
import { membersOf } from '#core/juju/relation-scope.ts';
import { removeRelation } from '#core/juju/remove-relation.ts';
import { removeUnit } from '#core/juju/remove.ts';
import { enqueueAction } from '#core/juju/tasks.ts';
import { hookName } from '#core/juju/uniter/hook-name.ts';
import { ownCharm } from '#core/juju/uniter/own-charm.ts';
import { beginOperation, finishOperation } from '#core/juju/uniter/operation-steps.ts';
import { remoteSnapshot } from '#core/juju/uniter/snapshot.ts';
import { createRandom } from '#core/random.ts';
import { databaseCharm, deployed, placement, start, unitOf, watcherCharm } from './models.ts';
import { withUniter } from './models.ts';
import { World } from './world.ts';

/** Two databases, each with a watcher beside it, at rest. */
const watched = ((): Model => {
  const model = addCharm(deployed(databaseCharm, 2), watcherCharm);
  const request = { application: 'watcher', charmUrl: watcherCharm.url };
  const world = new World(
    integrate(deploy(model, request, placement, start), 'app', 'watcher').model,
    { seed: 1 },
  );
  world.settleDown();
  return world.model;
})();

test('E110: tasks wait in the order they were enqueued, and by number when that was at once', () => {
  let model = deployed(databaseCharm, 1);
  for (let index = 0; index < 6; index += 1) {
    const request = { units: ['app/0'], action: 'backup', parameters: {} };
    model = enqueueAction(model, request, start).model;
  }
  const ids = Object.keys(model.tasks);
  assert.ok(ids.includes('10') && ids.includes('8'));
  assert.deepEqual(remoteSnapshot(model, 'app/0', start).tasks, ['2', '4', '6', '8', '10', '12']);
  const earliest = { ...(model.tasks['12'] ?? assert.fail()), enqueuedAt: start - 1 };
  const cancelled = { ...(model.tasks['2'] ?? assert.fail()), status: 'cancelled' } as const;
  const others = { ...(model.tasks['4'] ?? assert.fail()), unit: 'app/7' };
  const tasks = { ...model.tasks, '12': earliest, '2': cancelled, '4': others };
  assert.deepEqual(remoteSnapshot({ ...model, tasks }, 'app/0', start).tasks, [
    '12',
    '6',
    '8',
    '10',
  ]);
});

test('L58: a scope stays closed while the subordinate of an earlier stay is on its way out', () => {
  const ended = removeRelation(watched, ['app', 'watcher'], { force: true }, start);
  const again = integrate(ended, 'app', 'watcher');
  const canEnter = (model: Model): boolean | undefined =>
    remoteSnapshot(model, 'app/0', start).relations.find((each) => each.id === again.relation)
      ?.canEnter;
  assert.equal(Object.values(again.model.units).filter((unit) => unit.life === 'dying').length, 2);
  assert.equal(canEnter(again.model), false);
  const world = new World(again.model, { seed: 2 });
  world.settleDown();
  assert.deepEqual(
    Object.values(world.model.units)
      .filter((unit) => unit.principal !== null)
      .map((unit) => [unit.principal, unit.life])
      .toSorted(([left], [right]) => ((left ?? '') < (right ?? '') ? -1 : 1)),
    [
      ['app/0', 'alive'],
      ['app/1', 'alive'],
    ],
  );
});

test('L58: a principal that is through and waits for its subordinate is no member any more', () => {
  const peer = Object.values(watched.relations).find((each) => each.endpoints.length === 1);
  const dying = removeUnit(watched, 'app/1', { force: false }, start);
  assert.deepEqual(membersOf(dying, peer?.id ?? '', 'app/0'), ['app/1']);
  const remove = { kind: 'run-hook', hook: { kind: 'remove' }, rule: '', why: '' } as const;
  const begun = beginOperation(dying, 'app/1', remove, start);
  const through = finishOperation(begun, 'app/1', { kind: 'success' }, start, createRandom(1));
  assert.ok(unitOf(through, 'app/1').uniter.removed);
  assert.equal(unitOf(through, 'app/1').workloadStatus.status, 'terminated');
  assert.deepEqual(membersOf(through, peer?.id ?? '', 'app/0'), []);
});

test('L34, L50: a unit lives by the charm on its disk until it has unpacked the next', () => {
  const next = { ...databaseCharm, url: 'local:app-1', revision: 1, endpoints: {} };
  const model = addCharm(watched, next);
  const app = model.applications.app ?? assert.fail();
  const refreshed = {
    ...model,
    applications: { ...model.applications, app: { ...app, charmUrl: next.url } },
  };
  assert.equal(ownCharm(refreshed, 'app/0').url, databaseCharm.url);
  assert.ok(remoteSnapshot(refreshed, 'app/0', start).relations.every((each) => !each.unknown));
  const unpacked = withUniter(refreshed, 'app/0', { charmUrl: next.url });
  const { relations } = remoteSnapshot(unpacked, 'app/0', start);
  assert.deepEqual(
    relations.map((each) => [each.endpoint, each.unknown]),
    [
      ['cluster', true],
      ['juju-info', false],
    ],
  );
  const dropped = withUniter(refreshed, 'app/0', { charmUrl: 'local:gone-0' });
  assert.equal(ownCharm(dropped, 'app/0').url, next.url);
});

test('a hook is named after its endpoint or its storage, not after the interface', () => {
  const [peer] = Object.values(watched.relations);
  const relation = peer?.id ?? '';
  const about = { relation, remoteApplication: 'app' };
  assert.equal(
    hookName(watched, 'app/0', { kind: 'relation-created', ...about }),
    'cluster-relation-created',
  );
  assert.equal(
    hookName(watched, 'app/0', { kind: 'storage-attached', storage: 'pgdata/12' }),
    'pgdata-storage-attached',
  );
  assert.equal(hookName(watched, 'app/0', { kind: 'stop' }), 'stop');
});
