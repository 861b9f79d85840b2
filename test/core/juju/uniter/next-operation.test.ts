// The order of the rules, one clause at a time: what a unit does next, given its record and what it knows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UniterState } from '#core/juju/model.ts';
import { nextOperation, nextStep, rules } from '#core/juju/uniter/next-operation.ts';
import type { Operation } from '#core/juju/uniter/operation.ts';
import type { RemoteRelation } from '#core/juju/uniter/relation-snapshot.ts';
import { remoteSnapshot } from '#core/juju/uniter/snapshot.ts';
import type { RemoteSnapshot } from '#core/juju/uniter/snapshot.ts';
import { createRandom } from '#core/random.ts';
import { databaseCharm, deployed, unitOf } from './models.ts';
import { World } from './world.ts';

const { choose } = createRandom(1);

const world = new World(deployed(databaseCharm), { seed: 1 });
world.settleDown();
/** The record and the knowledge of a unit that started long ago and has nothing to do. */
const rested: UniterState = unitOf(world.model, 'app/0').uniter;
const quiet: RemoteSnapshot = remoteSnapshot(world.model, 'app/0', world.now);

const born: UniterState = {
  ...rested,
  installed: false,
  started: false,
  leader: false,
  configHash: '',
  trustHash: '',
  addressHash: '',
  charmUrl: '',
  relations: {},
  storage: {},
};
const failed: UniterState = {
  ...rested,
  kind: 'run-hook',
  step: 'pending',
  hook: { kind: 'config-changed' },
  failure: { attempts: 1, retryAt: null },
};

const db: RemoteRelation = {
  id: '5',
  endpoint: 'db',
  peer: false,
  implicit: false,
  unknown: false,
  ending: false,
  canEnter: true,
  remoteApplication: 'client',
  applicationVersion: 0,
  members: {},
};
const known = { created: true, members: {}, applications: {}, changedPending: null, left: false };

const merge = <Thing>(thing: Partial<Thing>, change: Partial<Thing>): Partial<Thing> => ({
  ...thing,
  ...change,
});

/** In short what comes next: a hook's kind, or the kind of the operation, or null. */
function next(local: Partial<UniterState>, remote: Partial<RemoteSnapshot> = {}): string | null {
  const operation = decide({ ...rested, ...local }, { ...quiet, ...remote });
  if (operation === null) return null;
  return operation.kind === 'run-hook' ? operation.hook.kind : operation.kind;
}

function decide(local: UniterState, remote: RemoteSnapshot): Operation | null {
  return nextOperation(local, remote, choose);
}

/** What comes next in one relation. */
function inRelation(
  record: Partial<UniterState['relations'][string]>,
  relation: Partial<RemoteRelation>,
  remote: Partial<RemoteSnapshot> = {},
): Operation | null {
  return decide(
    { ...rested, relations: { ...rested.relations, '5': { ...known, ...record } } },
    { ...quiet, ...remote, relations: [...quiet.relations, { ...db, ...relation }] },
  );
}

/** Its hook, without the fields that say which relation. */
function hookOf(operation: Operation | null): object | null {
  if (operation?.kind !== 'run-hook') return operation;
  const {
    relation: _,
    remoteApplication: __,
    ...hook
  } = { relation: '', remoteApplication: '', ...operation.hook };
  return hook;
}

const tracks = { secret: 'abc', revision: null, label: '' };
const secrets = (change: Partial<RemoteSnapshot['secrets']>): Partial<RemoteSnapshot> => ({
  secrets: { ...quiet.secrets, ...change },
});

test('a unit at rest has nothing to do', () => {
  assert.equal(next({}), null);
  assert.deepEqual(nextStep(rested, quiet, choose), {
    kind: 'wait',
    rule: 'idle',
    why: 'app/0 has nothing to do',
  });
});

