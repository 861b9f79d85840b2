// The smaller operations of a model: configuration, refresh, resolve, machines, tasks, user secrets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCharm } from '#core/juju/deploy.ts';
import { applicationNamed, machineNumbered } from '#core/juju/find.ts';
import { integrate } from '#core/juju/integrate.ts';
import { leaderOf, unitMeant } from '#core/juju/leader.ts';
import { modelConfigValues, resetModelConfig, setModelConfig } from '#core/juju/model-config.ts';
import type { Model, Task } from '#core/juju/model.ts';
import { noteResourceChange, refresh } from '#core/juju/refresh.ts';
import { resolveUnit, unresolvedUnits } from '#core/juju/resolve.ts';
import { isOwnedBy, latestRevision, mayRead, revisionNumbered } from '#core/juju/secret-access.ts';
import {
  addUserSecret,
  grantUserSecret,
  removeUserSecret,
  revokeUserSecret,
  updateUserSecret,
  userSecret,
} from '#core/juju/secrets-admin.ts';
import {
  changeConfig,
  resetConfig,
  setConfig,
  setExposed,
  setTrust,
} from '#core/juju/set-config.ts';
import { rebootMachine, setMachineCondition } from '#core/juju/set-machine.ts';
import { storageOf } from '#core/juju/storage.ts';
import {
  cancelTask,
  enqueueAction,
  enqueueExec,
  isTaskOver,
  operationStatus,
  taskNumbered,
  tasksOfOperation,
} from '#core/juju/tasks.ts';
import { charm, head, now, refusal, serverCharm, trialModel, unitIn, withUnit } from './samples.ts';

// Configuration.

test('F33: one bad key rejects the whole command', () => {
  const model = trialModel();
  assert.throws(
    () => setConfig(model, 'server', { port: '1', nope: '2' }),
    refusal('not-found', 'unknown option "nope"'),
  );
  assert.deepEqual(applicationNamed(model, 'server').config, {});
});

test('F33: a reset takes an option back to its default, and an unknown one is refused', () => {
  const model = setConfig(trialModel(), 'server', { port: '1', label: 'x' });
  assert.deepEqual(applicationNamed(resetConfig(model, 'server', ['port']), 'server').config, {
    label: 'x',
  });
  assert.throws(
    () => resetConfig(model, 'server', ['nope']),
    refusal('not-found', 'unknown option "nope"'),
  );
});

test('an option is set or reset, not both at once', () => {
  assert.throws(
    () => changeConfig(trialModel(), 'server', { set: { port: '1' }, reset: ['port'] }),
    refusal('not-valid', 'key "port" cannot be both set and reset in the same command'),
  );
});

test('L31: setting what is set already leaves the model untouched', () => {
  const model = setConfig(trialModel(), 'server', { port: '1' });
  assert.equal(setConfig(model, 'server', { port: 1 }), model);
  assert.equal(resetConfig(model, 'server', ['label']), model);
  assert.notEqual(setConfig(model, 'server', { port: 2 }), model);
});

test('F36: the whole configuration has a limit', () => {
  assert.throws(
    () => setConfig(trialModel(), 'server', { label: 'x'.repeat(16 * 1024 * 1024) }),
    refusal('quota-exceeded', /exceeds the maximum of 16777216 bytes$/u),
  );
});

test('trust and exposure are set, and set again for nothing', () => {
  const model = setExposed(setTrust(trialModel(), 'server', true), 'server', true);
  assert.equal(applicationNamed(model, 'server').trust, true);
  assert.equal(applicationNamed(model, 'server').exposed, true);
  assert.equal(setExposed(setTrust(model, 'server', true), 'server', true), model);
});

// Refresh.

const next = serverCharm(1);

function refreshed(change: object, model: Model = trialModel()): Model {
  const added = addCharm(model, { ...next, ...change });
  return refresh(added, 'server', 'local:server-1', { forceUnits: false });
}

test('L34: a refresh points at the new charm and raises the count units watch', () => {
  const application = applicationNamed(refreshed({}), 'server');
  assert.equal(application.charmUrl, 'local:server-1');
  assert.equal(application.charmModified, 1);
  assert.equal(application.forceUnits, false);
  const forced = refresh(addCharm(trialModel(), next), 'server', next.url, { forceUnits: true });
  assert.equal(applicationNamed(forced, 'server').forceUnits, true);
});

