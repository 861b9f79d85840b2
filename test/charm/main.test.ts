import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import type { EndpointPort } from '#interfaces/ports.ts';
import { ActionFailure, defineCharm } from '#charm/charm.ts';
import type { Charm, CharmContext } from '#charm/charm.ts';
import { runCharm } from '#charm/main.ts';
import { explain } from '#charm/reactive/explain.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import { HookExit } from '#charm/reactive/hook-exit.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import { active, blocked, waiting } from '#charm/status/status.ts';
import { FakeJuju } from './fake-juju.ts';

type Flags =
  | 'a'
  | 'b'
  | 'leadership.is_leader'
  | 'config.changed.port'
  | `leadership.set.${string}`;
type Context = CharmContext<Flags, undefined>;
const { handler, trigger, when, whenNot, hook, everyHook } = reactive<Flags, undefined>();

function charm(
  handlers: readonly Handler<Context>[],
  more: Partial<Charm<Flags, undefined, object>> = {},
): Charm<Flags, undefined, object> {
  return defineCharm<Flags, undefined, object>({
    name: 'app',
    endpoints: {},
    services: () => undefined,
    handlers,
    ...more,
  });
}

test('a hook with nothing to do runs one tool: the status', async (t) => {
  const juju = new FakeJuju(t);
  const main = runCharm(
    charm([handler('x', [when('a')], () => {})], { status: () => active('fine') }),
  );

  await juju.hook(main, 'install');
  await juju.hook(main, 'update-status');

  assert.deepEqual(juju.calls, ['status-set active fine']);
});

test('a hook in which leadership and configuration are looked at runs four', async (t) => {
  const juju = new FakeJuju(t);
  juju.relate('cluster:0', 'app');
  const handlers = [
    handler('leads', [when('leadership.is_leader', 'a')], () => {}),
    handler('config', [when('config.changed.port')], () => {}),
  ];
  const main = runCharm(charm(handlers, { peer: 'cluster', status: () => active() }));

  await juju.hook(main, 'install');
  await juju.hook(main, 'update-status');

  assert.deepEqual(juju.calls, [
    'is-leader',
    'relation-get -r cluster:0 --app - app',
    'config-get',
    'status-set active ',
  ]);
});

test('a hook in which nothing changed leaves the unit data alone', async (t) => {
  const juju = new FakeJuju(t);
  const main = runCharm(charm([handler('x', [whenNot('a')], ({ data }) => data.set('k', 1))]));
  await juju.hook(main, 'update-status');
  const before = juju.data().entries('');

  await juju.hook(main, 'update-status');

  assert.deepEqual(juju.data().entries(''), before);
});

test('T32 E63: a failed hook keeps no flag, no fact and no write, and tells the cause', async (t) => {
  const juju = new FakeJuju(t);
  juju.relate('cluster:0', 'app');
  await juju.hook(runCharm(charm([], { peer: 'cluster' })), 'install');
  const handlers = [
    handler('writes', [hook('start')], ({ flags, data, leadership }) => {
      flags.set('a');
      data.set('fact', 1);
      leadership.leaderSet({ key: 'value' });
    }),
    handler('fails', [when('a')], () => {
      throw new Error('no room', { cause: new Error('disk full') });
    }),
  ];

  const result = await juju.hook(
    runCharm(charm(handlers, { peer: 'cluster', status: () => active() })),
    'start',
  );

  assert.equal(result.exitCode, 1);
  assert.match(String(result.error), /The handler 'fails' failed in turn 0: no room/);
  assert.match(
    juju.log.join('\n'),
    /Hook failed: .*'fails'[^]*Caused by: Error: no room[^]*Caused by: Error: disk full/,
  );
  assert.deepEqual(juju.data().entries('reactive.states.'), []);
  assert.equal(juju.data().get('fact'), undefined);
  assert.deepEqual(juju.relations['cluster:0']?.bags['app'], {});
  assert.deepEqual(juju.statuses, []);
  assert.deepEqual(
    result.trace?.ran.map((run) => run.handler),
    ['writes', 'fails'],
  );
});

