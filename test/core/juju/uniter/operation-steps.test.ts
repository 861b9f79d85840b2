// What a unit records and shows as an operation begins and ends (E80 to E92, E11, E13, L24, L34).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integrate } from '#core/juju/integrate.ts';
import { addCharm, deploy } from '#core/juju/deploy.ts';
import type { HookInfo, Model, UniterState } from '#core/juju/model.ts';
import { isInScope } from '#core/juju/relation-scope.ts';
import { removeRelation, resumeRelation, suspendRelation } from '#core/juju/remove-relation.ts';
import { removeUnit } from '#core/juju/remove.ts';
import { resolveUnit } from '#core/juju/resolve.ts';
import { refresh } from '#core/juju/refresh.ts';
import { setConfig } from '#core/juju/set-config.ts';
import { enqueueAction } from '#core/juju/tasks.ts';
import { claimLeases, expireLease } from '#core/juju/uniter/leases.ts';
import { nextOperation } from '#core/juju/uniter/next-operation.ts';
import { isInstant } from '#core/juju/uniter/operation.ts';
import type {
  LongOperation,
  InstantOperation,
  Operation,
  Outcome,
} from '#core/juju/uniter/operation.ts';
import { beginOperation, finishOperation } from '#core/juju/uniter/operation-steps.ts';
import { interruptOperation, recordHookDone, underWay } from '#core/juju/uniter/operation-steps.ts';
import { remoteSnapshot } from '#core/juju/uniter/snapshot.ts';
import { createRandom } from '#core/random.ts';
import { clientCharm, databaseCharm, deployed, placement, plainCharm, start } from './models.ts';
import { unitOf, withUniter } from './models.ts';
import { World } from './world.ts';

const random = createRandom(1);
const name = 'app/0';
// After all has settled, and before the first update-status is due.
const now = start + 100_000;

function rested(model: Model): Model {
  const world = new World(model, { seed: 1 });
  world.settleDown();
  return claimLeases(world.model, now, random.choose);
}

/** app with one unit, at rest. */
const model = rested(deployed(databaseCharm));
const related = rested(
  integrate(
    deploy(
      addCharm(model, clientCharm),
      { application: 'client', charmUrl: clientCharm.url },
      placement,
      start,
    ),
    'app:db',
    'client:db',
  ).model,
);
const relationId =
  Object.values(related.relations).find((each) => each.interface === 'i-db')?.id ?? '';

const uniter = (result: Model, unit = name): UniterState => unitOf(result, unit).uniter;
const agent = (result: Model, unit = name): readonly [string, string] => {
  const { status, message } = unitOf(result, unit).agentStatus;
  return [status, message];
};
const workload = (result: Model): readonly [string, string] => {
  const { status, message } = unitOf(result, name).workloadStatus;
  return [status, message];
};

const because = { rule: 'test', why: 'a test asks for it' };
const begin = (before: Model, operation: LongOperation | InstantOperation, unit = name): Model =>
  beginOperation(before, unit, { ...operation, ...because }, now);
const run = (before: Model, hook: HookInfo, unit = name): Model =>
  begin(before, { kind: 'run-hook', hook }, unit);
const end = (before: Model, outcome: Outcome | Outcome['kind'], unit = name): Model => {
  const whole =
    typeof outcome === 'string'
      ? ({ kind: outcome, message: 'exit status 1' } as Outcome)
      : outcome;
  return finishOperation(before, unit, whole, now, random);
};
const next = (result: Model, unit = name): Operation | null =>
  nextOperation(uniter(result, unit), remoteSnapshot(result, unit, now), random.choose);

const changed = { kind: 'config-changed' } as const;

test('E13: a hook that begins is on record as pending, and is what is under way', () => {
  const begun = run(model, changed);
  assert.equal(uniter(begun).kind, 'run-hook');
  assert.equal(uniter(begun).step, 'pending');
  assert.deepEqual(underWay(begun, name), { kind: 'run-hook', hook: changed });
  assert.equal(underWay(model, name), null);
  assert.equal(underWay(model, 'app/9'), null);
});

