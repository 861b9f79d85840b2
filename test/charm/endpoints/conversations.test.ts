import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type {
  EndpointPort,
  RelationEventPort,
  RelationPort,
  Settings,
  SettingsChange,
} from '#interfaces/ports.ts';
import { Conversations } from '#charm/endpoints/conversations.ts';
import type { ConversationScope } from '#charm/endpoints/conversations.ts';
import type { Conversation } from '#charm/endpoints/conversation.ts';
import { FlagSet } from '#charm/reactive/flag-set.ts';
import { memoryStore } from '../reactive/fixtures.ts';
import type { MemoryStore } from '../reactive/fixtures.ts';

interface World {
  readonly store: MemoryStore;
  readonly flags: FlagSet;
  readonly bags: Record<string, Settings>;
  readonly written: (readonly [string, SettingsChange])[];
}

function world(): World {
  const store = memoryStore();
  return { store, flags: new FlagSet(memoryStore()), bags: {}, written: [] };
}

function relation(on: World, id: number, application: string): RelationPort {
  return {
    name: `db:${id}`,
    id,
    endpoint: 'db',
    remoteApplication: application,
    remoteUnits: [],
    remoteUnitSettings: (unit) => on.bags[`db:${id} ${unit}`] ?? {},
    remoteApplicationSettings: () => ({}),
    ownUnitSettings: () => ({}),
    ownApplicationSettings: () => null,
    setUnit: (change) => void on.written.push([`db:${id}`, change]),
    setApplication: () => assert.fail('not used'),
  };
}

interface Step {
  readonly kind: RelationEventPort['kind'];
  readonly id: number;
  readonly unit?: string;
}

/** One hook's conversations; `step` null is a hook of no relation. */
function hook(on: World, scope: ConversationScope, step: Step | null): Conversations {
  const application = (unit: string): string => unit.split('/')[0] ?? '';
  const event: RelationEventPort | null =
    step === null
      ? null
      : {
          kind: step.kind,
          relation: relation(on, step.id, application(step.unit ?? 'client/0')),
          remoteUnit: step.unit ?? '',
          departingUnit: '',
        };
  const port: EndpointPort = {
    name: 'db',
    localUnit: 'app/0',
    localApplication: 'app',
    relations: [],
    relation: (id) => relation(on, id, 'client'),
    event,
    isLeader: () => true,
    flags: on.flags,
    store: on.store,
    warn: () => {},
  };
  return new Conversations(port, on.flags, scope);
}

function join(on: World, scope: ConversationScope, id: number, unit: string): Conversation {
  const found = hook(on, scope, { kind: 'joined', id, unit }).join();
  assert.ok(found !== null);
  return found;
}

test('2.8: the scope decides who is talked to as one', () => {
  const keys = (scope: ConversationScope): readonly string[] => {
    const on = world();
    join(on, scope, 1, 'shop/0');
    join(on, scope, 1, 'shop/1');
    join(on, scope, 2, 'shop/0');
    return hook(on, scope, null)
      .all()
      .map((one) => `${one.key} (${one.units.join(' ')})`);
  };

  assert.deepEqual(keys('unit'), [
    'db:1.shop/0 (shop/0)',
    'db:1.shop/1 (shop/1)',
    'db:2.shop/0 (shop/0)',
  ]);
  assert.deepEqual(keys('service'), ['db:1.shop (shop/0 shop/1)', 'db:2.shop (shop/0)']);
  assert.deepEqual(keys('global'), ['db.global (shop/0 shop/1)']);
});

test('2.8: a flag stands for its conversations and is cleared with the last of them', () => {
  const on = world();
  const one = join(on, 'service', 1, 'shop/0');
  const other = join(on, 'service', 2, 'shop/0');

  one.setState('{relation_name}.requested');
  other.setState('db.requested');
  other.setState('db.requested');

  assert.deepEqual(on.flags.value('db.requested'), {
    relation: 'db',
    conversations: ['db:1.shop', 'db:2.shop'],
  });
  assert.deepEqual(
    hook(on, 'service', null)
      .behind('db.requested')
      .map((each) => each.key),
    ['db:1.shop', 'db:2.shop'],
  );
  one.removeState('db.requested');
  one.removeState('db.requested');
  assert.equal(one.isState('db.requested'), false);
  assert.equal(other.isState('db.requested'), true);
  other.toggleState('db.requested');
  assert.equal(on.flags.isSet('db.requested'), false);
  other.toggleState('db.requested');
  other.toggleState('db.requested', true);
  assert.equal(on.flags.isSet('db.requested'), true);
});

test('2.8: a second conversation behind a set flag is no change of the flag', () => {
  const on = world();
  join(on, 'service', 1, 'shop/0').setState('db.requested');
  on.flags.takeChanges();

  join(on, 'service', 2, 'blog/0').setState('db.requested');

  assert.deepEqual([...on.flags.takeChanges()], []);
});

test('T41: behind a flag that was set by hand stands no conversation', () => {
  const on = world();
  join(on, 'service', 1, 'shop/0');
  on.flags.set('db.requested');

  assert.deepEqual(hook(on, 'service', null).behind('db.requested'), []);
});

