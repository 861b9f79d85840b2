import assert from 'node:assert/strict';
import test from 'node:test';
import { defineCharm } from '#charm/charm.ts';
import type { Charm, CharmContext } from '#charm/charm.ts';
import type { HookMain } from '#charm/host.ts';
import { runCharm } from '#charm/main.ts';
import { LeadershipError } from '#charm/leadership/leadership-error.ts';
import { Leadership } from '#charm/leadership/leadership.ts';
import { FlagSet } from '#charm/reactive/flag-set.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import type { LeadershipFlags } from '#charm/reactive/reactive.ts';
import { FakeJuju } from '../fake-juju.ts';
import { memoryStore } from '../reactive/fixtures.ts';

type Context = CharmContext<LeadershipFlags, undefined>;
const { handler, everyHook } = reactive<LeadershipFlags, undefined>();

/** A charm that runs `probe` in every hook, with the leadership flags as they are before it. */
function probing(
  probe: (context: Context, flags: readonly string[]) => void,
  more: Partial<Charm<LeadershipFlags, undefined, object>> = {},
): HookMain<undefined, object> {
  const main = handler('probe', [everyHook()], (context) => probe(context, context.flags.list()));
  return runCharm(
    defineCharm<LeadershipFlags, undefined, object>({
      name: 'app',
      peer: 'cluster',
      endpoints: {},
      services: () => undefined,
      handlers: [main],
      ...more,
    }),
  );
}

function related(juju: FakeJuju, settings: Record<string, string> = {}): Record<string, string> {
  const relation = juju.relate('cluster:0', 'app');
  relation.bags['app'] = settings;
  return settings;
}

const flagsOf = (context: Context): readonly string[] =>
  context.flags.list().filter((flag) => flag.startsWith('leadership.'));

test('3: flags say who leads, what is set, and in one hook only what changed', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju, { master: 'app/0' });
  const seen: (readonly string[])[] = [];
  const main = probing((context) => void seen.push(flagsOf(context)));

  await juju.hook(main, 'install');
  await juju.hook(main, 'start');
  settings['master'] = 'app/1';
  juju.isLeader = false;
  await juju.hook(main, 'update-status');
  delete settings['master'];
  await juju.hook(main, 'update-status');
  await juju.hook(main, 'update-status');

  const changed = ['leadership.changed', 'leadership.changed.master'];
  assert.deepEqual(seen, [
    [...changed, 'leadership.is_leader', 'leadership.set.master'],
    ['leadership.is_leader', 'leadership.set.master'],
    [...changed, 'leadership.set.master'],
    changed,
    [],
  ]);
  assert.deepEqual(juju.data().entries('leadership.settings.'), []);
});

test('3: what the leader sets shows at once to itself, with its flags', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju, { kept: 'same', old: 'x' });
  let seen: unknown;
  const main = probing((context) => {
    const { leadership } = context;
    leadership.leaderSet({ kept: 'same', fresh: 'value', old: null });
    seen = {
      all: leadership.leaderGetAll(),
      flags: flagsOf(context),
      fresh: leadership.leaderGet('fresh'),
    };
  });
  await juju.hook(
    probing(() => {}),
    'install',
  );

  await juju.hook(main, 'start');

  assert.deepEqual(seen, {
    all: { kept: 'same', fresh: 'value' },
    flags: [
      'leadership.changed',
      'leadership.changed.fresh',
      'leadership.changed.old',
      'leadership.is_leader',
      'leadership.set.fresh',
      'leadership.set.kept',
    ],
    fresh: 'value',
  });
  assert.deepEqual(settings, { kept: 'same', fresh: 'value' });
  await juju.hook(
    probing((context) => void (seen = flagsOf(context))),
    'update-status',
  );
  assert.deepEqual(seen, ['leadership.is_leader', 'leadership.set.fresh', 'leadership.set.kept']);
});