test('E88: the agent says what it runs, and for whom', () => {
  assert.deepEqual(agent(run(model, changed)), ['executing', 'running config-changed hook']);
  const joined = {
    kind: 'relation-joined',
    relation: relationId,
    remoteApplication: 'client',
    remoteUnit: 'client/0',
    changeVersion: 1,
  } as const;
  assert.deepEqual(agent(run(related, joined)), [
    'executing',
    'running db-relation-joined hook for client/0',
  ]);
  assert.deepEqual(agent(run(related, { ...joined, kind: 'relation-changed', remoteUnit: '' })), [
    'executing',
    'running db-relation-changed hook',
  ]);
});

test('E88: update-status is not shown', () => {
  assert.deepEqual(agent(run(model, { kind: 'update-status' })), ['idle', '']);
});

test('E88: after an operation the agent stays executing until it reports idle', () => {
  const done = end(run(model, changed), 'success');
  assert.equal(agent(done)[0], 'executing');
  assert.equal(next(done)?.kind, 'report-idle');
  assert.deepEqual(agent(begin(done, { kind: 'report-idle' })), ['idle', '']);
});

test('E90: install shows itself, unless the charm has set a status before', () => {
  const fresh = withUniter(model, name, { installed: false, statusSet: false });
  assert.deepEqual(workload(run(fresh, { kind: 'install' })), [
    'maintenance',
    'installing charm software',
  ]);
  const spoken = withUniter(fresh, name, { statusSet: true });
  assert.deepEqual(workload(run(spoken, { kind: 'install' })), workload(spoken));
});

test('E91: stop and remove show themselves, before and after', () => {
  const stopping = run(model, { kind: 'stop' });
  assert.deepEqual(workload(stopping), ['maintenance', 'stopping charm software']);
  assert.deepEqual(workload(end(stopping, 'success')), ['maintenance', '']);
  const removing = run(model, { kind: 'remove' });
  assert.deepEqual(workload(removing), ['maintenance', 'cleaning up prior to charm deletion']);
});

test('E91: after remove the unit is gone from the model', () => {
  const dying = removeUnit(model, name, { force: false }, now);
  const removed = end(run(dying, { kind: 'remove' }), 'success');
  assert.ok(!Object.hasOwn(removed.units, name));
});

test('E92: a charm that never set a status is unknown after start', () => {
  const starting = run(withUniter(model, name, { started: false }), { kind: 'start' });
  assert.deepEqual(workload(end(starting, 'success')), ['unknown', '']);
  const spoken = withUniter(starting, name, { statusSet: true });
  assert.deepEqual(workload(end(spoken, 'success')), workload(spoken));
});

test('E4: a missing hook is committed as if it had run', () => {
  const fresh = withUniter(model, name, { installed: false });
  assert.equal(uniter(end(run(fresh, { kind: 'install' }), 'missing')).installed, true);
});

test('E81: a failed hook stays pending and shows the error, exactly', () => {
  const failed = end(run(model, changed), 'failed');
  const { status, message, data } = unitOf(failed, name).agentStatus;
  assert.equal(status, 'error');
  assert.equal(message, 'hook failed: "config-changed"');
  assert.deepEqual(data, { hook: 'config-changed' });
  assert.deepEqual(uniter(failed).hook, changed);
  assert.equal(uniter(failed).step, 'pending');
  assert.equal(underWay(failed, name), null);
});