test('every operation carries the name of its rule and a reason in words', () => {
  const operation = decide(born, quiet);
  assert.equal(operation?.rule, 'deploy-charm');
  assert.equal(operation.why, 'the unit is new');
  assert.equal(new Set(rules.map((rule) => rule.name)).size, rules.length);
});

test('K8: a unit that is removed or dead does nothing, whatever comes', () => {
  const news = { updateStatusDue: true, tasks: ['1'], bootId: 9 };
  assert.equal(next({ removed: true }, news), null);
  assert.equal(next({}, { ...news, life: 'dead' }), null);
});

test('L20: a new unit unpacks, attaches, installs, enters, leads, is configured', () => {
  const leader = { leader: true };
  assert.equal(next(born, leader), 'upgrade');
  const unpacked = { ...born, charmUrl: rested.charmUrl };
  assert.equal(next(unpacked, leader), 'storage-attached');
  const attached = { ...unpacked, storage: rested.storage };
  assert.equal(next(attached, leader), 'install');
  const installed = { ...attached, installed: true };
  assert.equal(next(installed, leader), 'relation-created');
  const entered = { ...installed, relations: rested.relations };
  assert.equal(next(entered, leader), 'accept-leadership');
  assert.equal(next({ ...entered, leader: true }, leader), 'config-changed');
});

test('L20d: the order of several relation-created is left to chance', () => {
  const relations = ['7', '8', '9'].map((id) => ({ ...db, id }));
  const entered = Array.from({ length: 60 }, (_, seed) =>
    nextOperation(rested, { ...quiet, relations }, createRandom(seed).choose),
  ).map((operation) =>
    operation?.kind === 'run-hook' && 'relation' in operation.hook ? operation.hook.relation : '',
  );
  assert.deepEqual([...new Set(entered)].sort(), ['7', '8', '9']);
});

test('L26: install waits for storage that is not provisioned; later storage holds up nothing', () => {
  const unpacked = { ...born, charmUrl: rested.charmUrl };
  const storage = [{ id: 'pgdata/7', life: 'alive', provisioned: false }] as const;
  const step = nextStep(unpacked, { ...quiet, storage }, choose);
  assert.equal(step.kind, 'wait');
  assert.equal(step.why, 'app/0 waits to install until pgdata/7 is provisioned');
  assert.equal(next({}, { storage, updateStatusDue: true }), 'update-status');
  assert.equal(
    next({}, { storage: [{ ...storage[0], provisioned: true }], updateStatusDue: true }),
    'storage-attached',
  );
});

test('L80: a storage instance is attached once and detached once', () => {
  const storage = [{ id: 'pgdata/0', life: 'dying', provisioned: true }] as const;
  assert.equal(next({ storage: { 'pgdata/0': 'attached' } }, { storage }), 'storage-detaching');
  assert.equal(next({ storage: { 'pgdata/0': 'detached' } }, { storage }), null);
});

test('L64: storage that goes before it was attached gets no hook', () => {
  const storage = [{ id: 'pgdata/0', life: 'dying', provisioned: true }] as const;
  assert.equal(next({ storage: {} }, { storage }), 'forget-storage');
});

test('L21, E110: neither relation-created nor an action comes before install', () => {
  const unpacked = { ...born, charmUrl: rested.charmUrl, storage: rested.storage };
  assert.equal(next(unpacked, { tasks: ['1'], commands: ['2'], leader: true }), 'install');
});

test('E110: an action may come before the first config-changed', () => {
  const installed = { ...rested, configHash: '', started: false };
  assert.equal(next(installed, { tasks: ['7', '8'] }), 'run-action');
});