test('2.8: values are the first that are not empty, relation by relation in numerical order', () => {
  const on = world();
  join(on, 'global', 10, 'shop/0');
  const all = join(on, 'global', 9, 'blog/0');
  on.bags['db:9 blog/0'] = { host: '' };
  on.bags['db:10 shop/0'] = { host: 'ten', port: '1' };

  assert.equal(all.getRemote('host'), 'ten');
  on.bags['db:9 blog/0'] = { host: 'nine' };
  assert.equal(all.getRemote('host'), 'nine');
  assert.equal(all.getRemote('missing'), null);
  assert.equal(all.getRemote('missing', 'else'), 'else');
  assert.equal(all.getRemote('constructor'), null);
});

test('2.8: what is said goes to every relation of the conversation', () => {
  const on = world();
  join(on, 'global', 10, 'shop/0');
  join(on, 'global', 9, 'blog/0').setRemote({ database: 'x', roles: null });

  assert.deepEqual(on.written, [
    ['db:9', { database: 'x', roles: null }],
    ['db:10', { database: 'x', roles: null }],
  ]);
});

test('2.8: the departing unit is still part of it in its hook, and gone afterwards', () => {
  const on = world();
  const facts = join(on, 'service', 1, 'shop/0');
  join(on, 'service', 1, 'shop/1');
  facts.setState('db.served');
  facts.setLocal('database', { name: 'shop' });
  facts.setLocal('gone', 1);
  facts.setLocal('gone', null);
  on.bags['db:1 shop/0'] = { roles: 'r' };

  const departing = hook(on, 'service', { kind: 'departed', id: 1, unit: 'shop/0' });
  assert.equal(departing.join()?.getRemote('roles'), 'r');
  departing.depart();

  const left = hook(on, 'service', null).conversation('shop');
  assert.deepEqual(left.units, ['shop/1']);
  assert.deepEqual(left.getLocal('database'), { name: 'shop' });
  assert.equal(left.getLocal('gone'), undefined);

  hook(on, 'service', { kind: 'departed', id: 1, unit: 'shop/1' }).depart();
  assert.equal(on.flags.isSet('db.served'), false);
  assert.deepEqual([...on.store.rows], []);
});

test('T20: broken ends the conversations of that relation and no other', () => {
  const on = world();
  join(on, 'service', 1, 'shop/0').setState('db.served');
  join(on, 'service', 2, 'shop/0').setState('db.served');

  hook(on, 'service', { kind: 'broken', id: 1 }).depart();

  assert.deepEqual(
    hook(on, 'service', null)
      .all()
      .map((one) => one.key),
    ['db:2.shop'],
  );
  assert.deepEqual(on.flags.value('db.served'), { relation: 'db', conversations: ['db:2.shop'] });
});

test('T23: an event without a unit begins no conversation', () => {
  const on = world();

  for (const kind of ['created', 'changed', 'broken'] as const) {
    assert.equal(hook(on, 'unit', { kind, id: 1 }).join(), null);
  }
  assert.equal(hook(on, 'unit', { kind: 'departed', id: 1, unit: 'shop/0' }).join(), null);
  assert.deepEqual([...on.store.rows], []);
});

test('#61: one of several relations of an application has to be named', () => {
  const on = world();
  join(on, 'service', 1, 'shop/0');
  join(on, 'service', 2, 'shop/0');
  const conversations = hook(on, 'service', { kind: 'changed', id: 2, unit: 'shop/0' });

  assert.equal(conversations.conversation().key, 'db:2.shop');
  assert.equal(conversations.conversation('shop', 'db:1').key, 'db:1.shop');
  assert.throws(() => conversations.conversation('shop'), /there are 2 \(db:1, db:2\)/);
  assert.throws(() => conversations.conversation('blog'), /no unit of it has joined/);
  assert.throws(() => hook(on, 'service', null).conversation(), /this hook is about no service/);
  assert.throws(() => hook(on, 'unit', { kind: 'broken', id: 1 }).conversation(), RangeError);
  join(on, 'global', 1, 'shop/0');
  assert.equal(hook(on, 'global', null).conversation().key, 'db.global');
});

test('property: whoever joins and departs in whatever order, nobody stays behind', () => {
  const scope = fc.constantFrom<ConversationScope>('unit', 'service', 'global');
  const step = fc.record({
    joins: fc.boolean(),
    id: fc.integer({ min: 1, max: 3 }),
    unit: fc.constantFrom('shop/0', 'shop/1', 'blog/0'),
    flag: fc.constantFrom('db.a', 'db.b'),
  });
  fc.assert(
    fc.property(scope, fc.array(step, { maxLength: 30 }), (of, steps) => {
      const on = world();
      const there = new Set<string>();
      for (const { joins, id, unit, flag } of steps) {
        const kind = joins ? 'joined' : 'departed';
        const conversations = hook(on, of, { kind, id, unit });
        const found = conversations.join();
        found?.setState(flag);
        found?.setLocal('fact', id);
        conversations.depart();
        if (joins) there.add(`${id} ${unit}`);
        else there.delete(`${id} ${unit}`);
        const known = hook(on, of, null)
          .all()
          .flatMap((one) => Object.entries(one.row().members))
          .flatMap(([name, units]) => units.map((each) => `${name.slice(3)} ${each}`));
        assert.deepEqual(known.sort(), [...there].sort());
      }
      for (const each of there) {
        const [id = '', unit = ''] = each.split(' ');
        hook(on, of, { kind: 'departed', id: Number(id), unit }).depart();
      }
      assert.deepEqual([...on.store.rows], []);
      assert.deepEqual(on.flags.list(), []);
    }),
    { numRuns: 200 },
  );
});