test('L34: a new resource raises the count alone', () => {
  const application = applicationNamed(noteResourceChange(trialModel(), 'server'), 'server');
  assert.equal(application.charmModified, 1);
  assert.equal(application.charmUrl, 'local:server-0');
});

test('F35: values that no longer fit go without a word', () => {
  const model = setConfig(trialModel(), 'server', { port: '1', label: 'x', verbose: 'true' });
  const config = { label: next.config.label, verbose: { ...next.config.verbose, type: 'int' } };
  assert.deepEqual(applicationNamed(refreshed({ config }, model), 'server').config, { label: 'x' });
});

test('L54: peer relations that are new in the charm are made', () => {
  const { cluster } = next.endpoints;
  assert.ok(cluster !== undefined);
  const endpoints = { ...next.endpoints, more: { ...cluster, name: 'more' } };
  const found = Object.values(refreshed({ endpoints }).relations).map(
    (relation) => relation.endpoints[0]?.name,
  );
  assert.deepEqual(found, ['cluster', 'more']);
});

test('storage that is new in the charm is added to each unit', () => {
  const { data } = next.storage;
  assert.ok(data !== undefined);
  const storage = { ...next.storage, more: { ...data, name: 'more' } };
  const model = refreshed({ storage });
  for (const unit of ['server/0', 'server/1']) {
    assert.deepEqual(
      storageOf(model, unit).map(({ name }) => name),
      ['data', 'more'],
    );
  }
});

const { cluster: _cluster, ...withoutPeers } = next.endpoints;
const { data: _data, ...withoutData } = next.storage;
const refusals: readonly (readonly [string, object, string])[] = [
  [
    'its own name',
    { name: 'other' },
    `cannot change an application's charm from "server" to "other"`,
  ],
  ['its place', { subordinate: true }, "cannot change an application's subordinacy"],
  [
    'its base',
    { bases: ['ubuntu@22.04'] },
    'base "ubuntu@24.04" not supported by charm, supported bases are: ubuntu@22.04',
  ],
  ['relations in use', { endpoints: withoutPeers }, 'would break relation "server:cluster"'],
  ['storage in use', { storage: withoutData }, 'in-use storage "data" removed'],
];
for (const [what, change, text] of refusals) {
  test(`L50: a refresh keeps ${what}`, () => {
    assert.throws(
      () => refreshed(change),
      refusal(
        'not-valid',
        `cannot upgrade application "server" to charm "local:server-1": ${text}`,
      ),
    );
  });
}

test('L50: an endpoint that changes its interface or role would break its relation', () => {
  const { db } = next.endpoints;
  assert.ok(db !== undefined);
  const { model } = integrate(trialModel(), 'server:db', 'client');
  assert.throws(
    () => refreshed({ endpoints: { ...next.endpoints, db: { ...db, role: 'requirer' } } }, model),
    refusal('not-valid', /would break relation "client:db server:db"$/u),
  );
  assert.throws(
    () => refreshed({ endpoints: { ...next.endpoints, db: { ...db, interface: 'mysql' } } }, model),
    refusal('not-valid', /would break relation "client:db server:db"$/u),
  );
});

test('F9: a refresh to a charm that assumes too much is refused', () => {
  assert.throws(
    () => refreshed({ assumes: ['juju >= 9'] }),
    refusal('not-valid', /^Charm cannot be deployed because:/u),
  );
});

test('a refresh to a charm the model does not have is a fault of the program', () => {
  assert.throws(() => refresh(trialModel(), 'server', 'local:x-0', { forceUnits: false }), {
    name: 'Error',
  });
});

// Resolve.

function failed(): Model {
  const { agentStatus } = unitIn(trialModel(), 'server/0');
  const message = 'hook failed: "install"';
  return withUnit(trialModel(), 'server/0', {
    agentStatus: { ...agentStatus, status: 'error', message },
  });
}

test('E84: a failed hook is tried again now, or taken as done', () => {
  const retried = resolveUnit(failed(), 'server/0', { retry: true });
  assert.equal(unitIn(retried, 'server/0').resolved, 'retry');
  const skipped = resolveUnit(failed(), 'server/0', { retry: false });
  assert.equal(unitIn(skipped, 'server/0').resolved, 'no-retry');
});

