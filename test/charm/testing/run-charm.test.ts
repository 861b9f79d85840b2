import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';

import type { HookContext } from '#charm/context/hook-context.ts';
import { readHookContext } from '#charm/context/hook-context.ts';
import type { HookHost, HookMain } from '#charm/host.ts';
import type { UnitData } from '#charm/state/unit-data.ts';
import { openUnitData } from '#charm/state/unit-data.ts';
import type { CharmState } from '#charm/testing/charm-state.ts';
import {
  charmState,
  peerState,
  relationState,
  secretState,
  withoutJujuKeys,
} from '#charm/testing/charm-state.ts';
import { InconsistentStateError } from '#charm/testing/consistency.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import type { RunOptions } from '#charm/testing/run-charm.ts';
import { runCharm } from '#charm/testing/run-charm.ts';
import type { HookTools } from '#charm/tools/hook-tools.ts';
import { createHookTools } from '#charm/tools/hook-tools.ts';

import { files } from '../tools/emulated-tools.ts';

const secretId = '9m4e2mr0ui3e8a215n4g';

interface Hook {
  readonly context: HookContext;
  readonly tools: HookTools;
  readonly data: UnitData;
  readonly host: HookHost;
}

/** A charm of one handler, which keeps its unit data when the handler returns 0. */
function charm(handler: (hook: Hook) => number | void): HookMain {
  return async (host) => {
    const data = openUnitData(host.unitDataPath, { now: () => host.now() });
    try {
      const context = readHookContext(host.environment);
      const tools = createHookTools(host.runner);
      const exitCode = handler({ context, tools, data, host }) ?? 0;
      await Promise.resolve();
      data.flush(exitCode === 0);
      return { exitCode, trace: context.dispatchName };
    } catch (error) {
      return { exitCode: 1, error };
    } finally {
      data.close();
    }
  };
}

const run = (
  handler: (hook: Hook) => number | void,
  event: CharmEvent = events.configChanged(),
  state: CharmState = charmState(),
  options?: RunOptions,
) => runCharm(files, charm(handler), event, state, undefined, options);

const db = relationState({ id: 7, endpoint: 'db', remoteApplication: 'client' });
const joined = charmState({ relations: [{ ...db, units: { 'client/0': { database: 'x' } } }] });

test('E60: what a hook writes is in the state after it', async () => {
  const outcome = await run(
    ({ tools, data }) => {
      tools.relationSet('db:7', { user: 'u' });
      tools.openPort('5432/tcp');
      tools.stateSet({ k: 'v' });
      tools.statusSet('active', 'ready');
      tools.applicationVersionSet('15.4');
      data.set('installed', true);
    },
    events.relationChanged('db:7', 'client/0'),
    joined,
  );

  assert.equal(outcome.ok, true);
  assert.equal(outcome.error, null);
  assert.deepEqual(withoutJujuKeys(outcome.state.relations[0]?.ownUnitBag ?? {}), { user: 'u' });
  assert.deepEqual(outcome.state.openedPorts, [{ range: '5432/tcp', endpoint: '' }]);
  assert.deepEqual(outcome.state.controllerData, { k: 'v' });
  assert.deepEqual(outcome.state.status, { status: 'active', message: 'ready' });
  assert.equal(outcome.state.workloadVersion, '15.4');
  assert.deepEqual(outcome.state.unitData, { installed: true });
  assert.equal(outcome.trace, 'db-relation-changed');
});

test('E60, E61, E63: a failed hook leaves the bags as they were, and the status it set', async () => {
  const outcome = await run(
    ({ tools, data }) => {
      tools.relationSet('db:7', { user: 'u' });
      tools.openPort('5432/tcp');
      tools.statusSet('blocked', 'no');
      tools.jujuLog('ERROR', 'failed');
      data.set('installed', true);
      return 3;
    },
    events.relationChanged('db:7', 'client/0'),
    joined,
  );

  assert.equal(outcome.ok, false);
  assert.equal(outcome.exitCode, 3);
  assert.deepEqual(withoutJujuKeys(outcome.state.relations[0]?.ownUnitBag ?? {}), {});
  assert.deepEqual(outcome.state.openedPorts, []);
  assert.deepEqual(outcome.state.unitData, {});
  assert.deepEqual(outcome.state.status, { status: 'blocked', message: 'no' });
  assert.equal(outcome.log[0]?.message, 'db:7: failed');
});

test('the state given is not changed', async () => {
  const before = structuredClone(joined);

  await run(({ tools }) => tools.relationSet('db:7', { user: 'u' }), events.updateStatus(), joined);

  assert.deepEqual(joined, before);
});