test('E81: the error of a relation hook names the relation and the remote unit', () => {
  const hook = {
    kind: 'relation-departed',
    relation: relationId,
    remoteApplication: 'client',
    remoteUnit: 'client/0',
    departingUnit: 'client/0',
  } as const;
  const { message, data } = unitOf(end(run(related, hook), 'failed'), name).agentStatus;
  assert.equal(message, 'hook failed: "db-relation-departed"');
  assert.deepEqual(data, {
    hook: 'db-relation-departed',
    'relation-id': Number(relationId),
    'remote-unit': 'client/0',
  });
  const broken = {
    kind: 'relation-broken',
    relation: relationId,
    remoteApplication: 'client',
  } as const;
  assert.deepEqual(unitOf(end(run(related, broken), 'failed'), name).agentStatus.data, {
    hook: 'db-relation-broken',
    'relation-id': Number(relationId),
  });
});

test('E81: the error of a secret hook names the secret, and its label if it has one', () => {
  const hook = { kind: 'secret-changed', secret: 'abc', revision: null, label: '' } as const;
  const dataOf = (label: string): unknown =>
    unitOf(end(run(model, { ...hook, label }), 'failed'), name).agentStatus.data;
  assert.deepEqual(dataOf(''), { hook: 'secret-changed', 'secret-uri': 'secret:abc' });
  assert.deepEqual(dataOf('mine'), {
    hook: 'secret-changed',
    'secret-uri': 'secret:abc',
    'secret-label': 'mine',
  });
});

test('E81: a storage hook is named in full', () => {
  const failed = end(run(model, { kind: 'storage-attached', storage: 'pgdata/0' }), 'failed');
  assert.equal(agent(failed)[1], 'hook failed: "pgdata-storage-attached"');
});

test('E82: each failure counts and puts the retry off further, success forgets them', () => {
  let result = model;
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    result = end(run(result, changed), 'failed');
    assert.equal(uniter(result).failure?.attempts, attempt);
    waits.push(Math.round(((uniter(result).failure?.retryAt ?? 0) - now) / 1000));
  }
  for (const [index, wait] of [5, 10, 20, 40].entries()) {
    assert.ok(Math.abs((waits[index] ?? 0) - wait) <= wait * 0.04 + 1, waits.join());
  }
  assert.equal(uniter(end(run(result, changed), 'success')).failure, null);
});

test('E82: with automatically-retry-hooks off the hook waits for the user', () => {
  const manual = { ...model, config: { ...model.config, automaticallyRetryHooks: false } };
  const failed = end(run(manual, changed), 'failed');
  assert.deepEqual(uniter(failed).failure, { attempts: 1, retryAt: null });
  assert.equal(next(failed), null);
});

test('E84: resolve runs the failed hook again, resolve --no-retry commits it unrun', () => {
  const failed = end(
    run(withUniter(model, name, { installed: false }), { kind: 'install' }),
    'failed',
  );
  const retried = resolveUnit(failed, name, { retry: true });
  const operation = next(retried);
  assert.equal(operation?.kind, 'run-hook');
  const again = beginOperation(retried, name, operation, now);
  assert.equal(unitOf(again, name).resolved, null);
  assert.equal(agent(again)[0], 'executing');

  const skipped = resolveUnit(failed, name, { retry: false });
  const skip = next(skipped);
  assert.equal(skip?.kind, 'skip-hook');
  const done = beginOperation(skipped, name, skip, now);
  assert.equal(uniter(done).installed, true);
  assert.equal(uniter(done).failure, null);
  assert.equal(unitOf(done, name).resolved, null);
  assert.equal(underWay(done, name), null);
});

test('E11: a killed hook is queued again, without back-off and without an error', () => {
  const killed = end(run(model, changed), 'terminated');
  assert.equal(uniter(killed).step, 'queued');
  assert.equal(uniter(killed).failure, null);
  assert.equal(agent(killed)[0], 'executing');
  assert.deepEqual(next(killed)?.rule, 'queued-hook');
});

