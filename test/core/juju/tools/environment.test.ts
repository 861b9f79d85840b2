import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Model } from '#core/juju/model.ts';
import { hookEnvironment, newContextId } from '#core/juju/tools/environment.ts';
import type { Environment } from '#core/juju/tools/environment.ts';
import type { ContextKind } from '#core/juju/tools/hook-context.ts';
import { action, changed, createDesk, hook, plainHook, sharedModel, withTask } from './desk.ts';
import { withU, withUnit } from './desk.ts';

const paths = {
  charmDir: '/agents/unit-l-0/charm',
  toolsDir: '/tools/unit-l-0',
  agentSocket: '/agents/unit-l-0/agent.socket',
  apiAddresses: ['127.0.0.1:17070', '127.0.0.2:17070'],
  systemPath: '/usr/bin:/bin',
};

function environmentOf(kind: ContextKind, model: Model = sharedModel): Environment {
  return hookEnvironment(createDesk({ kind, model }).context, paths);
}

const always: Environment = {
  CHARM_DIR: '/agents/unit-l-0/charm',
  JUJU_CHARM_DIR: '/agents/unit-l-0/charm',
  JUJU_CONTEXT_ID: 'l/0-test-0123',
  JUJU_AGENT_SOCKET_ADDRESS: '/agents/unit-l-0/agent.socket',
  JUJU_AGENT_SOCKET_NETWORK: 'unix',
  JUJU_UNIT_NAME: 'l/0',
  JUJU_MODEL_UUID: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
  JUJU_MODEL_NAME: 'trial',
  JUJU_API_ADDRESSES: '127.0.0.1:17070 127.0.0.2:17070',
  JUJU_MACHINE_ID: '0',
  JUJU_PRINCIPAL_UNIT: '',
  JUJU_AVAILABILITY_ZONE: '',
  JUJU_VERSION: '3.6.9',
  CLOUD_API_VERSION: '',
  JUJU_CHARM_HTTP_PROXY: '',
  JUJU_CHARM_HTTPS_PROXY: '',
  JUJU_CHARM_FTP_PROXY: '',
  JUJU_CHARM_NO_PROXY: '',
  JUJU_SLA: 'unsupported',
  PATH: '/tools/unit-l-0:/usr/bin:/bin',
  APT_LISTCHANGES_FRONTEND: 'none',
  DEBIAN_FRONTEND: 'noninteractive',
  LANG: 'C.UTF-8',
  TERM: 'tmux-256color',
};

const inRelation = { JUJU_RELATION: 'x', JUJU_RELATION_ID: 'x:2', JUJU_REMOTE_APP: 'u' };
const about = { relation: withU, remoteApplication: 'u' };

const rows: readonly (readonly [string, ContextKind, Environment])[] = [
  [
    'a unit hook',
    hook({ kind: 'config-changed' }),
    { JUJU_HOOK_NAME: 'config-changed', JUJU_DISPATCH_PATH: 'hooks/config-changed' },
  ],
  [
    'relation-created',
    hook({ kind: 'relation-created', ...about }),
    {
      JUJU_HOOK_NAME: 'x-relation-created',
      JUJU_DISPATCH_PATH: 'hooks/x-relation-created',
      ...inRelation,
      JUJU_REMOTE_UNIT: '',
    },
  ],
  [
    'relation-joined',
    hook({ kind: 'relation-joined', ...about, remoteUnit: 'u/0', changeVersion: 1 }),
    {
      JUJU_HOOK_NAME: 'x-relation-joined',
      JUJU_DISPATCH_PATH: 'hooks/x-relation-joined',
      ...inRelation,
      JUJU_REMOTE_UNIT: 'u/0',
    },
  ],
  [
    'relation-changed of an application',
    changed(withU, ''),
    {
      JUJU_HOOK_NAME: 'x-relation-changed',
      JUJU_DISPATCH_PATH: 'hooks/x-relation-changed',
      ...inRelation,
      JUJU_REMOTE_UNIT: '',
    },
  ],
  [
    'relation-departed',
    hook({ kind: 'relation-departed', ...about, remoteUnit: 'u/0', departingUnit: 'l/0' }),
    {
      JUJU_HOOK_NAME: 'x-relation-departed',
      JUJU_DISPATCH_PATH: 'hooks/x-relation-departed',
      ...inRelation,
      JUJU_REMOTE_UNIT: 'u/0',
      JUJU_DEPARTING_UNIT: 'l/0',
    },
  ],
  [
    'relation-broken',
    hook({ kind: 'relation-broken', ...about }),
    {
      JUJU_HOOK_NAME: 'x-relation-broken',
      JUJU_DISPATCH_PATH: 'hooks/x-relation-broken',
      ...inRelation,
      JUJU_REMOTE_UNIT: '',
    },
  ],
  [
    'storage-attached',
    hook({ kind: 'storage-attached', storage: 'data/0' }),
    {
      JUJU_HOOK_NAME: 'data-storage-attached',
      JUJU_DISPATCH_PATH: 'hooks/data-storage-attached',
      JUJU_STORAGE_ID: 'data/0',
      JUJU_STORAGE_LOCATION: '/srv/data/0',
      JUJU_STORAGE_KIND: 'filesystem',
    },
  ],
  [
    'the storage of an instance that is gone',
    hook({ kind: 'storage-detaching', storage: 'data/9' }),
    {
      JUJU_HOOK_NAME: 'data-storage-detaching',
      JUJU_DISPATCH_PATH: 'hooks/data-storage-detaching',
      JUJU_STORAGE_ID: 'data/9',
      JUJU_STORAGE_LOCATION: '',
      JUJU_STORAGE_KIND: '',
    },
  ],
  [
    'secret-changed, which has no revision',
    hook({ kind: 'secret-changed', secret: '9m4e2mr0ui3e8a215n4g', revision: null, label: 'pw' }),
    {
      JUJU_HOOK_NAME: 'secret-changed',
      JUJU_DISPATCH_PATH: 'hooks/secret-changed',
      JUJU_SECRET_ID: 'secret:9m4e2mr0ui3e8a215n4g',
      JUJU_SECRET_LABEL: 'pw',
    },
  ],
  [
    'secret-remove',
    hook({ kind: 'secret-remove', secret: '9m4e2mr0ui3e8a215n4g', revision: 3, label: '' }),
    {
      JUJU_HOOK_NAME: 'secret-remove',
      JUJU_DISPATCH_PATH: 'hooks/secret-remove',
      JUJU_SECRET_ID: 'secret:9m4e2mr0ui3e8a215n4g',
      JUJU_SECRET_LABEL: '',
      JUJU_SECRET_REVISION: '3',
    },
  ],
  ['juju-exec', { kind: 'exec' }, { JUJU_HOOK_NAME: '' }],
  [
    'juju-exec in a relation, whose application is not filled in',
    { kind: 'exec', relation: withU, remoteUnit: 'u/1' },
    { JUJU_HOOK_NAME: '', ...inRelation, JUJU_REMOTE_APP: '', JUJU_REMOTE_UNIT: 'u/1' },
  ],
];