test('a state after an event is a state to go on from', async () => {
  const first = await run(({ data }) => data.set('count', 1), events.install());
  const second = await run(
    ({ data }) => data.set('count', Number(data.get('count')) + 1),
    events.start(),
    first.state,
  );

  assert.deepEqual(second.state.unitData, { count: 2 });
});

test('E66: leadership lost before the commit refuses the bags, and the hook has failed', async () => {
  const state = { ...joined, leader: true };
  const write = ({ tools }: Hook): void =>
    tools.relationSet('db:7', { a: '1' }, { application: true });

  const kept = await run(write, events.updateStatus(), state);
  const lost = await run(write, events.updateStatus(), state, { leadershipLost: true });

  assert.deepEqual(kept.state.relations[0]?.ownApplicationBag, { a: '1' });
  assert.equal(lost.ok, false);
  assert.ok(lost.error instanceof Error);
  assert.deepEqual(lost.state.relations[0]?.ownApplicationBag, {});
});

test('E64, E65: a refused commit keeps the secrets only', async () => {
  const outcome = await run(
    ({ tools }) => {
      tools.secretAdd({ password: 'x' }, 'unit', { label: 'l' });
      tools.stateSet({ a: '1' });
    },
    events.updateStatus(),
    charmState(),
    { commitFailure: 'port range conflicts' },
  );

  assert.equal(outcome.ok, false);
  assert.equal(outcome.exitCode, 0);
  assert.match(String(outcome.error), /port range conflicts/);
  assert.deepEqual(outcome.state.controllerData, {});
  assert.deepEqual(
    outcome.state.secrets.map(({ label }) => label),
    ['l'],
  );
});

test('E69: of a custom event the changes are kept whatever the exit code', async () => {
  const outcome = await run(({ context, tools }) => {
    assert.equal(context.kind, 'custom');
    assert.equal(context.dispatchName, 'cluster_changed');
    assert.equal(context.relation, null);
    tools.stateSet({ a: '1' });
    return 1;
  }, events.custom('cluster_changed'));

  assert.equal(outcome.ok, false);
  assert.deepEqual(outcome.state.controllerData, { a: '1' });
});

test('E110, E117: an action gets its parameters with defaults and gives results', async () => {
  const outcome = await run(({ context, tools }) => {
    assert.equal(context.action?.name, 'check');
    tools.actionSet({ level: String(tools.actionGet()['level']), more: { a: 'b' } });
  }, events.action('check'));

  assert.deepEqual(outcome.actionResult, {
    status: 'completed',
    message: '',
    results: { level: '1', more: { a: 'b' }, 'return-code': 0 },
  });
});

test('E111: action-fail keeps the changes, E112: an exit code drops them', async () => {
  const failing = (exitCode: number) =>
    run(({ tools }) => {
      tools.stateSet({ a: '1' });
      if (exitCode === 0) tools.actionFail('no');
      return exitCode;
    }, events.action('check'));

  const [failed, crashed] = [await failing(0), await failing(2)];

  assert.equal(failed.actionResult?.status, 'failed');
  assert.equal(failed.actionResult?.message, 'no');
  assert.deepEqual(failed.state.controllerData, { a: '1' });
  assert.equal(crashed.actionResult?.message, 'exit status 2');
  assert.deepEqual(crashed.state.controllerData, {});
});

test('E114: an action whose changes Juju refuses has failed', async () => {
  const outcome = await run(() => 0, events.action('check'), charmState(), {
    commitFailure: 'no room',
  });

  assert.equal(outcome.actionResult?.status, 'failed');
  assert.equal(outcome.actionResult?.message, 'committing requested changes failed');
});