test('E86: a hook interrupted by the death of its agent counts as failed; a second report changes nothing', () => {
  const interrupted = interruptOperation(run(model, changed), name, now);
  assert.equal(agent(interrupted)[0], 'error');
  assert.deepEqual(uniter(interrupted).failure, { attempts: 1, retryAt: now + 5000 });
  assert.equal(interruptOperation(interrupted, name, now), interrupted);
  assert.equal(interruptOperation(model, name, now), model);
  assert.equal(interruptOperation(model, 'app/9', now), model);
});

test('E86: what nobody reported is recovered from by the record alone', () => {
  const abandoned = run(model, changed);
  const operation = next(abandoned);
  assert.equal(operation?.kind, 'recover');
  assert.equal(agent(beginOperation(abandoned, name, operation, now))[0], 'error');
});

test('E86: a retry cut short is tried again, also when only the user may retry', () => {
  const manual = { ...model, config: { ...model.config, automaticallyRetryHooks: false } };
  const retrying = run(end(run(manual, changed), 'failed'), changed);
  const recovered = beginOperation(retrying, name, next(retrying) ?? assert.fail(), now);
  assert.equal(uniter(recovered).failure?.attempts, 2);
  assert.equal(agent(recovered)[0], 'error');
});

test('E86: a failing update-status that is retried shows that it runs, so that its death is noticed', () => {
  const failed = end(run(model, { kind: 'update-status' }), 'failed');
  const retrying = run(failed, { kind: 'update-status' });
  assert.equal(agent(retrying)[0], 'executing');
  assert.equal(next(retrying)?.kind, 'recover');
});

test('E13: what was flushed and noted as done is committed after a crash, not run again', () => {
  const starting = run(withUniter(model, name, { started: false, statusSet: false }), {
    kind: 'start',
  });
  const done = interruptOperation(recordHookDone(starting, name), name, now);
  const operation = next(done);
  assert.equal(operation?.kind, 'commit-hook');
  const committed = beginOperation(done, name, operation, now);
  assert.equal(uniter(committed).started, true);
  assert.deepEqual(workload(committed), ['unknown', '']);
  assert.equal(recordHookDone(model, name), model);
});

test('E13: an orderly end after the hook was noted as done commits it too', () => {
  const starting = run(withUniter(model, name, { started: false }), { kind: 'start' });
  assert.equal(uniter(end(recordHookDone(starting, name), 'success')).started, true);
});

test('a unit taken away by force while its hook ran ends nothing', () => {
  const gone = removeUnit(run(model, changed), name, { force: true }, now);
  assert.equal(end(gone, 'success'), gone);
});

test('a hook can not end as an action does', () => {
  const outcome = { kind: 'action', status: 'completed', message: '', results: {} } as const;
  assert.throws(() => end(run(model, changed), outcome), /Cannot end the config-changed hook/u);
});

test('L24: the first config-changed queues start, a later one does not', () => {
  const fresh = withUniter(model, name, { started: false });
  const first = uniter(end(run(fresh, changed), 'success'));
  assert.deepEqual([first.kind, first.step, first.hook], ['run-hook', 'queued', { kind: 'start' }]);
  assert.equal(uniter(end(run(model, changed), 'success')).kind, 'continue');
});

test('L13: configuration changed while config-changed runs is news again', () => {
  const running = run(setConfig(model, 'app', { level: 2 }), changed);
  const later = end(setConfig(running, 'app', { level: 3 }), 'success');
  assert.deepEqual(next(later)?.rule, 'config-changed');
  assert.notEqual(next(end(running, 'success'))?.rule, 'config-changed');
});

test('L31: setting the value that is already set brings no config-changed', () => {
  assert.equal(next(setConfig(model, 'app', { level: 1 })), null);
  assert.equal(next(setConfig(model, 'app', { level: 2 }))?.rule, 'config-changed');
});

test('L33: the next update-status comes about five minutes after the last', () => {
  const done = end(run(model, { kind: 'update-status' }), 'success');
  const wait = uniter(done).updateStatusAt - now;
  assert.ok(wait >= 240_000 && wait <= 360_000, `${wait} ms`);
});