test('3: what the leader sets counts as changed for the handlers that wait for it', () => {
  const store = memoryStore();
  const flags = new FlagSet(store, new Map(), ['leadership.changed']);
  const bag: Record<string, string> = {};
  const leadership = new Leadership({
    store,
    flags,
    applicationName: 'app',
    peerRelation: () => 'cluster:0',
    unflaggedPrefixes: [],
    tools: {
      isLeader: () => true,
      relationGet: () => bag,
      relationGetKey: () => null,
      relationSet: (_relation, change) => void Object.assign(bag, change),
    },
  });
  flags.addSource(leadership.flagSource());

  leadership.leaderSet({ one: '1', two: '2' });

  const changed = ['leadership.changed', 'leadership.changed.one', 'leadership.changed.two'];
  const set = ['leadership.set.one', 'leadership.set.two'];
  assert.deepEqual([...flags.takeChanges()].sort(), [...changed, ...set]);
});

test('3: setting what is set already changes nothing and writes nothing', async (t) => {
  const juju = new FakeJuju(t);
  related(juju, { key: 'value' });
  const seen: (readonly string[])[] = [];
  const main = probing((context) => {
    context.leadership.leaderSet({ key: 'value' });
    seen.push(flagsOf(context));
  });
  await juju.hook(main, 'install');

  await juju.hook(main, 'start');

  assert.deepEqual(seen[1], ['leadership.is_leader', 'leadership.set.key']);
  assert.ok(!juju.calls.some((call) => call.startsWith('relation-set')));
});

test('E63: a hook that fails after leaderSet leaves the old value, here and for everyone', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju, { key: 'old' });
  const seen: (readonly string[])[] = [];
  let fails = false;
  const main = probing((context) => {
    context.leadership.leaderSet({ key: fails ? 'new' : 'old' });
    seen.push(flagsOf(context));
    if (fails) throw new Error('later');
  });
  await juju.hook(main, 'install');

  fails = true;
  await juju.hook(main, 'start');
  await juju.hook(main, 'start');

  assert.deepEqual(settings, { key: 'old' });
  assert.ok(seen[2]?.includes('leadership.changed.key'), 'the retry raises the change again');
});

test('T42: an empty text takes a setting away, in the flags too', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju, { key: 'value' });
  let seen: unknown;
  const main = probing((context) => {
    context.leadership.leaderSet({ key: '' });
    seen = flagsOf(context);
  });
  await juju.hook(
    probing((context) => void flagsOf(context)),
    'install',
  );

  await juju.hook(main, 'start');

  assert.deepEqual(seen, ['leadership.changed', 'leadership.changed.key', 'leadership.is_leader']);
  assert.deepEqual(settings, {});
});

/** What `leaderSet` throws in a hook, as its code; null if it does not. */
async function refusal(juju: FakeJuju, change: Record<string, unknown>): Promise<unknown> {
  let code: unknown = null;
  let message = '';
  const main = probing(({ leadership }) => {
    try {
      leadership.leaderSet(change as Record<string, string>);
    } catch (error) {
      assert.ok(error instanceof LeadershipError);
      code = error.code;
      message = error.message;
    }
  });
  await juju.hook(main, 'start');
  assert.doesNotMatch(message, /hush/, 'values may be secrets');
  return code;
}

test('T42: keys and values Juju could not keep are refused', async (t) => {
  const juju = new FakeJuju(t);
  related(juju);

  assert.equal(await refusal(juju, { 'a=b': 'hush' }), 'INVALID_KEY');
  assert.equal(await refusal(juju, { 'a b': 'hush' }), 'INVALID_KEY');
  assert.equal(await refusal(juju, { '': 'hush' }), 'INVALID_KEY');
  assert.equal(await refusal(juju, { a: 5 }), 'INVALID_VALUE');
  assert.equal(await refusal(juju, { a: undefined }), 'INVALID_VALUE');
  assert.equal(await refusal(juju, { __proto__: null, a: 'x' }), null);
});