test('E84: only what failed can be resolved, and once', () => {
  assert.throws(
    () => resolveUnit(failed(), 'server/1', { retry: true }),
    refusal('not-valid', 'unit "server/1" is not in an error state'),
  );
  const once = resolveUnit(failed(), 'server/0', { retry: true });
  assert.throws(
    () => resolveUnit(once, 'server/0', { retry: true }),
    refusal('conflict', 'cannot set resolved mode for unit "server/0": already resolved'),
  );
  assert.deepEqual(unresolvedUnits(failed()), ['server/0']);
  assert.deepEqual(unresolvedUnits(once), []);
});

// Machines.

test('E121: a machine that comes up again has booted anew', () => {
  const stopped = setMachineCondition(trialModel(), '0', 'stopped');
  assert.equal(machineNumbered(stopped, '0').bootId, 0);
  assert.equal(machineNumbered(setMachineCondition(stopped, '0', 'started'), '0').bootId, 1);
  assert.equal(machineNumbered(rebootMachine(trialModel(), '0'), '0').bootId, 1);
});

test('a machine that was paused or cut off has not booted', () => {
  for (const condition of ['paused', 'isolated'] as const) {
    const model = setMachineCondition(trialModel(), '0', condition);
    assert.equal(machineNumbered(model, '0').condition, condition);
    assert.equal(setMachineCondition(model, '0', condition), model);
    assert.equal(machineNumbered(setMachineCondition(model, '0', 'started'), '0').bootId, 0);
  }
});

// Model configuration.

test('model configuration goes by Juju’s names', () => {
  const model = setModelConfig(trialModel(), {
    'automatically-retry-hooks': 'false',
    'update-status-hook-interval': '30s',
    'logging-config': '<root>=WARNING; unit=debug',
    'juju-http-proxy': 'http://proxy:3128',
    'egress-subnets': '192.0.2.0/24, fd00::/64',
  });
  assert.deepEqual(model.config, {
    egressSubnets: ['192.0.2.0/24', 'fd00::/64'],
    automaticallyRetryHooks: false,
    updateStatusHookInterval: 30_000,
    loggingLevel: 'DEBUG',
    proxies: { 'juju-http-proxy': 'http://proxy:3128' },
  });
  const shown = modelConfigValues(model);
  assert.equal(shown['automatically-retry-hooks'], false);
  assert.equal(shown['update-status-hook-interval'], '30s');
  assert.equal(shown['logging-config'], '<root>=DEBUG');
  assert.equal(shown['juju-http-proxy'], 'http://proxy:3128');
  assert.equal(shown['no-proxy'], '');
  assert.equal(shown['egress-subnets'], '192.0.2.0/24,fd00::/64');
  assert.deepEqual(resetModelConfig(model, Object.keys(shown)).config, trialModel().config);
  assert.deepEqual(setModelConfig(model, { 'juju-http-proxy': '' }).config.proxies, {});
});

test('the level of a unit’s log is its own, else everything’s, else the default', () => {
  const level = (text: string): string =>
    setModelConfig(trialModel(), { 'logging-config': text }).config.loggingLevel;
  assert.equal(level('<root>=ERROR'), 'ERROR');
  assert.equal(level('juju.worker=TRACE'), 'INFO');
});

const badSettings = [
  ['automatically-retry-hooks', 'yes'],
  ['update-status-hook-interval', '5'],
  ['logging-config', 'LOUD'],
  ['logging-config', '<root>=LOUD'],
  ['logging-config', '=INFO'],
  ['logging-config', 'a=INFO=DEBUG'],
] as const;
for (const [key, value] of badSettings) {
  test(`model configuration refuses ${key}=${value}`, () => {
    assert.throws(() => setModelConfig(trialModel(), { [key]: value }), {
      code: 'not-valid',
      message: new RegExp(`^${key}: expected .*, got "${value}"$`, 'u'),
    });
  });
}

test('a key the model does not act upon is refused', () => {
  for (const key of ['image-stream', 'constructor']) {
    assert.throws(
      () => setModelConfig(trialModel(), { [key]: 'x' }),
      refusal('not-found', `key "${key}" not found in model configuration`),
    );
  }
});

// Tasks.

const backup = { units: ['server/0', 'server/1'], action: 'backup', parameters: { name: 'n' } };

test('E117: an action is queued on each unit with its parameters completed', () => {
  const { model, operation, tasks } = enqueueAction(trialModel(), backup, now);
  assert.deepEqual([operation, tasks], ['1', ['2', '3']]);
  assert.deepEqual(taskNumbered(model, '3'), {
    id: '3',
    operation: '1',
    unit: 'server/1',
    action: 'backup',
    parameters: { name: 'n', level: 3, target: { kind: 'disk' } },
    status: 'pending',
    message: '',
    results: {},
    log: [],
    enqueuedAt: now,
    startedAt: null,
    completedAt: null,
  });
  assert.equal(enqueueAction(model, backup, now).operation, '4');
});