test('L33: an interval of 0 switches update-status off', () => {
  const off = { ...model, config: { ...model.config, updateStatusHookInterval: 0 } };
  const due = withUniter(off, name, { updateStatusAt: 0 });
  assert.equal(next(due), null);
  assert.equal(next({ ...due, config: model.config })?.rule, 'update-status');
});

test('L34: a refreshed unit unpacks, then upgrade-charm, then config-changed, and start is not run again', () => {
  const charm = { ...databaseCharm, url: 'local:app-1', revision: 1 };
  const refreshed = refresh(addCharm(model, charm), 'app', charm.url, { forceUnits: false });
  const unpacking = beginOperation(refreshed, name, next(refreshed) ?? assert.fail(), now);
  assert.deepEqual(agent(unpacking), ['executing', 'unpacking local:app-1']);
  assert.equal(underWay(unpacking, name)?.kind, 'upgrade');
  const unpacked = end(unpacking, 'success');
  assert.deepEqual(uniter(unpacked).hook, { kind: 'upgrade-charm' });
  const told = end(run(unpacked, { kind: 'upgrade-charm' }), 'success');
  assert.deepEqual([uniter(told).step, uniter(told).hook], ['queued', changed]);
  assert.equal(uniter(end(run(told, changed), 'success')).kind, 'continue');
});

test('E85: after a forced upgrade the failed hook goes on waiting, and no upgrade-charm fires', () => {
  const charm = { ...databaseCharm, url: 'local:app-1', revision: 1 };
  const failed = end(run(model, { kind: 'update-status' }), 'failed');
  const forced = refresh(addCharm(failed, charm), 'app', charm.url, { forceUnits: true });
  const operation = next(forced);
  assert.equal(operation?.kind, 'upgrade');
  const unpacked = end(beginOperation(forced, name, operation, now), 'success');
  assert.deepEqual(uniter(unpacked).hook, { kind: 'update-status' });
  assert.equal(uniter(unpacked).charmUrl, charm.url);
  assert.equal(agent(unpacked)[1], 'hook failed: "update-status"');
  assert.equal(uniter(unpacked).failure?.attempts, 1);
  assert.equal(next(unpacked), null);
});

test('a charm that can not be unpacked shows an error and is tried again later', () => {
  const url = { kind: 'upgrade', charmUrl: databaseCharm.url, charmModified: 0 } as const;
  const unpacking = begin(model, url);
  assert.equal(end(unpacking, 'terminated'), unpacking);
  const failed = end(unpacking, 'failed');
  assert.deepEqual(agent(failed), ['error', 'upgrade failed']);
  assert.equal(next(failed), null);
  const later = {
    ...failed,
    units: withUniter(failed, name, { failure: { attempts: 1, retryAt: now } }).units,
  };
  assert.equal(next(later)?.rule, 'resume-upgrade');
  assert.equal(interruptOperation(unpacking, name, now), unpacking);
});

test('L20: after its first charm is unpacked a unit is installed, and not upgraded', () => {
  const fresh = deployed(plainCharm);
  const unpacked = end(
    beginOperation(fresh, 'plain/0', next(fresh, 'plain/0') ?? assert.fail(), now),
    'success',
    'plain/0',
  );
  assert.equal(uniter(unpacked, 'plain/0').charmUrl, plainCharm.url);
  assert.equal(next(unpacked, 'plain/0')?.rule, 'install');
});