test('T25: a unit that does not lead cannot set, and nothing is half written', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju);
  juju.isLeader = false;

  assert.equal(await refusal(juju, { key: 'hush' }), 'NOT_LEADER');
  assert.deepEqual(settings, {});
});

test('L54: before the peer relation everything is empty and nothing can be set', async (t) => {
  const juju = new FakeJuju(t);
  const seen: unknown[] = [];
  await juju.hook(
    probing((context) => {
      const { leadership } = context;
      seen.push(leadership.leaderGetAll(), leadership.leaderGet('x'), leadership.leaderGetOne('x'));
      seen.push(flagsOf(context));
    }),
    'install',
  );

  assert.deepEqual(seen, [{}, null, null, ['leadership.is_leader']]);
  assert.equal(await refusal(juju, { key: 'hush' }), 'NO_PEER_RELATION');
});

test('the settings are there from relation-created of the peer relation on', async (t) => {
  const juju = new FakeJuju(t);
  await juju.hook(
    probing(() => {}),
    'install',
  );
  const settings = related(juju);
  const main = probing(({ leadership }) => leadership.leaderSet({ key: 'value' }));

  await juju.relationHook(main, { relation: 'cluster:0', event: 'created' });

  assert.deepEqual(settings, { key: 'value' });
});

test('a charm without a peer relation still knows who leads', async (t) => {
  const juju = new FakeJuju(t);
  let leads: unknown;
  const lone = defineCharm<LeadershipFlags, undefined, object>({
    name: 'app',
    endpoints: {},
    services: () => undefined,
    handlers: [
      handler('x', [everyHook()], ({ flags }) => {
        leads = flags.isSet('leadership.is_leader');
      }),
    ],
  });

  await juju.hook(runCharm(lone), 'install');

  assert.equal(leads, true);
});

test('keys left out of the flags are still read, one at a time if wished', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju, { 'store/1': 'x', 'store/2': 'y', master: 'app/0' });
  let seen: unknown;
  const lazy = handler('x', [everyHook()], (context: Context) => {
    const one = context.leadership.leaderGetOne('store/2');
    const calls = [...juju.calls];
    context.leadership.leaderSet({ 'store/3': 'z' });
    seen = { one, calls, flags: flagsOf(context) };
  });
  const main = probing(() => {}, { unflaggedLeaderKeys: ['store/'], handlers: [lazy] });
  await juju.hook(
    probing(() => {}, { unflaggedLeaderKeys: ['store/'], handlers: [] }),
    'install',
  );

  await juju.hook(main, 'start');

  assert.deepEqual(seen, {
    one: 'y',
    calls: ['relation-get -r cluster:0 --app store/2 app'],
    flags: [
      'leadership.changed',
      'leadership.changed.master',
      'leadership.is_leader',
      'leadership.set.master',
    ],
  });
  assert.equal(settings['store/3'], 'z');
  assert.deepEqual(juju.data().entries('leadership.settings.'), [
    ['leadership.settings.master', 'app/0'],
  ]);
});

test('T43: leadership is asked for anew in every hook', async (t) => {
  const juju = new FakeJuju(t);
  const answers: boolean[] = [];
  const main = probing(({ leadership }) => void answers.push(leadership.isLeader()));

  for (const leads of [true, false, true]) {
    juju.isLeader = leads;
    await juju.hook(main, 'update-status');
  }

  assert.deepEqual(answers, [true, false, true]);
});

test('acceptance 5: a unit that only follows sees a change in whatever hook runs next, once', async (t) => {
  const juju = new FakeJuju(t);
  const settings = related(juju);
  juju.isLeader = false;
  const seen: boolean[] = [];
  const main = probing(({ flags }) => void seen.push(flags.isSet('leadership.changed.master')));
  await juju.hook(main, 'install');
  settings['master'] = 'app/1';

  await juju.hook(main, 'config-changed');
  await juju.relationHook(main, { relation: 'cluster:0', event: 'changed' });

  assert.deepEqual(seen, [false, true, false]);
});