test('a write Juju refuses at the end fails the hook, and nothing is kept', async (t) => {
  const juju = new FakeJuju(t);
  juju.relate('cluster:0', 'app');
  const handlers = [
    handler('x', [hook('start')], ({ leadership, data }) => {
      data.set('fact', 1);
      leadership.leaderSet({ key: 'value' });
    }),
  ];
  const main = runCharm(charm(handlers, { peer: 'cluster', status: () => active() }));
  juju.failing = 'relation-set';

  const result = await juju.hook(main, 'start');

  assert.equal(result.exitCode, 1);
  assert.equal(juju.data().get('fact'), undefined);
  assert.deepEqual(juju.statuses, []);
});

test('an error that cannot be logged is told together with why', async (t) => {
  const juju = new FakeJuju(t);
  juju.failing = 'juju-log';
  const failing = handler('x', [everyHook()], () => {
    throw new Error('first');
  });

  const result = await juju.hook(runCharm(charm([failing])), 'start');

  assert.equal(result.exitCode, 1);
  assert.match(String(result.error), /first.*juju-log/);
});

test('a program that Juju did not start says so and writes nothing', async (t) => {
  const juju = new FakeJuju(t);

  const result = await juju.run(runCharm(charm([])), { JUJU_UNIT_NAME: '' });

  assert.equal(result.exitCode, 1);
  assert.match(String(result.error), /JUJU_UNIT_NAME/);
  assert.deepEqual(juju.calls, []);
});

test('T33: HookExit(0) keeps what was written and skips the rest, also in a protocol', async (t) => {
  const juju = new FakeJuju(t);
  const leaves = handler('leaves', [hook('start')], ({ flags }) => {
    flags.set('a');
    throw new HookExit(0);
  });
  const skipped = handler('skipped', [when('a')], ({ flags }) => flags.set('b'));

  const result = await juju.hook(
    runCharm(charm([leaves, skipped], { status: () => active() })),
    'start',
  );

  assert.equal(result.exitCode, 0);
  assert.deepEqual(juju.data().entries('reactive.states.'), [['reactive.states.a', null]]);
  assert.deepEqual(juju.statuses, ['active ']);

  const early = defineCharm({
    name: 'app',
    services: () => undefined,
    handlers: [handler('never', [everyHook()], ({ flags }) => flags.set('b'))],
    endpoints: {
      db: () => ({
        manageFlags() {
          throw new HookExit();
        },
      }),
    },
  });
  assert.equal((await juju.hook(runCharm(early), 'start')).exitCode, 0);
  assert.equal(juju.data().has('reactive.states.b'), false);
});

test('HookExit with another code is a failure of that code', async (t) => {
  const juju = new FakeJuju(t);
  const leaves = handler('leaves', [hook('start')], ({ flags }) => {
    flags.set('a');
    throw new HookExit(7);
  });

  const result = await juju.hook(runCharm(charm([leaves])), 'start');

  assert.equal(result.exitCode, 7);
  assert.deepEqual(juju.data().entries('reactive.states.'), []);
  assert.match(juju.log.join(), /exit code 7/);
});

test('L2 W6: an event the charm does not know succeeds', async (t) => {
  const juju = new FakeJuju(t);

  assert.equal((await juju.hook(runCharm(charm([])), 'brand-new-event')).exitCode, 0);
  assert.equal((await juju.hook(runCharm(charm([])), 'cluster-changed', 'custom')).exitCode, 0);
});

test('H255: a custom event runs the handlers that name it', async (t) => {
  const juju = new FakeJuju(t);
  const handlers = [handler('x', [hook('topology-changed')], ({ flags }) => flags.set('a'))];

  await juju.hook(runCharm(charm(handlers)), 'topology-changed', 'custom');

  assert.equal(juju.data().has('reactive.states.a'), true);
});

test('2.1: in a restricted hook only handlers that name it run, and no status is set', async (t) => {
  const juju = new FakeJuju(t);
  const ran: string[] = [];
  const handlers = [
    handler('named', [hook('collect-metrics')], () => void ran.push('named')),
    handler('every', [everyHook()], () => void ran.push('every')),
    handler('flag', [whenNot('a')], () => void ran.push('flag')),
  ];

  juju.relate('cluster:0', 'app');

  const result = await juju.hook(
    runCharm(charm(handlers, { peer: 'cluster', status: () => active() })),
    'collect-metrics',
  );

  assert.equal(result.exitCode, 0);
  assert.deepEqual(ran, ['named']);
  assert.deepEqual(juju.calls, []);
});

