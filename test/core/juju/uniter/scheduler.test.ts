// Whose turn it is: locks, cut-off machines, what an idle model waits for (E14, E100 to E103, K3).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUnits, deploy } from '#core/juju/deploy.ts';
import type { Millis, Model } from '#core/juju/model.ts';
import { setMachineCondition } from '#core/juju/set-machine.ts';
import { enqueueAction, enqueueExec } from '#core/juju/tasks.ts';
import { claimLeases } from '#core/juju/uniter/leases.ts';
import { lockOf, machineLock } from '#core/juju/uniter/machine-locks.ts';
import { nextTurn } from '#core/juju/uniter/scheduler.ts';
import type { Running, Turn } from '#core/juju/uniter/scheduler.ts';
import { createRandom } from '#core/random.ts';
import { databaseCharm, deployed, emptyModel, placement, plainCharm, start } from './models.ts';
import { withUniter } from './models.ts';
import { World } from './world.ts';

const now = start + 100_000;
const none: Running = { operations: [] };

function rested(model: Model, at: Millis = now): Model {
  const world = new World(model, { seed: 1 });
  world.settleDown();
  return claimLeases(world.model, at, createRandom(1).choose);
}

const turnOf = (model: Model, running: Running = none, at: Millis = now): Turn =>
  nextTurn(model, at, running, createRandom(1));

/** Two units on machine 0 and one on machine 1, all with a config-changed to run. */
const crowded = ((): Model => {
  const rooted = addUnits(deployed(plainCharm), 'plain', 1, ['0'], placement, start);
  const model = rested(addUnits(rooted, 'plain', 1, [], placement, start));
  return ['plain/0', 'plain/1', 'plain/2'].reduce(
    (result, unit) => withUniter(result, unit, { configHash: '' }),
    model,
  );
})();

test('a turn says which unit runs what under which lock, by which rule and why', () => {
  const turn = turnOf(crowded);
  assert.equal(turn.kind, 'run');
  assert.match(turn.unit, /^plain\/[012]$/u);
  assert.equal(turn.operation.rule, 'config-changed');
  assert.match(turn.operation.why, /has not seen/u);
  assert.equal(turn.lock, `machine ${turn.unit === 'plain/2' ? 1 : 0}`);
});

test('K3: any unit that could run may be chosen, and the same seed chooses the same', () => {
  const chosen = (seed: number): string => {
    const turn = nextTurn(crowded, now, none, createRandom(seed));
    return turn.kind === 'run' ? turn.unit : '';
  };
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  assert.deepEqual([...new Set(seeds.map(chosen))].sort(), ['plain/0', 'plain/1', 'plain/2']);
  assert.deepEqual(seeds.map(chosen), seeds.map(chosen));
});

test('E100: a unit that is busy gets no second operation', () => {
  const running = { operations: [{ unit: 'plain/2', lock: null }] };
  const units = Array.from({ length: 30 }, (_, seed) => {
    const turn = nextTurn(crowded, now, running, createRandom(seed));
    return turn.kind === 'run' ? turn.unit : '';
  });
  assert.ok(!units.includes('plain/2'));
});

test('E101: units of one machine take turns, and units of another do not wait for them', () => {
  const busy = { unit: 'plain/0', lock: machineLock('0') };
  const turn = turnOf(crowded, { operations: [busy] });
  assert.equal(turn.kind === 'run' && turn.unit, 'plain/2');
  const all = { operations: [busy, { unit: 'plain/2', lock: machineLock('1') }] };
  const idle = turnOf(crowded, all);
  assert.equal(idle.kind, 'idle');
  assert.equal(
    idle.waitingFor,
    'plain/0 is busy; plain/2 is busy; plain/1 waits for plain/0 to free machine 0',
  );
});

test('E102: unpacking and changes of the record need no lock', () => {
  const waiting = withUniter(crowded, 'plain/1', { charmModified: 99 });
  const turn = turnOf(waiting, {
    operations: [
      { unit: 'plain/0', lock: machineLock('0') },
      { unit: 'plain/2', lock: machineLock('1') },
    ],
  });
  assert.equal(turn.kind === 'run' && turn.operation.kind, 'upgrade');
  assert.equal(turn.kind === 'run' && turn.lock, null);
});