test('E85, E115: an action ends with its result and gives the unit back to its failed hook', () => {
  const failed = end(run(model, changed), 'failed');
  const queued = enqueueAction(
    failed,
    { units: [name], action: 'backup', parameters: {} },
    now,
  ).model;
  const operation = next(queued);
  assert.equal(operation?.kind, 'run-action');
  const running = beginOperation(queued, name, operation, now);
  const task = Object.values(running.tasks)[0] ?? assert.fail();
  assert.deepEqual([task.status, task.startedAt], ['running', now]);
  assert.deepEqual(agent(running), ['executing', 'running action backup']);
  assert.deepEqual(underWay(running, name), { kind: 'run-action', task: task.id });
  const ended = end(running, {
    kind: 'action',
    status: 'failed',
    message: 'no room',
    results: { 'return-code': 1 },
  });
  const result = ended.tasks[task.id];
  assert.deepEqual(
    [result?.status, result?.message, result?.results, result?.completedAt],
    ['failed', 'no room', { 'return-code': 1 }, now],
  );
  assert.equal(agent(ended)[1], 'hook failed: "config-changed"');
  assert.deepEqual(uniter(ended).failure, uniter(failed).failure);
});

test('E86: an interrupted action is reported failed, and the unit goes on', () => {
  const queued = enqueueAction(
    model,
    { units: [name], action: 'backup', parameters: {} },
    now,
  ).model;
  const running = beginOperation(queued, name, next(queued) ?? assert.fail(), now);
  const interrupted = interruptOperation(running, name, now);
  const task = Object.values(interrupted.tasks)[0];
  assert.deepEqual([task?.status, task?.message], ['failed', 'action terminated']);
  assert.equal(uniter(interrupted).kind, 'continue');
});

test('an action that ends like a hook still gets a status of its own', () => {
  const queued = enqueueAction(
    model,
    { units: [name], action: 'backup', parameters: {} },
    now,
  ).model;
  const running = beginOperation(queued, name, next(queued) ?? assert.fail(), now);
  const statuses = (['success', 'missing', 'failed', 'terminated'] as const).map(
    (outcome) => Object.values(end(running, outcome).tasks)[0]?.status,
  );
  assert.deepEqual(statuses, ['completed', 'failed', 'failed', 'failed']);
  assert.throws(() => begin(running, { kind: 'run-action', task: '99' }), /no such pending task/u);
});

test('juju-exec leaves no trace in the record, and leaves an error on show', () => {
  const running = begin(model, { kind: 'run-commands', commands: '1' });
  assert.deepEqual(agent(running), ['executing', 'running commands']);
  assert.deepEqual(uniter(end(running, 'success')), uniter(model));
  const failed = end(run(model, changed), 'failed');
  const inError = begin(failed, { kind: 'run-commands', commands: '1' });
  assert.deepEqual(agent(inError), agent(failed));
  assert.deepEqual(end(inError, 'failed'), failed);
});

test('L74, E15: leader-elected is passed over when the lease is lost before it runs', () => {
  const alone = { ...model, applications: { ...model.applications } };
  const accepted = begin(withUniter(alone, name, { leader: false }), { kind: 'accept-leadership' });
  assert.deepEqual(uniter(accepted).hook, { kind: 'leader-elected' });
  assert.equal(underWay(run(accepted, { kind: 'leader-elected' }), name)?.kind, 'run-hook');

  const pair = rested(deployed(databaseCharm, 2));
  const leader = pair.applications.app?.lease?.holder ?? assert.fail();
  const lost = expireLease(
    begin(withUniter(pair, leader, { leader: false }), { kind: 'accept-leadership' }, leader),
    'app',
    now,
    random.choose,
  );
  const skipped = run(lost, { kind: 'leader-elected' }, leader);
  assert.equal(underWay(skipped, leader), null);
  assert.equal(uniter(skipped, leader).kind, 'continue');
  assert.equal(next(skipped, leader)?.kind, 'resign-leadership');
  assert.equal(uniter(begin(skipped, { kind: 'resign-leadership' }, leader), leader).leader, false);
});