test('a unit that joins is a member from then on, and sees itself counted', async () => {
  const state = charmState({ relations: [{ ...db, unseenUnits: { 'client/0': { a: '1' } } }] });
  const outcome = await run(
    ({ context, tools }) => {
      assert.equal(context.relation?.remoteUnit, 'client/0');
      assert.deepEqual(tools.relationList('db:7'), ['client/0']);
    },
    events.relationJoined('db:7', 'client/0'),
    state,
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(Object.keys(outcome.state.relations[0]?.units ?? {}), ['client/0']);
  assert.deepEqual(outcome.state.relations[0]?.unseenUnits, {});
});

test('H70: a unit that departs is no member any more, and its bag stays', async () => {
  const outcome = await run(
    ({ context, tools }) => {
      assert.equal(context.relation?.departingUnit, 'client/0');
      assert.deepEqual(tools.relationList('db:7'), []);
      assert.equal(tools.relationGetKey('db:7', 'client/0', 'database'), 'x');
    },
    events.relationDeparted('db:7', 'client/0'),
    joined,
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state.relations[0]?.units, {});
  assert.equal(outcome.state.relations[0]?.departedUnits['client/0']?.['database'], 'x');
});

test('E83: a unit whose departed hook failed is still a member', async () => {
  const outcome = await run(() => 1, events.relationDeparted('db:7', 'client/0'), joined);

  assert.deepEqual(Object.keys(outcome.state.relations[0]?.units ?? {}), ['client/0']);
});

test('L46, H51: a broken relation is not listed, and is gone afterwards', async () => {
  const outcome = await run(
    ({ context, tools }) => {
      assert.equal(context.relation?.remoteUnit, '');
      assert.deepEqual(tools.relationIds('db'), []);
      assert.equal(tools.relationGet('db:7', 'app/0')['ingress-address'], '10.0.0.10');
    },
    events.relationBroken('db:7'),
    charmState({ relations: [{ ...db, departedUnits: { 'client/0': {} } }] }),
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state.relations, []);
});

test('L41: a change of the remote application bag has no remote unit', async () => {
  const outcome = await run(
    ({ context, tools }) => {
      assert.equal(context.relation?.remoteUnit, '');
      assert.equal(context.relation?.remoteApplication, 'client');
      assert.deepEqual(tools.relationGet('db:7', 'client'), { a: '1' });
    },
    events.relationChanged('db:7', 'client'),
    charmState({ relations: [{ ...db, remoteApplicationBag: { a: '1' } }] }),
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state.relations[0]?.remoteApplicationBag, { a: '1' });
});

test('L55: peers share the application bag, which the leader writes', async () => {
  const state = charmState({
    leader: true,
    peers: [peerState({ id: 1, endpoint: 'cluster', units: { 'app/1': { a: '1' } } })],
  });
  const outcome = await run(
    ({ tools }) => {
      assert.equal(tools.relationGetKey('cluster:1', 'app/1', 'a'), '1');
      tools.relationSet('cluster:1', { k: 'v' }, { application: true });
    },
    events.leaderElected(),
    state,
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state.peers[0]?.ownApplicationBag, { k: 'v' });
});

test('E45: storage hooks know their storage, and detached storage is gone', async () => {
  const state = charmState({ storage: [{ id: 'pgdata/0', location: '/srv/pg' }] });
  const attached = await run(
    ({ context }) => assert.equal(context.storage?.location, '/srv/pg'),
    events.storageAttached('pgdata/0'),
    state,
  );
  const detached = await run(() => 0, events.storageDetaching('pgdata/0'), state);

  assert.equal(attached.ok, true, String(attached.error));
  assert.deepEqual(detached.state.storage, []);
});

test('ports that were open, and the application status, are there afterwards', async () => {
  const state = charmState({
    openedPorts: [{ range: '8000-9000/udp', endpoint: 'db' }],
    applicationStatus: { status: 'active', message: 'a' },
    resources: { node: '/res/node' },
  });
  const outcome = await run(
    ({ tools }) => {
      assert.deepEqual(tools.openedPorts(), ['8000-9000/udp']);
      assert.equal(tools.resourceGet('node'), '/res/node');
    },
    events.updateStatus(),
    state,
  );

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state, state);
});

test('H202: storage that was asked for waits without a place', async () => {
  const outcome = await run(({ tools }) => tools.storageAdd('pgdata'));

  assert.deepEqual(
    outcome.state.storage.map(({ location }) => location),
    [''],
  );
  assert.equal((await run(() => 0, events.start(), outcome.state)).ok, true);
});

test('E44: secret hooks carry id, label and revision', async () => {
  const owned = secretState({
    id: secretId,
    owner: { kind: 'application', name: 'app' },
    label: 'mine',
    content: { password: 'x' },
  });
  const read = { ...owned, consumers: { 'app/0': { revision: 1, label: 'theirs' } } };
  const seen: unknown[] = [];
  const note = ({ context }: Hook): void => void seen.push(context.secret);

  await run(note, events.secretRemove(secretId, 1), charmState({ leader: true, secrets: [owned] }));
  await run(note, events.secretRotate(secretId), charmState({ leader: true, secrets: [owned] }));
  await run(note, events.secretChanged(secretId), charmState({ secrets: [read] }));
  const ofUnit = { ...owned, owner: { kind: 'unit', name: 'app/0' }, label: 'own' } as const;
  await run(note, events.secretExpired(secretId, 1), charmState({ secrets: [ofUnit] }));

  const id = `secret:${secretId}`;
  assert.deepEqual(seen, [
    { id, label: 'mine', revision: 1 },
    { id, label: 'mine', revision: null },
    { id, label: 'theirs', revision: null },
    { id, label: 'own', revision: 1 },
  ]);
});