test('E101, E103: an action takes the machine lock, its group’s lock, or none', () => {
  const model = rested(deployed(databaseCharm));
  const lockFor = (action: string): string | null => {
    const request = { units: ['app/0'], action, parameters: {} };
    const queued = enqueueAction(model, request, now).model;
    const turn = turnOf(queued);
    return turn.kind === 'run' ? turn.lock : 'no turn';
  };
  assert.equal(lockFor('backup'), 'machine 0');
  assert.equal(lockFor('peek'), null);
  assert.equal(lockFor('sweep'), 'machine 0, exec-command-tidy');
});

test('E101: juju exec takes the machine lock, from a client and from the machine itself', () => {
  const model = rested(deployed(databaseCharm));
  const request = { units: ['app/0'], command: 'true', timeoutSeconds: null };
  const fromClient = turnOf(enqueueExec(model, request, now).model);
  assert.equal(fromClient.kind === 'run' && fromClient.lock, 'machine 0');
  const commands = [
    { unit: 'app/9', id: 'x' },
    { unit: 'app/0', id: 'first' },
    { unit: 'app/0', id: 'second' },
  ];
  const here = turnOf(model, { operations: [], commands });
  assert.ok(here.kind === 'run' && here.operation.kind === 'run-commands');
  assert.equal(here.operation.commands, 'first');
  assert.equal(here.lock, 'machine 0');
});

test('a task that is gone takes the machine lock, as one of unknown kind', () => {
  const model = rested(deployed(databaseCharm));
  const because = { rule: 'test', why: 'a test' };
  assert.equal(lockOf(model, 'app/0', { kind: 'run-action', task: '77', ...because }), 'machine 0');
});

test('E14: no operation starts on a machine that is stopped, frozen or cut off', () => {
  for (const condition of ['stopped', 'paused', 'isolated'] as const) {
    const cut = ['0', '1'].reduce(
      (result, machine) => setMachineCondition(result, machine, condition),
      crowded,
    );
    assert.equal(turnOf(cut).kind, 'idle', condition);
  }
});

test('an idle model wakes for the next renewal, retry or update-status, whichever is first', () => {
  const model = rested(deployed(plainCharm));
  const wake = (before: Model): Millis | null => {
    const turn = turnOf(before);
    return turn.kind === 'idle' ? turn.wakeAt : 0;
  };
  assert.equal(wake(model), now + 30_000);
  assert.equal(wake(withUniter(model, 'plain/0', { updateStatusAt: now + 9 })), now + 9);
  const failed = withUniter(model, 'plain/0', {
    kind: 'run-hook',
    step: 'pending',
    hook: { kind: 'start' },
    failure: { attempts: 1, retryAt: now + 4 },
  });
  const unit = failed.units['plain/0'] ?? assert.fail();
  const shown = { ...unit, agentStatus: { ...unit.agentStatus, status: 'error' } as const };
  const inError = { ...failed, units: { 'plain/0': shown } };
  assert.equal(wake(inError), now + 4);
  const turn = turnOf(inError);
  assert.equal(
    turn.kind === 'idle' && turn.waitingFor,
    'plain/0 waits to retry its failed start hook',
  );
});

test('an idle model without anything to wait for waits for a change', () => {
  assert.deepEqual(turnOf(emptyModel([plainCharm])), {
    kind: 'idle',
    wakeAt: null,
    waitingFor: 'a change of the model',
  });
  const off = rested(deployed(plainCharm));
  const config = { ...off.config, updateStatusHookInterval: 0 };
  const turn = turnOf({ ...off, config });
  assert.equal(turn.kind === 'idle' && turn.wakeAt, now + 30_000);
});

test('L13: a unit deployed next to others is scheduled like any other', () => {
  const model = deploy(
    deployed(plainCharm),
    { application: 'second', charmUrl: plainCharm.url, to: ['0'] },
    placement,
    start,
  );
  const world = new World(model, { seed: 5 });
  world.settleDown();
  const hooks = world.trace('second/0');
  assert.deepEqual(hooks, ['install', 'leader-elected', 'config-changed', 'start']);
});