test('L10: scopes, leadership, secrets, actions, juju-exec and storage outrank config-changed', () => {
  const all: Partial<RemoteSnapshot> = {
    relations: [db],
    leader: true,
    secrets: {
      expired: [{ ...tracks, revision: 2 }],
      rotate: [tracks],
      changed: [tracks],
      obsolete: [{ ...tracks, revision: 1 }],
    },
    tasks: ['1'],
    commands: ['a'],
    storage: [{ id: 'pgdata/9', life: 'alive', provisioned: true }],
    charmModified: 99,
    configHash: 'other',
    updateStatusDue: true,
  };
  const order: (readonly [string, Partial<RemoteSnapshot>])[] = [
    ['relation-created', { relations: [] }],
    ['accept-leadership', { leader: false }],
    ['secret-expired', secrets({ ...all.secrets, expired: [] })],
    ['secret-rotate', secrets({ changed: [tracks], obsolete: [tracks] })],
    ['secret-changed', secrets({ obsolete: [tracks] })],
    ['secret-remove', secrets({})],
    ['run-action', { tasks: [] }],
    ['run-commands', { commands: [] }],
    ['storage-attached', { storage: [] }],
    ['upgrade', { charmModified: rested.charmModified }],
    ['config-changed', { configHash: rested.configHash }],
    ['update-status', { updateStatusDue: false }],
  ];
  let remote = all;
  for (const [expected, satisfied] of order) {
    assert.equal(next({ leader: false }, remote), expected);
    remote = merge(remote, satisfied);
  }
  assert.equal(next({ leader: false }, remote), null);
});

test('L30: a change of configuration, trust or address brings config-changed, and says which', () => {
  for (const [field, word] of [
    ['configHash', 'configuration'],
    ['trustHash', 'trust'],
    ['addressHash', 'address'],
  ] as const) {
    const operation = decide({ ...rested, [field]: 'before' }, quiet);
    assert.equal(operation?.why, `the charm has not seen the present ${word}`);
    assert.equal(hookOf(operation) !== null, true);
  }
});

test('L34, L36: a refresh brings an upgrade, to an idle unit or by force to one in error', () => {
  assert.equal(next({}, { charmUrl: 'local:app-9' }), 'upgrade');
  assert.equal(next({}, { charmModified: 1 }), 'upgrade');
  const refreshed = { reported: 'error', charmUrl: 'local:app-9' } as const;
  assert.equal(next(failed, refreshed), null);
  assert.equal(next(failed, { ...refreshed, forceUnits: true }), 'upgrade');
  // The force of an earlier refresh does nothing once the charm is there.
  assert.equal(next(failed, { reported: 'error', forceUnits: true }), null);
});

test('L12: update-status comes when its time has come and nothing else is due', () => {
  assert.equal(next({}, { updateStatusDue: true }), 'update-status');
  assert.equal(next({ trustHash: '' }, { updateStatusDue: true }), 'config-changed');
});

test('E85: while a hook is failed no other hook runs, but actions and juju-exec do', () => {
  const news = {
    reported: 'error',
    leader: false,
    relations: [db],
    configHash: 'other',
    updateStatusDue: true,
    charmUrl: 'local:app-9',
    storage: [{ id: 'pgdata/9', life: 'alive', provisioned: true }],
    ...secrets({ changed: [tracks] }),
  } as const;
  const step = nextStep({ ...failed, leader: false }, { ...quiet, ...news }, choose);
  assert.equal(step.kind, 'wait');
  assert.equal(step.why, 'app/0 waits to retry its failed config-changed hook');
  assert.equal(next({ ...failed, leader: false }, { ...news, tasks: ['1'] }), 'run-action');
  assert.equal(next({ ...failed, leader: false }, { ...news, commands: ['1'] }), 'run-commands');
});

test('E85: a dying unit in error waits as well', () => {
  assert.equal(next({ ...failed, leader: false }, { reported: 'error', life: 'dying' }), null);
});

test('E82, E83: when its time comes the same hook is tried again', () => {
  const operation = decide(failed, { ...quiet, reported: 'error', retryDue: true });
  assert.deepEqual(hookOf(operation), { kind: 'config-changed' });
  assert.equal(operation?.why, 'it is time for the next try');
});