test('ids of secrets differ from hook to hook', async () => {
  const add = ({ tools }: Hook): void => void tools.secretAdd({ password: 'x' }, 'unit');

  const first = await run(add);
  const second = await run(add, events.configChanged(), first.state);

  assert.equal(second.state.secrets.length, 2);
});

test('a subordinate knows its principal and sees only it', async () => {
  const metadata = `
name: app
summary: s
description: d
subordinate: true
requires:
  host: {interface: juju-info, scope: container}
`;
  const state = charmState({
    principal: 'big/3',
    relations: [
      relationState({ id: 2, endpoint: 'host', remoteApplication: 'big', units: { 'big/3': {} } }),
    ],
  });
  const outcome = await runCharm(
    { metadata },
    charm(({ context, tools }) => {
      assert.equal(context.principalUnit, 'big/3');
      assert.deepEqual(tools.relationList('host:2'), ['big/3']);
    }),
    events.updateStatus(),
    state,
  );

  assert.equal(outcome.ok, true, String(outcome.error));
});

test('a charm without peers that does not lead hears so', async () => {
  const outcome = await run(({ tools }) => assert.equal(tools.isLeader(), false));

  assert.equal(outcome.ok, true, String(outcome.error));
});

test('services, time and the charm directory reach the charm', async () => {
  const seen: unknown[] = [];
  await runCharm<{ readonly sql: string }, unknown>(
    files,
    async (host) => {
      seen.push(host.services?.sql, host.now(), host.environment['JUJU_CHARM_DIR']);
      return { exitCode: 0 };
    },
    events.start(),
    charmState({ now: 5 }),
    { sql: 'x' },
    { charmDir: '/there' },
  );

  assert.deepEqual(seen, ['x', 5, '/there']);
});

test('a charm that throws has failed, with what it threw', async () => {
  const error = new Error('lost');
  const outcome = await runCharm(files, () => Promise.reject(error), events.start(), charmState());

  assert.equal(outcome.ok, false);
  assert.equal(outcome.error, error);
  assert.equal(outcome.trace, null);
});

test('every call is recorded, with its input and its exit code', async () => {
  const outcome = await run(
    ({ tools }) => {
      tools.relationSet('db:7', { a: '1' });
      assert.throws(() => tools.actionGet());
    },
    events.updateStatus(),
    joined,
  );

  assert.deepEqual(outcome.toolCalls, [
    { tool: 'relation-set', args: ['-r', 'db:7', '--file', '-'], stdin: '{"a": "1"}', exitCode: 0 },
    { tool: 'action-get', args: ['--format=json'], stdin: undefined, exitCode: 1 },
  ]);
});

test('the unit data file is gone when the run is over', async () => {
  let path = '';
  await run(({ host }) => {
    path = host.unitDataPath;
  });

  assert.notEqual(path, '');
  assert.equal(existsSync(dirname(path)), false);
});

test('K9: an impossible state is refused before the charm runs', async () => {
  let ran = false;
  const impossible = run(
    () => {
      ran = true;
    },
    events.relationJoined('db:7', 'client/0'),
  );

  await assert.rejects(impossible, InconsistentStateError);
  assert.equal(ran, false);
});

for (const event of [
  events.install(),
  events.start(),
  events.configChanged(),
  events.updateStatus(),
  events.upgradeCharm(),
  events.stop(),
  events.remove(),
]) {
  test(`the environment of ${event.kind === 'unit' ? event.hook : ''} is that of its hook`, async () => {
    const outcome = await run(({ context }) => {
      assert.equal(context.kind, 'hook');
      assert.equal(context.dispatchName, event.kind === 'unit' ? event.hook : '');
      assert.equal(context.jujuVersion.text, '3.6.9');
    }, event);

    assert.equal(outcome.ok, true, String(outcome.error));
  });
}

test('a unit that stops or departs itself is dying in what it is told about its application', async () => {
  const statusOf = async (event: CharmEvent): Promise<string | undefined> => {
    let status: string | undefined;
    await run(
      ({ tools }) => {
        status = tools.goalState().units['app/0']?.status;
      },
      event,
      joined,
    );
    return status;
  };

  assert.equal(await statusOf(events.stop()), 'dying');
  assert.equal(await statusOf(events.relationDeparted('db:7', 'client/0', 'app/0')), 'dying');
  assert.notEqual(await statusOf(events.relationDeparted('db:7', 'client/0')), 'dying');
});

test('relation-created comes before anybody has joined', async () => {
  const outcome = await run(
    ({ context, tools }) => {
      assert.equal(context.relation?.event, 'created');
      assert.deepEqual(tools.relationList('db:7'), []);
    },
    events.relationCreated('db:7'),
    charmState({ relations: [db] }),
  );

  assert.equal(outcome.ok, true, String(outcome.error));
});
