import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { HookContextError } from '#charm/context/hook-context-error.ts';
import { readHookContext } from '#charm/context/hook-context.ts';
import { isAtLeast, parseJujuVersion } from '#charm/context/juju-version.ts';

const base: Readonly<Record<string, string>> = {
  JUJU_CHARM_DIR: '/var/lib/juju/agents/unit-app-2/charm',
  JUJU_CONTEXT_ID: 'app/2-x-5f8c01',
  JUJU_UNIT_NAME: 'app/2',
  JUJU_MODEL_UUID: 'uuid',
  JUJU_MODEL_NAME: 'prod',
  JUJU_VERSION: '3.6.9',
  JUJU_MACHINE_ID: '0/lxd/1',
  JUJU_PRINCIPAL_UNIT: '',
  JUJU_AVAILABILITY_ZONE: '',
  JUJU_API_ADDRESSES: '10.0.0.1:17070 10.0.0.2:17070',
  JUJU_CHARM_HTTP_PROXY: 'http://squid:3128',
};

function hook(name: string, more: Readonly<Record<string, string>> = {}) {
  return readHookContext({
    ...base,
    JUJU_HOOK_NAME: name,
    JUJU_DISPATCH_PATH: `hooks/${name}`,
    ...more,
  });
}

test('W1: the dispatch path decides what is dispatched, not the hook name', () => {
  const context = hook('install', { JUJU_DISPATCH_PATH: 'hooks/config-changed' });

  assert.equal(context.dispatchName, 'config-changed');
});

test('W1: without a dispatch path the hook name stands in', () => {
  assert.equal(hook('start', { JUJU_DISPATCH_PATH: '' }).dispatchName, 'start');
});

test('H255: a hook path without a hook name is a custom event', () => {
  const context = hook('cluster_topology_change', { JUJU_HOOK_NAME: '' });

  assert.equal(context.kind, 'custom');
  assert.equal(context.dispatchName, 'cluster_topology_change');
});

test('H257: a custom event raised by juju exec is no action, although Juju runs it as one', () => {
  const context = hook('wake', { JUJU_HOOK_NAME: '', JUJU_ACTION_NAME: 'juju-exec' });

  assert.equal(context.kind, 'custom');
  assert.equal(context.action, null);
});

test('E42: an action has its name, id and tag', () => {
  const context = hook('check', {
    JUJU_HOOK_NAME: '',
    JUJU_DISPATCH_PATH: 'actions/check',
    JUJU_ACTION_NAME: 'check',
    JUJU_ACTION_UUID: '14',
    JUJU_ACTION_TAG: 'action-14',
  });

  assert.equal(context.kind, 'action');
  assert.deepEqual(context.action, { name: 'check', uuid: '14', tag: 'action-14' });
});

test('reads the unit, the machine and the model', () => {
  const context = hook('install');

  assert.equal(context.unitName, 'app/2');
  assert.equal(context.applicationName, 'app');
  assert.equal(context.unitNumber, 2);
  assert.equal(context.machineId, '0/lxd/1');
  assert.equal(context.principalUnit, null);
  assert.equal(context.availabilityZone, '');
  assert.deepEqual(context.apiAddresses, ['10.0.0.1:17070', '10.0.0.2:17070']);
  assert.deepEqual(context.proxies, { http: 'http://squid:3128', https: '', ftp: '', none: '' });
  assert.equal(context.relation, null);
  assert.equal(context.storage, null);
  assert.equal(context.secret, null);
  assert.equal(context.workload, null);
  assert.equal(context.seriesUpgrade, null);
});

test('CHARM_DIR stands in for JUJU_CHARM_DIR', () => {
  assert.equal(hook('install', { JUJU_CHARM_DIR: '', CHARM_DIR: '/charm' }).charmDir, '/charm');
});

test('L27: a subordinate knows its principal', () => {
  assert.equal(hook('install', { JUJU_PRINCIPAL_UNIT: 'app/7' }).principalUnit, 'app/7');
});

for (const [event, remoteUnit, departingUnit] of [
  ['created', '', ''],
  ['joined', 'client/3', ''],
  ['changed', 'client/3', ''],
  ['changed', '', ''],
  ['departed', 'client/3', 'app/2'],
  ['broken', '', ''],
] as const) {
  test(`E40: relation-${event} with remote unit '${remoteUnit}' names its relation`, () => {
    const context = hook(`db-admin-relation-${event}`, {
      JUJU_RELATION: 'db-admin',
      JUJU_RELATION_ID: 'db-admin:17',
      JUJU_REMOTE_APP: 'client',
      JUJU_REMOTE_UNIT: remoteUnit,
      ...(departingUnit === '' ? {} : { JUJU_DEPARTING_UNIT: departingUnit }),
    });

    assert.deepEqual(context.relation, {
      endpoint: 'db-admin',
      name: 'db-admin:17',
      id: 17,
      remoteApplication: 'client',
      remoteUnit,
      departingUnit,
      event,
    });
  });
}

test('a custom event in a relation context has the relation but no relation event', () => {
  const context = hook('db-relation-changed', { JUJU_HOOK_NAME: '', JUJU_RELATION_ID: 'db:7' });

  assert.equal(context.relation?.endpoint, 'db');
  assert.equal(context.relation?.event, null);
});