test('E84: resolve tries again at once, resolve --no-retry takes the hook for done', () => {
  assert.equal(next(failed, { reported: 'error', resolved: 'retry' }), 'config-changed');
  assert.equal(next(failed, { reported: 'error', resolved: 'no-retry' }), 'skip-hook');
});

test('E86: a pending hook or action that nobody runs is recovered from', () => {
  assert.equal(next(failed, { reported: 'executing' }), 'recover');
  const action = { ...rested, kind: 'run-action', task: '3' } as const;
  assert.equal(next(action, { reported: 'executing' }), 'recover');
  assert.equal(next({ ...action, hook: { kind: 'start' } }, { reported: 'error' }), 'recover');
});

test('E11, L24: a queued hook comes before anything that is due beside it', () => {
  const queued = { kind: 'run-hook', step: 'queued', hook: { kind: 'start' } } as const;
  const news = { tasks: ['1'], relations: [db], leader: true, updateStatusDue: true };
  assert.equal(next({ ...queued, leader: true }, news), 'start');
});

test('E13: a hook that is done is only committed', () => {
  const done = { kind: 'run-hook', step: 'done', hook: { kind: 'start' } } as const;
  assert.equal(next(done, { tasks: ['1'], reported: 'error' }), 'commit-hook');
});

test('a queued or failed hook whose relation was taken away by force counts as done', () => {
  const hook = { kind: 'relation-broken', relation: '77', remoteApplication: 'client' } as const;
  assert.equal(next({ kind: 'run-hook', step: 'queued', hook }), 'skip-hook');
  assert.equal(next({ ...failed, hook }, { reported: 'error' }), 'skip-hook');
});

test('a record that says run-hook and names no hook is reported as the fault it is', () => {
  const torn = { ...rested, kind: 'run-hook', step: 'queued', hook: null } as const;
  assert.throws(() => next(torn), /Cannot go on with the hook of app\/0/u);
});

test('E121: a boot starts a started, idle unit anew, and is only noted by any other', () => {
  assert.equal(next({}, { bootId: 5 }), 'start');
  assert.equal(next({ started: false }, { bootId: 5 }), 'record-boot');
  assert.equal(next({ stopped: true }, { bootId: 5, life: 'dying' }), 'record-boot');
  assert.equal(next(failed, { bootId: 5, reported: 'error' }), 'record-boot');
});

test('a charm half unpacked is unpacked again; one that failed waits for its time or for the user', () => {
  const half = { kind: 'upgrade', step: 'pending', failure: null } as const;
  assert.equal(next(half, { reported: 'executing', tasks: ['1'] }), 'upgrade');
  const broken = { reported: 'error', tasks: ['1'] } as const;
  assert.equal(next(half, broken), null);
  assert.equal(next(half, { ...broken, retryDue: true }), 'upgrade');
  assert.equal(next(half, { ...broken, resolved: 'retry' }), 'upgrade');
});

test('D8: leadership is accepted when idle, installed and alive, and once', () => {
  assert.equal(next({ leader: false }, { leader: true }), 'accept-leadership');
  assert.equal(next({ leader: true }, { leader: true }), null);
  assert.notEqual(next({ leader: false }, { leader: true, life: 'dying' }), 'accept-leadership');
});

test('D10, L62: losing the lease is noted without a hook, and so is dying', () => {
  assert.equal(next({ leader: true }, { leader: false }), 'resign-leadership');
  assert.equal(next({ leader: true }, { leader: true, life: 'dying' }), 'resign-leadership');
  assert.equal(
    next({ ...failed, leader: true }, { leader: false, reported: 'error' }),
    'resign-leadership',
  );
});

test('E88: the agent calls itself idle when nothing else is left, and only once', () => {
  assert.equal(next({}, { reported: 'executing' }), 'report-idle');
  assert.equal(next({}, { reported: 'idle' }), null);
  assert.equal(next({}, { reported: 'executing', updateStatusDue: true }), 'update-status');
});