test('the status is worked out after the handlers, and the leader speaks for the application', async (t) => {
  const juju = new FakeJuju(t);
  const main = runCharm(
    charm([handler('x', [hook('start')], ({ flags }) => flags.set('a'))], {
      status: ({ flags }) => (flags.isSet('a') ? active('served') : waiting('for start')),
      applicationStatus: () => blocked('no members'),
    }),
  );

  await juju.hook(main, 'start');
  juju.isLeader = false;
  await juju.hook(main, 'stop');

  assert.deepEqual(juju.statuses, [
    'active served',
    '--application blocked no members',
    'active served',
  ]);
});

test('a secret that was registered shows neither in the status nor in the log', async (t) => {
  const juju = new FakeJuju(t);
  const main = runCharm(
    charm(
      [
        handler('x', [everyHook()], ({ log }) => {
          log.redact('s3cr3t-password');
          log.info('the password is s3cr3t-password');
        }),
      ],
      { status: () => blocked('cannot use s3cr3t-password') },
    ),
  );

  await juju.hook(main, 'start');

  assert.doesNotMatch([...juju.statuses, ...juju.log].join(), /s3cr3t/);
});

test('E111: an action gives its results, and handlers of the flags it changed run', async (t) => {
  const juju = new FakeJuju(t);
  juju.parameters = { deep: true };
  const ran: string[] = [];
  const handlers = [
    handler('a', [when('a')], () => void ran.push('a')),
    handler('every', [everyHook()], () => void ran.push('every')),
    handler('b', [whenNot('b')], () => void ran.push('b')),
  ];
  const actions = {
    check: {
      run: (context: Context, parameters: Readonly<Record<string, unknown>>) => {
        context.flags.set('a');
        return { deep: String(parameters['deep']) };
      },
    },
    quiet: { run: () => {} },
  };
  const main = runCharm(charm(handlers, { actions }));

  assert.equal((await juju.hook(main, 'check', 'action')).exitCode, 0);
  assert.deepEqual(juju.actionResults, ['deep=true']);
  assert.deepEqual(ran, ['a']);
  assert.equal(juju.data().has('reactive.states.a'), true);

  await juju.hook(main, 'quiet', 'action');
  assert.deepEqual(ran, ['a'], 'an action that changed no flag runs no handler');
});

test('after an action a file it wrote is acted on, and what was prepared is not', async (t) => {
  const juju = new FakeJuju(t);
  const ran: string[] = [];
  const file = `${juju.path}.conf`;
  const { handler, when, whenFileChanged } = reactive<'prepared', undefined>();
  const app = defineCharm<'prepared', undefined, object>({
    name: 'app',
    services: () => undefined,
    endpoints: {
      db: (port: EndpointPort) => ({
        manageFlags: () => {
          port.flags.clear('prepared');
          port.flags.set('prepared');
        },
      }),
    },
    actions: { write: { run: () => writeFileSync(file, 'new') } },
    handlers: [
      handler('prepared', [when('prepared')], () => void ran.push('prepared')),
      handler('file', [whenFileChanged(file)], () => void ran.push('file')),
    ],
  });

  const result = await juju.hook(runCharm(app), 'write', 'action');

  assert.equal(result.exitCode, 0);
  assert.deepEqual(ran, ['file']);
});

test('an action that cannot be done fails with its sentence and keeps nothing', async (t) => {
  const juju = new FakeJuju(t);
  const actions = {
    promote: {
      run: ({ flags }: Context) => {
        flags.set('a');
        throw new ActionFailure('Not the leader');
      },
    },
  };
  const main = runCharm(charm([], { actions }));

  assert.equal((await juju.hook(main, 'promote', 'action')).exitCode, 0);
  assert.equal(juju.actionMessage, 'Not the leader');
  assert.equal(juju.data().has('reactive.states.a'), false);
  await juju.hook(main, 'toString', 'action');
  assert.equal(juju.actionMessage, "This charm has no action 'toString': it has promote");
  await juju.hook(runCharm(charm([])), 'x', 'action');
  assert.match(juju.actionMessage ?? '', /it has none/);
});