test('an action the charm does not have is refused', () => {
  assert.throws(
    () => enqueueAction(trialModel(), { ...backup, action: 'nope' }, now),
    refusal('not-found', 'action "nope" not defined on unit "server/0"'),
  );
  assert.throws(() => enqueueAction(trialModel(), { ...backup, units: ['client/0'] }, now), {
    hint: 'Its charm has no actions.',
  });
});

test('H257: juju exec is an action of its own', () => {
  const request = { units: ['client/0'], command: 'true', timeoutSeconds: 30 };
  const { model, tasks } = enqueueExec(trialModel(), request, now);
  const task = taskNumbered(model, tasks[0] ?? '');
  assert.equal(task.action, 'juju-exec');
  assert.deepEqual(task.parameters, { command: 'true', timeout: 30e9 });
  const unlimited = enqueueExec(trialModel(), { ...request, timeoutSeconds: null }, now);
  assert.deepEqual(unlimited.model.tasks[unlimited.tasks[0] ?? '']?.parameters, {
    command: 'true',
  });
});

function withStatus(status: Task['status']): Model {
  const { model } = enqueueAction(trialModel(), backup, now);
  const task = taskNumbered(model, '2');
  return { ...model, tasks: { ...model.tasks, '2': { ...task, status } } };
}

test('E116: a waiting task never runs, a running one is marked for its agent', () => {
  const cancelled = cancelTask(withStatus('pending'), '2', now + 1);
  assert.equal(taskNumbered(cancelled, '2').status, 'cancelled');
  assert.equal(taskNumbered(cancelled, '2').completedAt, now + 1);
  assert.equal(isTaskOver(taskNumbered(cancelled, '2')), true);
  const aborting = cancelTask(withStatus('running'), '2', now + 1);
  assert.equal(taskNumbered(aborting, '2').status, 'aborting');
  assert.equal(isTaskOver(taskNumbered(aborting, '2')), false);
  assert.equal(cancelTask(aborting, '2', now + 2), aborting);
});

for (const status of ['completed', 'failed', 'aborted', 'cancelled'] as const) {
  test(`a task that is ${status} can’t be cancelled`, () => {
    assert.throws(
      () => cancelTask(withStatus(status), '2', now),
      refusal('conflict', `cannot cancel task 2: it is ${status}`),
    );
  });
}

test('an operation is what its tasks make it', () => {
  const tasks = tasksOfOperation(withStatus('completed'), '1');
  assert.deepEqual(
    tasks.map(({ id }) => id),
    ['2', '3'],
  );
  assert.equal(operationStatus(tasks), 'pending');
  assert.equal(operationStatus(tasks.slice(0, 1)), 'completed');
  assert.equal(operationStatus([]), 'completed');
  assert.throws(
    () => tasksOfOperation(trialModel(), '1'),
    refusal('not-found', 'operation "1" not found'),
  );
  assert.throws(() => taskNumbered(trialModel(), '1'), refusal('not-found', 'task 1 not found'));
});

// Leadership as the model shows it.

function led(expiresAt: number): Model {
  const model = trialModel();
  const server = applicationNamed(model, 'server');
  const lease = { holder: 'server/1', expiresAt };
  return { ...model, applications: { ...model.applications, server: { ...server, lease } } };
}

test('app/leader means the holder of the lease while it lasts', () => {
  assert.equal(leaderOf(led(now + 1), 'server', now), 'server/1');
  assert.equal(leaderOf(led(now), 'server', now), null);
  assert.equal(unitMeant(led(now + 1), 'server/leader', now), 'server/1');
  assert.equal(unitMeant(led(now), 'server/0', now), 'server/0');
  assert.throws(
    () => unitMeant(led(now), 'server/leader', now),
    refusal('not-found', 'could not determine leader for "server"'),
  );
  assert.throws(() => unitMeant(trialModel(), 'agent/leader', now), {
    hint: 'agent has no units.',
  });
});

// User secrets.

const id = '9m4e2mr0ui3e8a215n4g';
const password = { id, name: 'password', description: '', content: { value: 'a' } };