test('L41: departed, broken, application, joined, changed: in this order within a relation', () => {
  const members = { 'client/0': 4, 'client/1': 2, 'client/2': 1 };
  const seen = { 'client/0': 3, 'client/9': 1 };
  const news = { members, applicationVersion: 6 };
  assert.deepEqual(hookOf(inRelation({ members: seen }, news)), {
    kind: 'relation-departed',
    remoteUnit: 'client/9',
    departingUnit: 'client/9',
  });
  const present = { members: { 'client/0': 3 } };
  assert.deepEqual(hookOf(inRelation(present, news)), {
    kind: 'relation-changed',
    remoteUnit: '',
    changeVersion: 6,
  });
  const told = { ...present, applications: { client: 6 } };
  assert.deepEqual(hookOf(inRelation(told, news)), {
    kind: 'relation-joined',
    remoteUnit: 'client/1',
    changeVersion: 2,
  });
  const joined = { ...told, members: { 'client/0': 3, 'client/1': 2, 'client/2': 1 } };
  assert.deepEqual(hookOf(inRelation(joined, news)), {
    kind: 'relation-changed',
    remoteUnit: 'client/0',
    changeVersion: 4,
  });
  assert.equal(inRelation({ ...told, members }, news), null);
});

test('L41.1, L42b: after joined comes changed of that unit, even when it has gone or all is ending', () => {
  const record = { members: { 'client/0': 3 }, changedPending: 'client/0' };
  const pending = { kind: 'relation-changed', remoteUnit: 'client/0' };
  assert.deepEqual(hookOf(inRelation(record, { members: { 'client/0': 8 } })), {
    ...pending,
    changeVersion: 8,
  });
  assert.deepEqual(hookOf(inRelation(record, { members: {} })), { ...pending, changeVersion: 3 });
  assert.deepEqual(hookOf(inRelation(record, { ending: true })), {
    ...pending,
    changeVersion: 3,
  });
});

test('L41: names are taken as text, so client/10 comes before client/2', () => {
  const members = { 'client/2': 1, 'client/10': 1 };
  assert.equal(
    (hookOf(inRelation({}, { members })) as { remoteUnit: string }).remoteUnit,
    'client/10',
  );
});

test('L42: between relations the order is left to chance', () => {
  const ids = ['7', '8', '9'];
  const relations = ids.map((id) => ({ ...db, id, members: { 'client/0': 1 } }));
  const local = { ...rested, relations: Object.fromEntries(ids.map((id) => [id, known])) };
  const first = Array.from({ length: 60 }, (_, seed) =>
    nextOperation(local, { ...quiet, relations }, createRandom(seed).choose),
  ).map((operation) =>
    operation?.kind === 'run-hook' && 'relation' in operation.hook ? operation.hook.relation : '',
  );
  assert.deepEqual([...new Set(first)].sort(), ids);
});

test('L42c, E41: the departing unit is the local one when it or its application is going', () => {
  const record = { members: { 'client/0': 1 } };
  for (const remote of [{ life: 'dying' }, { applicationLife: 'dying', life: 'dying' }] as const) {
    const operation = decide(
      { ...rested, storage: {}, leader: false, relations: { '5': { ...known, ...record } } },
      {
        ...quiet,
        ...remote,
        storage: [],
        leader: false,
        relations: [{ ...db, members: { 'client/0': 1 } }],
      },
    );
    assert.deepEqual(hookOf(operation), {
      kind: 'relation-departed',
      remoteUnit: 'client/0',
      departingUnit: 'app/0',
    });
  }
});

test('L42c: a dying unit enters no new relation', () => {
  const remote = {
    life: 'dying',
    storage: [],
    leader: false,
    relations: [{ ...db, canEnter: false }],
  } as const;
  assert.equal(next({ leader: false }, remote), 'stop');
});