test('E112: a fault of the charm in an action exits with 1 and is logged', async (t) => {
  const juju = new FakeJuju(t);
  const actions = {
    check: { run: () => Promise.reject(new TypeError('undefined is not a function')) },
    leave: {
      run: ({ flags }: Context) => {
        flags.set('a');
      },
    },
  };
  const leaves = handler('leaves', [when('a')], () => {
    throw new HookExit(4);
  });
  const main = runCharm(charm([leaves], { actions }));

  assert.equal((await juju.hook(main, 'check', 'action')).exitCode, 1);
  assert.match(juju.actionMessage ?? '', /undefined is not a function. See juju debug-log/);
  assert.match(juju.log.join(), /TypeError/);
  assert.equal((await juju.hook(main, 'leave', 'action')).exitCode, 4);
});

test('the last hook is explained by an action and by a custom event, which change nothing', async (t) => {
  const juju = new FakeJuju(t);
  const handlers = [handler('x', [hook('start')], () => {}), handler('y', [when('a')], () => {})];
  const main = runCharm(charm(handlers));
  assert.equal((await juju.hook(main, 'explain', 'custom')).trace, undefined);
  await juju.hook(main, 'start');

  await juju.hook(main, 'explain', 'action');
  const event = await juju.hook(main, 'explain', 'custom');

  const text =
    'Handlers of the hook start\nRan:\n  hook: x (hook is start)\nNearly ran:\n  y (a is not set)';
  assert.deepEqual(juju.actionResults, [`explanation=${text}`]);
  assert.equal(explain(event.trace ?? null), text);
});

test('2.4: a trigger on leadership fires when leadership is lost, though nobody looks', async (t) => {
  const juju = new FakeJuju(t);
  const triggers = [trigger({ whenNot: 'leadership.is_leader', setFlag: 'b' })];
  const main = runCharm(charm([], { triggers }));
  await juju.hook(main, 'start');
  assert.equal(juju.data().has('reactive.states.b'), false);
  juju.isLeader = false;

  await juju.hook(main, 'update-status');

  assert.equal(juju.data().has('reactive.states.b'), true);
});

test('protocols manage their flags before the handlers and finish after them', async (t) => {
  const juju = new FakeJuju(t);
  juju.relate('db:1', 'client');
  const order: string[] = [];
  class Echo {
    readonly port: EndpointPort;
    constructor(port: EndpointPort) {
      this.port = port;
    }
    manageFlags(): void {
      order.push('manage');
      this.port.flags.set('db.ready');
    }
    afterHandlers(): void {
      order.push('after');
    }
  }
  const db = reactive<'db.ready', undefined, { db: Echo }>();
  const app = defineCharm<'db.ready', undefined, { db: Echo }>({
    name: 'app',
    services: () => undefined,
    endpoints: { db: (port) => new Echo(port) },
    handlers: [
      db.handler('x', [db.when('db.ready')], ({ endpoints }) => {
        order.push(endpoints.db.port.name);
        for (const relation of endpoints.db.port.relations) relation.setUnit({ hello: 'world' });
      }),
    ],
  });

  await juju.hook(runCharm(app), 'start');

  assert.deepEqual(order, ['manage', 'db', 'after']);
  assert.deepEqual(juju.relations['db:1']?.bags['app/0'], { hello: 'world' });
});

test('a host may bring the services, and the charm makes them otherwise', async (t) => {
  const juju = new FakeJuju(t);
  const seen: unknown[] = [];
  const { handler } = reactive<'a', string>();
  const app = defineCharm<'a', string, object>({
    name: 'app',
    endpoints: {},
    services: () => 'made',
    handlers: [
      handler(
        'x',
        [everyHook()],
        ({ services, now, config }) => void seen.push(services, now(), config),
      ),
    ],
  });
  juju.config = { port: 1 };

  await juju.hook((host) => runCharm(app)({ ...host, services: 'brought' }), 'start');
  // Only the services are taken away from the host, as a machine's own has none.
  await juju.hook(({ services: _services, ...host }) => runCharm(app)(host), 'start');

  assert.deepEqual(seen, ['brought', 1_000_000, { port: 1 }, 'made', 1_000_000, { port: 1 }]);
});
