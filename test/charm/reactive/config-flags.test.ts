import assert from 'node:assert/strict';
import test from 'node:test';
import { configFlags } from '#charm/reactive/config-flags.ts';
import type { ConfigDefaults } from '#charm/reactive/config-flags.ts';
import { FlagSet } from '#charm/reactive/flag-set.ts';
import type { Config } from '#charm/tools/config-tools.ts';
import { memoryStore } from './fixtures.ts';
import type { MemoryStore } from './fixtures.ts';

function flags(
  store: MemoryStore,
  config: Config,
  defaults: ConfigDefaults | null = null,
): readonly string[] {
  const set = new FlagSet(store, new Map(), ['config']);
  set.addSource(configFlags(store, () => config, defaults));
  return set.list();
}

test('2.3: at first every option has changed, later only what differs', () => {
  const store = memoryStore();

  assert.deepEqual(flags(store, { port: 5432, name: 'x' }), [
    'config.changed',
    'config.changed.name',
    'config.changed.port',
    'config.set.name',
    'config.set.port',
  ]);
  assert.deepEqual(flags(store, { port: 5433, name: 'x' }).slice(0, 2), [
    'config.changed',
    'config.changed.port',
  ]);
  assert.deepEqual(flags(store, { port: 5433, name: 'x' }), ['config.set.name', 'config.set.port']);
});

test('2.3: set goes by truth, so 0, false and an empty text are not set', () => {
  const store = memoryStore();
  flags(store, { zero: 0, no: false, empty: '', yes: true });

  assert.deepEqual(flags(store, { zero: 0, no: false, empty: '', yes: true }), ['config.set.yes']);
});

test('2.3: default holds while an option has the value the charm declares', () => {
  const store = memoryStore();
  const defaults = { port: 5432, name: null };
  flags(store, { port: 5432, name: 'x', other: 1 }, defaults);

  assert.deepEqual(flags(store, { port: 5432, name: 'x', other: 1 }, defaults), [
    'config.default.port',
    'config.set.name',
    'config.set.other',
    'config.set.port',
  ]);
});

test('an option that was reset to no value has changed', () => {
  const store = memoryStore();
  flags(store, { name: 'x' }, { name: null });

  assert.deepEqual(flags(store, {}, { name: null }), ['config.changed', 'config.changed.name']);
  flags(store, { name: 'x' });
  assert.deepEqual(flags(store, {}), ['config.changed', 'config.changed.name']);
});

test('T47: an option the charm no longer has is no change', () => {
  const store = memoryStore();
  flags(store, { old: 'x', name: 'y' }, { old: '', name: '' });

  assert.deepEqual(flags(store, { name: 'y' }, { name: '' }), ['config.set.name']);
});

test('2.3: the flags are gone in the next hook unless somebody asks again', () => {
  const store = memoryStore();
  flags(store, { name: 'x' });

  assert.deepEqual([...store.rows.keys()], ['config.previous']);
});