test('L44: the leader is not told of its own application in a peer relation; the others are', () => {
  const peer = { peer: true, remoteApplication: 'app', applicationVersion: 3 };
  assert.equal(inRelation({}, peer, { leader: true }), null);
  const other = decide(
    { ...rested, leader: false, relations: { '5': known } },
    { ...quiet, leader: false, relations: [{ ...db, ...peer }] },
  );
  assert.deepEqual(hookOf(other), { kind: 'relation-changed', remoteUnit: '', changeVersion: 3 });
});

test('L41.4: an application bag nobody wrote, of version 0, is no news', () => {
  assert.equal(inRelation({}, { applicationVersion: 0 }), null);
});

test('L46: a peer relation is never broken, and any other is once its members have departed', () => {
  const dying = { life: 'dying', storage: [], leader: false } as const;
  const peer = decide(
    { ...rested, leader: false, relations: { '5': known } },
    { ...quiet, ...dying, relations: [{ ...db, peer: true }] },
  );
  assert.deepEqual(hookOf(peer), { kind: 'stop' });
  assert.deepEqual(hookOf(inRelation({}, { ending: true })), { kind: 'relation-broken' });
});

test('L47, L48: an ending relation takes in no more news', () => {
  const ending = { ending: true, applicationVersion: 9, members: { 'client/0': 1 } };
  assert.deepEqual(hookOf(inRelation({}, ending)), { kind: 'relation-broken' });
});

test('L50, L51: relations without hooks here are entered and left in silence', () => {
  const silent = { ...db, implicit: true };
  const at = (created: boolean, relation: RemoteRelation): string | null =>
    next({ relations: { '5': { ...known, created } } }, { relations: [relation] });
  assert.equal(at(false, silent), 'enter-scope');
  assert.equal(at(true, { ...silent, members: { 'client/0': 1 } }), null);
  assert.equal(at(true, { ...silent, ending: true }), 'leave-scope');
  assert.equal(at(false, { ...silent, ending: true, canEnter: false }), null);
  assert.equal(at(false, { ...db, unknown: true }), null);
  assert.equal(at(true, { ...db, unknown: true, ending: true }), 'leave-scope');
  const uninstalled = { ...rested, installed: false, relations: {} };
  assert.notEqual(next(uninstalled, { relations: [silent] }), 'enter-scope');
});

test('L53: a unit that came and went unseen brings no hook', () => {
  assert.equal(inRelation({ members: {} }, { members: {} }), null);
});

test('L60: a dying unit detaches, breaks its relations, stops and is removed', () => {
  const ending = { ...db, ending: true, canEnter: false };
  const remote = { ...quiet, life: 'dying', leader: false, relations: [ending] } as const;
  const local = {
    ...rested,
    leader: false,
    relations: { '5': { ...known, members: { 'client/0': 1 } } },
  };
  const steps: (readonly [string, Partial<UniterState>])[] = [
    ['storage-detaching', { storage: { 'pgdata/0': 'detached' } }],
    ['relation-departed', { relations: { '5': known } }],
    ['relation-broken', { relations: { '5': { ...known, created: false, left: true } } }],
    ['stop', { stopped: true }],
    ['remove', { removed: true }],
  ];
  let record: Partial<UniterState> = local;
  for (const [expected, change] of steps) {
    assert.equal(next(record, remote), expected);
    record = merge(record, change);
  }
  assert.equal(next(record, remote), null);
});

test('L60: a dying unit that never started is not stopped, one never installed has no hooks at all', () => {
  const dying = { life: 'dying', leader: false, storage: [], relations: [] } as const;
  assert.equal(next({ leader: false, started: false }, dying), 'remove');
  assert.equal(next({ leader: false, started: false, installed: false }, dying), 'finish-removal');
  assert.equal(next({ ...born, charmUrl: '' }, { ...dying, life: 'dying' }), 'finish-removal');
});

test('L70-L72: a dying unit gets no secret events', () => {
  const remote = { life: 'dying', leader: false, storage: [], relations: [] } as const;
  assert.equal(next({ leader: false }, { ...remote, ...secrets({ changed: [tracks] }) }), 'stop');
});
