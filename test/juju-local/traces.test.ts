// The golden traces of the contract, with real processes: which hooks run, in which order, with whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { logOf, withModel } from './with-model.ts';

const peer = 'app=shell-dispatch';

test('T1: a first unit sees storage, install, created, leader-elected, config-changed, start', async () => {
  await withModel(async ({ juju, charm, trace }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();

    assert.deepEqual(await trace('shell-dispatch/0'), [
      'pgdata-storage-attached',
      'install',
      `cluster-relation-created ${peer}`,
      'leader-elected',
      'config-changed',
      'start',
    ]);
  });
});

test('T2, T4: a second unit joins and leaves again, and both sides are told who', async () => {
  await withModel(async ({ juju, charm, trace }) => {
    await juju.deploy({ path: charm('shell-dispatch') });
    await juju.settled();
    const before = (await trace('shell-dispatch/0')).length;

    await juju.addUnits('shell-dispatch');
    await juju.settled();

    const other = `${peer} unit=shell-dispatch/0`;
    assert.deepEqual(await trace('shell-dispatch/1'), [
      'pgdata-storage-attached',
      'install',
      `cluster-relation-created ${peer}`,
      'config-changed',
      'start',
      `cluster-relation-joined ${other}`,
      `cluster-relation-changed ${other}`,
    ]);
    assert.deepEqual((await trace('shell-dispatch/0')).slice(before), [
      `cluster-relation-joined ${peer} unit=shell-dispatch/1`,
      `cluster-relation-changed ${peer} unit=shell-dispatch/1`,
    ]);

    await juju.removeUnit('shell-dispatch/1');
    const model = await juju.settled();

    assert.deepEqual((await trace('shell-dispatch/1')).slice(7), [
      'pgdata-storage-detaching',
      `cluster-relation-departed ${other} departing=shell-dispatch/1`,
      'stop',
      'remove',
    ]);
    assert.equal(
      (await trace('shell-dispatch/0')).at(-1),
      `cluster-relation-departed ${peer} unit=shell-dispatch/1 departing=shell-dispatch/1`,
    );
    assert.deepEqual(Object.keys(model.units), ['shell-dispatch/0']);
  });
});

test('T3, T5: integrating brings created, joined, changed; removing the application departed and broken', async () => {
  await withModel(async ({ juju, charm, trace }) => {
    await juju.deploy({ path: charm('shell-dispatch'), application: 'db' });
    await juju.deploy({ path: charm('shell-hooks'), application: 'client' });
    await juju.settled();
    const before = (await trace('db/0')).length;

    await juju.integrate('client', 'db');
    const model = await juju.settled();

    assert.deepEqual((await trace('db/0')).slice(before), [
      'db-relation-created app=client',
      'db-relation-joined app=client unit=client/0',
      'db-relation-changed app=client unit=client/0',
    ]);
    assert.deepEqual(await trace('client/0'), [
      'install',
      'config-changed',
      'start',
      'database-relation-changed unit=db/0',
    ]);
    assert.equal(model.units['client/0']?.workloadStatus.message, 'with db/0');

    await juju.removeApplication('client');
    await juju.settled();

    assert.deepEqual((await trace('db/0')).slice(before + 3), [
      'db-relation-departed app=client unit=client/0 departing=client/0',
      'db-relation-broken app=client',
    ]);
  });
});

test('the same seed gives the same order of hooks twice', async () => {
  const orders: string[][] = [];
  for (const run of [1, 2]) {
    void run;
    await withModel(
      async ({ juju, charm }) => {
        await juju.deploy({ path: charm('shell-dispatch'), units: 2 });
        await juju.settled();
        const ran = (await logOf(juju)).filter(({ message }) => message.startsWith('ran'));
        orders.push(ran.map(({ entity, message }) => `${entity} ${message}`));
      },
      { parallelHooks: 1, seed: 7 },
    );
  }

  assert.equal(orders[0]?.length, 15);
  assert.deepEqual(orders[0], orders[1]);
});