test('E45: storage hooks have id, location and kind', () => {
  const more = { JUJU_STORAGE_ID: 'pgdata/0', JUJU_STORAGE_LOCATION: '/srv' };

  assert.deepEqual(hook('pgdata-storage-attached', more).storage, {
    id: 'pgdata/0',
    location: '/srv',
    kind: 'filesystem',
  });
  assert.equal(hook('x', { ...more, JUJU_STORAGE_KIND: 'block' }).storage?.kind, 'block');
});

test('E44: a secret has a revision only where the event has one', () => {
  const more = { JUJU_SECRET_ID: 'secret:x', JUJU_SECRET_LABEL: 'pw' };

  assert.deepEqual(hook('secret-changed', more).secret, {
    id: 'secret:x',
    label: 'pw',
    revision: null,
  });
  assert.equal(hook('secret-remove', { ...more, JUJU_SECRET_REVISION: '3' }).secret?.revision, 3);
});

test('E43: workload hooks have notice and check', () => {
  const workload = { JUJU_WORKLOAD_NAME: 'pg' };
  const notice = { JUJU_NOTICE_ID: '1', JUJU_NOTICE_TYPE: 'custom', JUJU_NOTICE_KEY: 'a.b/c' };

  assert.deepEqual(hook('pg-pebble-custom-notice', { ...workload, ...notice }).workload, {
    name: 'pg',
    notice: { id: '1', type: 'custom', key: 'a.b/c' },
    check: null,
  });
  assert.deepEqual(
    hook('pg-pebble-check-failed', { ...workload, JUJU_PEBBLE_CHECK_NAME: 'up' }).workload,
    { name: 'pg', notice: null, check: 'up' },
  );
});

test('E46: the hooks around a series upgrade know the target', () => {
  const more = { JUJU_TARGET_BASE: 'ubuntu@22.04', JUJU_TARGET_SERIES: 'jammy' };

  assert.deepEqual(hook('pre-series-upgrade', more).seriesUpgrade, {
    base: 'ubuntu@22.04',
    series: 'jammy',
  });
});

test('outside Juju the error names every variable that is missing', () => {
  assert.throws(
    () => readHookContext({ PATH: '/bin' }),
    (error: unknown) =>
      error instanceof HookContextError &&
      error.kind === 'noContext' &&
      ['JUJU_UNIT_NAME', 'JUJU_CONTEXT_ID', 'JUJU_CHARM_DIR', 'JUJU_DISPATCH_PATH'].every((name) =>
        error.message.includes(name),
      ),
  );
});

for (const [name, variables, text] of [
  ['a unit without number', { JUJU_UNIT_NAME: 'app' }, /JUJU_UNIT_NAME: found 'app'/],
  ['a relation id without endpoint', { JUJU_RELATION_ID: '7' }, /JUJU_RELATION_ID: found '7'/],
  ['a relation hook without relation', {}, /JUJU_RELATION_ID is not set/],
  [
    'a secret revision that is no number',
    { JUJU_RELATION_ID: 'db:7', JUJU_SECRET_ID: 'secret:x', JUJU_SECRET_REVISION: 'x' },
    /JUJU_SECRET_REVISION: found 'x'/,
  ],
] as const) {
  test(`refuses ${name}`, () => {
    assert.throws(() => hook('db-relation-changed', variables), { kind: 'invalid', message: text });
  });
}

test('is frozen in depth', () => {
  const context = hook('install');

  assert.ok(Object.isFrozen(context) && Object.isFrozen(context.proxies));
  assert.ok(Object.isFrozen(context.apiAddresses));
});

test('the versions of Juju compare by number', () => {
  assert.deepEqual(parseJujuVersion('3.6.10'), { text: '3.6.10', major: 3, minor: 6, patch: 10 });
  assert.deepEqual(parseJujuVersion('4.0-beta1').patch, 1);
  assert.deepEqual(parseJujuVersion('3.6.9.1').patch, 9);
  assert.deepEqual(parseJujuVersion('').major, 0);
  assert.ok(isAtLeast(parseJujuVersion('3.6.10'), 3, 6, 2));
  assert.ok(!isAtLeast(parseJujuVersion('3.6.1'), 3, 6, 2));
  assert.ok(isAtLeast(parseJujuVersion('4.0.0'), 3, 6));
  assert.ok(!isAtLeast(parseJujuVersion('2.9.50'), 3, 0));
  assert.ok(!isAtLeast(parseJujuVersion('3.5.4'), 3, 6));
});

test('whatever the environment holds, it is a context or a typed error', () => {
  const names = [...Object.keys(base), 'JUJU_RELATION_ID', 'JUJU_DISPATCH_PATH', 'JUJU_HOOK_NAME'];
  const environment = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(fc.string(), fc.constantFrom('app/0', 'db:7', 'hooks/db-relation-joined')),
  );
  fc.assert(
    fc.property(environment, (variables) => {
      try {
        const context = readHookContext({ ...base, ...variables });
        assert.notEqual(context.dispatchName, '');
      } catch (error) {
        assert.ok(error instanceof HookContextError);
      }
    }),
  );
});
