import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { ReactiveError } from '#charm/reactive/errors.ts';
import { FlagSet } from '#charm/reactive/flag-set.ts';
import type { FlagSource } from '#charm/reactive/flag-set.ts';
import { states } from '#charm/reactive/compat.ts';
import { trigger, triggerTable } from '#charm/reactive/triggers.ts';
import type { Trigger, TriggerOptions } from '#charm/reactive/triggers.ts';
import { memoryStore } from './fixtures.ts';

function flagSet(
  triggers: readonly Trigger[] = [],
  sources: readonly FlagSource[] = [],
  volatile: readonly string[] = [],
): FlagSet {
  const flags = new FlagSet(memoryStore(), triggerTable(triggers), volatile);
  for (const source of sources) flags.addSource(source);
  return flags;
}

test('2.3: a flag is set at once, listed in order, and gone when cleared', () => {
  const flags = flagSet();

  flags.set('b');
  flags.set('a');

  assert.deepEqual(flags.list(), ['a', 'b']);
  assert.equal(flags.allSet('a', 'b'), true);
  assert.deepEqual(flags.unset('z', 'a', 'c'), ['c', 'z']);
  flags.clear('a');
  assert.equal(flags.isSet('a'), false);
  assert.equal(flags.anySet('a', 'b'), true);
});

test('2.3: all of no flags are set and any of none is not', () => {
  const flags = flagSet();

  assert.equal(flags.allSet(), true);
  assert.equal(flags.anySet(), false);
});

test('2.3: toggle sets or clears by its argument and never inverts', () => {
  const flags = flagSet();

  flags.toggle('a', true);
  flags.toggle('a', true);
  assert.equal(flags.isSet('a'), true);
  flags.toggle('a', false);
  flags.toggle('a', false);
  assert.equal(flags.isSet('a'), false);
});

test('2.3: flags and their values are kept for the next hook', () => {
  const store = memoryStore();
  new FlagSet(store).set('app.ready', { since: 3 });
  new FlagSet(store).set('plain');

  const later = new FlagSet(store);

  assert.deepEqual(later.value('app.ready'), { since: 3 });
  assert.equal(later.value('plain'), null);
  assert.equal(later.value('other'), undefined);
  assert.deepEqual([...store.rows.keys()], ['reactive.states.app.ready', 'reactive.states.plain']);
});

test('T36: setting a set flag updates its value, fires nothing and is no change', () => {
  const fired: string[] = [];
  const flags = flagSet([trigger({ when: 'a', callback: () => fired.push('a') })]);
  flags.set('a', 1);
  flags.takeChanges();

  flags.set('a', 2);

  assert.equal(flags.value('a'), 2);
  assert.deepEqual(fired, ['a']);
  assert.deepEqual([...flags.takeChanges()], []);
});

test('T35: clearing an unset flag fires nothing and is no change, but the queue is tested again', () => {
  const flags = flagSet([trigger({ whenNot: 'a', setFlag: 'fired' })]);

  flags.clear('a');

  assert.equal(flags.isSet('fired'), false);
  assert.deepEqual([...flags.takeChanges()], []);
  assert.equal(flags.takeCleared(), true);
  assert.equal(flags.takeCleared(), false);
});

test('2.6: a flag set and cleared again counts as changed', () => {
  const flags = flagSet();

  flags.set('a');
  flags.clear('a');

  assert.deepEqual([...flags.takeChanges()], ['a']);
});

test('2.4: effects happen at once: sets, then clears, then callbacks, and they recurse', () => {
  const order: string[] = [];
  const note = (what: string) => () => void order.push(what);
  const flags = flagSet([
    trigger({ when: 'a', callback: note('callback') }),
    trigger({ when: 'a', clearFlag: ['x'], setFlag: 'b' }),
    trigger({ when: 'b', setFlag: 'c', callback: note('b is set') }),
    trigger({ whenNot: 'x', callback: note('x is unset') }),
  ]);
  flags.set('x');

  flags.set('a');

  assert.deepEqual(order, ['b is set', 'x is unset', 'callback']);
  assert.deepEqual(flags.list(), ['a', 'b', 'c']);
});

test('2.4: a flag that clears itself through another is allowed', () => {
  const flags = flagSet([
    trigger({ when: 'a', setFlag: 'b' }),
    trigger({ when: 'b', clearFlag: 'a' }),
  ]);

  flags.set('a');

  assert.deepEqual(flags.list(), ['b']);
});

test('2.4: the same effect registered twice happens once', () => {
  let calls = 0;
  const callback = (): void => void (calls += 1);
  const flags = flagSet([trigger({ when: 'a', callback }), trigger({ when: 'a', callback })]);

  flags.set('a');

  assert.equal(calls, 1);
});

test('T37: a trigger needs exactly one cause and at least one effect', () => {
  const make = (options: object) => () => trigger(options as TriggerOptions<string>);

  assert.throws(make({ setFlag: 'a' }), /no cause given/);
  assert.throws(make({ when: 'a', whenNot: 'b', setFlag: 'c' }), /both when 'a' and whenNot 'b'/);
  assert.throws(make({ when: 'a' }), /no effect/);
  assert.throws(make({ when: 'a', setFlag: [] }), TypeError);
});