test('L40: the unit is in scope before its relation-created hook runs, and stays there when it fails', () => {
  const fresh = integrate(
    deploy(
      addCharm(model, clientCharm),
      { application: 'client', charmUrl: clientCharm.url },
      placement,
      start,
    ),
    'app:db',
    'client:db',
  );
  const hook = {
    kind: 'relation-created',
    relation: fresh.relation,
    remoteApplication: 'client',
  } as const;
  const running = run(fresh.model, hook);
  const relation = running.relations[fresh.relation] ?? assert.fail();
  assert.ok(isInScope(relation, name));
  assert.equal(relation.units[name]?.bag.settings['ingress-address'], '127.0.9.10');
  assert.equal(uniter(running).relations[fresh.relation]?.created, false);
  const retried = run(end(running, 'failed'), hook);
  assert.deepEqual(retried.relations, running.relations);
  assert.equal(uniter(end(retried, 'success')).relations[fresh.relation]?.created, true);
});

test('L46: the scope is left when broken is committed, and not before', () => {
  const hook = {
    kind: 'relation-broken',
    relation: relationId,
    remoteApplication: 'client',
  } as const;
  const running = run(related, hook);
  assert.ok(isInScope(running.relations[relationId] ?? assert.fail(), name));
  const done = end(running, 'success');
  assert.ok(!isInScope(done.relations[relationId] ?? assert.fail(), name));
  assert.equal(uniter(done).relations[relationId]?.left, true);
});

test('L48: a suspended relation is broken and, once it resumes, created anew', () => {
  const world = new World(related, { seed: 3 });
  world.now = now;
  world.command('suspend', (before) => suspendRelation(before, relationId));
  world.settleDown();
  assert.deepEqual(
    world.trace(name).filter((text) => text.startsWith('db')),
    ['db-relation-departed client/0 departing client/0', 'db-relation-broken'],
  );
  world.history.length = 0;
  world.command('resume', (before) => resumeRelation(before, relationId));
  world.settleDown();
  assert.deepEqual(
    world.trace(name).filter((text) => text.startsWith('db')),
    ['db-relation-created', 'db-relation-joined client/0', 'db-relation-changed client/0'],
  );
  assert.equal(uniter(world.model).relations[relationId]?.left, false);
});

test('L49, L52: the record of a relation that is gone is dropped', () => {
  const forced = removeRelation(related, [relationId], { force: true }, now);
  assert.ok(Object.hasOwn(uniter(forced).relations, relationId));
  const later = end(run(forced, { kind: 'update-status' }), 'success');
  assert.ok(!Object.hasOwn(uniter(later).relations, relationId));
});

test('a hook whose relation is taken away while it runs ends without fault', () => {
  const hook = {
    kind: 'relation-broken',
    relation: relationId,
    remoteApplication: 'client',
  } as const;
  const forced = removeRelation(run(related, hook), [relationId], { force: true }, now);
  assert.equal(uniter(end(forced, 'success')).kind, 'continue');
  assert.equal(agent(end(forced, 'failed'))[1], 'hook failed: "relation-broken"');
});

test('L64: storage that was never attached is forgotten without a hook', () => {
  const forgotten = begin(model, { kind: 'forget-storage', storage: 'pgdata/0' });
  assert.equal(uniter(forgotten).storage['pgdata/0'], 'detached');
});

test('E121: a boot is on record once start begins, or once it was noted', () => {
  const machines = { '0': { ...(model.machines['0'] ?? assert.fail()), bootId: 4 } };
  const booted = { ...model, machines };
  assert.equal(uniter(begin(booted, { kind: 'record-boot' })).bootId, 4);
  assert.equal(uniter(run(booted, { kind: 'start' })).bootId, 4);
  assert.equal(uniter(begin({ ...model, machines: {} }, { kind: 'record-boot' })).bootId, 0);
});

test('long operations are those that need a process or the unpacking of files', () => {
  assert.equal(isInstant({ kind: 'run-commands', commands: '1', ...because }), false);
  assert.equal(isInstant({ kind: 'report-idle', ...because }), true);
});