test('H196: a user secret is read by whom it was granted to', () => {
  const added = addUserSecret(trialModel(), password);
  const secret = userSecret(added, 'password');
  const client = { name: 'client/0', application: 'client' };
  assert.equal(mayRead(added, secret, client), false);
  const granted = grantUserSecret(added, `secret:${id}`, ['client']);
  assert.equal(mayRead(granted, userSecret(granted, id), client), true);
  assert.equal(grantUserSecret(granted, id, ['client']), granted);
  const revoked = revokeUserSecret(granted, 'password', ['client']);
  assert.equal(mayRead(revoked, userSecret(revoked, id), client), false);
  assert.equal(revokeUserSecret(revoked, 'password', ['client']), revoked);
});

test('H188: new content is a new revision, the same content is none', () => {
  const added = addUserSecret(trialModel(), password);
  assert.equal(updateUserSecret(added, id, { value: 'a' }), added);
  const secret = userSecret(updateUserSecret(added, id, { value: 'b' }), id);
  assert.equal(latestRevision(secret).revision, 2);
  assert.deepEqual(revisionNumbered(secret, 1)?.content, { value: 'a' });
  assert.equal(revisionNumbered(secret, 3), null);
  assert.equal(
    latestRevision(userSecret(updateUserSecret(added, id, { other: 'a' }), id)).revision,
    2,
  );
});

test('L73: a removed secret is gone', () => {
  const removed = removeUserSecret(addUserSecret(trialModel(), password), 'password');
  assert.throws(
    () => userSecret(removed, 'password'),
    refusal('not-found', 'secret "password" not found'),
  );
});

test('H181: names are unique and keys have a form', () => {
  const added = addUserSecret(trialModel(), password);
  assert.throws(
    () => addUserSecret(added, { ...password, id: id.replace('9', '8') }),
    refusal('already-exists', 'secret with name "password" already exists'),
  );
  const withContent = (content: Record<string, string>): Model =>
    addUserSecret(trialModel(), { ...password, content });
  assert.throws(() => withContent({ ab: 'x' }), refusal('not-valid', 'key "ab" not valid'));
  assert.throws(() => withContent({}), refusal('not-valid', 'missing secret value'));
  assert.throws(
    () => withContent({ abc: 'x'.repeat(1024 * 1024 + 1) }),
    refusal('quota-exceeded', /^secret content size of 1048577 bytes exceeds/u),
  );
});

test('H195: peers read an application’s secret, a unit’s is its own', () => {
  const base = userSecret(addUserSecret(trialModel(), password), id);
  const unit = { name: 'server/1', application: 'server' };
  const ownedBy = (kind: 'application' | 'unit', name: string): boolean =>
    isOwnedBy({ ...base, owner: { kind, name } }, unit);
  assert.equal(ownedBy('application', 'server'), true);
  assert.equal(ownedBy('application', 'client'), false);
  assert.equal(ownedBy('unit', 'server/1'), true);
  assert.equal(ownedBy('unit', 'server/0'), false);
  assert.equal(isOwnedBy(base, unit), false);
});

test('H193: a grant over a relation lasts as long as the relation', () => {
  const base = userSecret(addUserSecret(trialModel(), password), id);
  const secret = { ...base, grants: [{ relation: '1', consumer: 'client/0' }] };
  const client = { name: 'client/0', application: 'client' };
  assert.equal(mayRead(trialModel(), secret, client), false);
  const { model } = integrate(trialModel(), 'server:db', 'client');
  assert.equal(mayRead(model, secret, client), true);
  assert.equal(mayRead(model, secret, { ...client, name: 'client/1' }), false);
});

test('a secret that is not the user’s is not found among the user’s', () => {
  const base = userSecret(addUserSecret(trialModel(), password), id);
  const model: Model = {
    ...trialModel(),
    secrets: { [id]: { ...base, owner: { kind: 'application', name: 'server' } } },
  };
  assert.throws(() => userSecret(model, id), refusal('not-found', `secret "${id}" not found`));
});

test('a secret without a revision is a broken model', () => {
  const base = userSecret(addUserSecret(trialModel(), password), id);
  assert.throws(() => latestRevision({ ...base, revisions: [] }), { name: 'Error' });
});

test('a charm without configuration has no options to name', () => {
  const plain = charm(head('server'), 1);
  assert.deepEqual(plain.config, {});
  assert.throws(() => setConfig(trialModel(), 'client', { a: '1' }), {
    hint: 'Charm client has no options.',
  });
});