for (const [title, kind, special] of rows) {
  test(`1.3, E30: ${title} gets exactly its variables`, () => {
    assert.deepEqual(environmentOf(kind), { ...always, ...special });
  });
}

test('E42: an action is told its name, its number and its tag', () => {
  assert.deepEqual(environmentOf(action, withTask(sharedModel, {})), {
    ...always,
    JUJU_HOOK_NAME: '',
    JUJU_DISPATCH_PATH: 'actions/back-up',
    JUJU_ACTION_NAME: 'back-up',
    JUJU_ACTION_UUID: '7',
    JUJU_ACTION_TAG: 'action-7',
  });
});

test('H257: juju exec of the client is an action without a dispatch path', () => {
  const environment = environmentOf(action, withTask(sharedModel, {}, 'juju-exec'));

  assert.equal(environment['JUJU_ACTION_NAME'], 'juju-exec');
  assert.ok(!('JUJU_DISPATCH_PATH' in environment));
});

test('1.3: proxies are Juju’s own, and the legacy ones only where they are set', () => {
  const proxies = {
    'juju-http-proxy': 'http://a',
    'juju-no-proxy': 'b',
    'http-proxy': 'http://c',
    'no-proxy': '',
  };
  const model = { ...sharedModel, config: { ...sharedModel.config, proxies } };
  assert.deepEqual(environmentOf(hook({ kind: 'start' }), model), {
    ...always,
    JUJU_HOOK_NAME: 'start',
    JUJU_DISPATCH_PATH: 'hooks/start',
    JUJU_CHARM_HTTP_PROXY: 'http://a',
    JUJU_CHARM_NO_PROXY: 'b',
    http_proxy: 'http://c',
    HTTP_PROXY: 'http://c',
  });
});

test('L57: a subordinate is told its principal', () => {
  const model = withUnit(sharedModel, 'l/0', { principal: 'u/0' });
  assert.equal(environmentOf(plainHook, model)['JUJU_PRINCIPAL_UNIT'], 'u/0');
});

test('an action without its task in the model is a mistake of the program', () => {
  assert.throws(() => environmentOf({ kind: 'action', task: '99' }), /task '99'/u);
});

test('1.3: a context id is unit, name and hex digits', () => {
  const model = withTask(sharedModel, {});
  const made = (kind: ContextKind): string => newContextId(model, 'l/0', kind, () => 0.99);

  assert.equal(made(changed(withU, 'u/0')), `l/0-x-relation-changed-${'f'.repeat(16)}`);
  assert.equal(made(action), `l/0-back-up-${'f'.repeat(16)}`);
  assert.equal(made({ kind: 'exec' }), `l/0-run-commands-${'f'.repeat(16)}`);
});
