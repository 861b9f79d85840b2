import assert from 'node:assert/strict';
import test from 'node:test';
import { defineCharm } from '#charm/charm.ts';
import type { CharmDefinition } from '#charm/charm.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import type { ConfigFlags, EndpointFlags, LeadershipFlags } from '#charm/reactive/reactive.ts';

type Flags = 'ready' | LeadershipFlags | ConfigFlags<'port'> | EndpointFlags<'db'>;
const { handler, when, whenNot, trigger, hook, everyHook } = reactive<Flags, undefined>();
const nothing = (): void => {};

function definition(
  more: Partial<CharmDefinition<Flags, undefined, object>>,
): CharmDefinition<Flags, undefined, object> {
  return { name: 'app', endpoints: {}, handlers: [], services: () => undefined, ...more };
}

test('T38: two handlers of one id are refused', () => {
  const handlers = [handler('x', [everyHook()], nothing), handler('x', [when('ready')], nothing)];

  assert.throws(() => defineCharm(definition({ handlers })), /two handlers have the id 'x'/);
});

test('2.5: a hook pattern that cannot be read, or names roles nobody gave, is refused at once', () => {
  const bad = [handler('x', [hook('config-{changed')], nothing)];
  const roleless = [handler('x', [hook('{provides:pgsql}-relation-joined')], nothing)];
  const roles = { db: { role: 'provides', interface: 'pgsql' } } as const;

  assert.throws(() => defineCharm(definition({ handlers: bad })), TypeError);
  assert.throws(() => defineCharm(definition({ handlers: roleless })), /roles are not given/);
  assert.equal(defineCharm(definition({ handlers: roleless, roles })).name, 'app');
});

test('a misspelt flag does not compile', () => {
  // The lines that must not compile are the test: the compiler reports an expectation without error.
  const accepted = [
    when('ready', 'leadership.set.password'),
    whenNot('config.changed.port', 'endpoint.db.changed.host'),
    trigger({ when: 'leadership.changed', setFlag: 'ready' }),
  ];
  const refused = [
    // @ts-expect-error a flag with a letter missing
    when('redy'),
    // @ts-expect-error an option the charm does not have
    whenNot('config.changed.prot'),
    // @ts-expect-error a family that is not declared
    when('leadership.sett.password'),
    // @ts-expect-error an effect on an unknown flag
    trigger({ when: 'ready', setFlag: 'nothing' }),
    handler('x', [everyHook()], ({ flags }) => {
      // @ts-expect-error a flag set by a wrong name
      flags.set('raedy');
    }),
  ];

  assert.equal(accepted.length + refused.length, 8);
  // @ts-expect-error no flags at all
  assert.throws(() => when(), TypeError);
});