test('T37: a cycle of triggers is refused and named', () => {
  const flags = flagSet([
    trigger({ when: 'a', clearFlag: 'a' }),
    trigger({ whenNot: 'a', setFlag: 'a' }),
  ]);

  assert.throws(
    () => flags.set('a'),
    (error) =>
      error instanceof ReactiveError &&
      error.code === 'TRIGGER_CYCLE' &&
      error.message.includes('set a -> clear a -> set a'),
  );
});

test('triggers that double at every step are stopped, not run for ever', () => {
  const levels = Array.from({ length: 30 }, (_, level) => level);
  const flags = flagSet(
    levels.flatMap((level) => [
      trigger({ when: `f${level}`, setFlag: `f${level + 1}`, clearFlag: `f${level + 1}` }),
      trigger({ whenNot: `f${level}`, setFlag: `f${level + 1}`, clearFlag: `f${level + 1}` }),
    ]),
  );

  assert.throws(() => flags.set('f0'), /more than 1000 changes/);
});

test('many changes one after the other are no cycle', () => {
  const flags = flagSet([
    trigger({ when: 'a', setFlag: 'b' }),
    trigger({ whenNot: 'a', clearFlag: 'b' }),
  ]);

  for (let times = 0; times < 1200; times += 1) flags.toggle('a', times % 2 === 0);

  assert.equal(flags.isSet('b'), false);
});

test('after a refused cycle the triggers work again', () => {
  const flags = flagSet([
    trigger({ when: 'bad', clearFlag: 'bad' }),
    trigger({ whenNot: 'bad', setFlag: 'bad' }),
    trigger({ when: 'good', setFlag: 'fine' }),
  ]);
  assert.throws(() => flags.set('bad'));

  flags.set('good');

  assert.equal(flags.isSet('fine'), true);
});

test('property: whatever the triggers are, setting a flag ends, in a state or in an error', () => {
  const flag = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const effect = fc.record({
    cause: fc.constantFrom<'when' | 'whenNot'>('when', 'whenNot'),
    flag,
    setFlag: fc.array(flag, { maxLength: 2 }),
    clearFlag: fc.array(flag, { minLength: 1, maxLength: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(effect, { maxLength: 8 }),
      fc.array(flag, { maxLength: 6 }),
      (rows, steps) => {
        const flags = flagSet(
          rows.map((row) =>
            row.cause === 'when'
              ? trigger({ when: row.flag, setFlag: row.setFlag, clearFlag: row.clearFlag })
              : trigger({ whenNot: row.flag, setFlag: row.setFlag, clearFlag: row.clearFlag }),
          ),
        );
        for (const step of steps) {
          try {
            flags.toggle(step, !flags.isSet(step));
          } catch (error) {
            assert.ok(error instanceof ReactiveError && error.code === 'TRIGGER_CYCLE');
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a derived flag is asked for only when somebody looks at it, and once', () => {
  let asked = 0;
  const source: FlagSource = {
    family: 'config',
    fill(flags) {
      asked += 1;
      flags.set('config.set.port');
    },
  };
  const flags = flagSet([], [source]);

  assert.equal(flags.isSet('configured'), false);
  assert.equal(flags.peek('config.set.port'), undefined);
  assert.equal(asked, 0);
  assert.equal(flags.isSet('config.set.port'), true);
  assert.equal(flags.peek('config.set.port'), true);
  assert.deepEqual(flags.list(), ['config.set.port']);
  assert.equal(asked, 1);
  assert.deepEqual([...flags.takeChanges()], [], 'learning what holds is no change');
});

test('a trigger on a derived flag fires though nobody asks for the flag', () => {
  const source: FlagSource = {
    family: 'leadership',
    fill: (flags) => flags.set('leadership.is_leader'),
  };

  const flags = flagSet([trigger({ when: 'leadership.is_leader', setFlag: 'lead' })], [source]);
  assert.equal(flags.peek('leadership.is_leader'), undefined);
  flags.askForTriggers();

  assert.equal(flags.peek('lead'), true);
});

test('flags of a volatile family are never stored', () => {
  const store = memoryStore();
  const flags = new FlagSet(store, new Map(), ['endpoint.db.changed']);

  flags.set('endpoint.db.changed');
  flags.set('endpoint.db.changed.host');
  flags.set('endpoint.db.changedelse');

  assert.deepEqual([...store.rows.keys()], ['reactive.states.endpoint.db.changedelse']);
  assert.equal(flags.isSet('endpoint.db.changed.host'), true);
});

test('the older names do the same', () => {
  const flags = flagSet();
  const { setState, removeState, toggleState, isState, allStates, anyStates, getStates } =
    states(flags);

  setState('a', 1);
  toggleState('b', true);
  setState('c');
  removeState('c');

  assert.equal(isState('a'), true);
  assert.equal(allStates('a', 'b'), true);
  assert.equal(anyStates('c', 'd'), false);
  assert.deepEqual(
    [...getStates()],
    [
      ['a', 1],
      ['b', null],
    ],
  );
});
