import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { CachedTools } from '#charm/tools/cached-tools.ts';
import { createCachedTools } from '#charm/tools/cached-tools.ts';
import { createHookTools } from '#charm/tools/hook-tools.ts';
import type { Call, RecordingRunner, Script } from './recording-runner.ts';
import { recordingRunner } from './recording-runner.ts';

interface Cached {
  readonly tools: CachedTools;
  readonly runner: RecordingRunner;
  now: number;
}

function cached(script: Script): Cached {
  const runner = recordingRunner(script);
  const result: Cached = {
    runner,
    now: 1_000,
    tools: createCachedTools(createHookTools(runner), {
      unitName: 'app/0',
      applicationName: 'app',
      now: () => result.now,
    }),
  };
  return result;
}

/** Bags of the unit, its application and a remote unit; is-leader says true. */
function withBags(bags: Readonly<Record<string, Readonly<Record<string, string>>>>): Script {
  return ({ tool, args }: Call) => {
    if (tool === 'is-leader') return 'true';
    if (tool !== 'relation-get') return '';
    const bag = bags[args.at(-1) ?? ''] ?? {};
    const key = args.at(-2) ?? '-';
    return JSON.stringify(key === '-' ? bag : (bag[key] ?? null));
  };
}

test('a bag, the config, a list of relations and of units are each read once', () => {
  const { tools, runner } = cached(({ tool }) => (/-(list|ids)$/.test(tool) ? '[]' : '{}'));

  for (let round = 0; round < 2; round += 1) {
    tools.configGet();
    tools.relationIds('db');
    tools.relationList('db:1');
    tools.relationGet('db:1', 'client/0');
    tools.networkGet('db', { relation: 'db:1' });
    tools.storageList();
    tools.storageGet('pgdata/0');
    tools.actionGet();
    tools.relationModelGet('db:1');
  }

  assert.equal(runner.calls.length, 9);
});

test('other arguments are another question', () => {
  const { tools, runner } = cached(({ tool }) => (tool === 'unit-get' ? '"10.0.0.1"' : '[]'));

  tools.relationIds('db');
  tools.relationIds('db-admin');
  tools.unitGet('private-address');
  tools.unitGet('public-address');

  assert.equal(runner.calls.length, 4);
});

test('the remote application is asked for once', () => {
  const { tools, runner } = cached(() => '"client"');

  assert.equal(tools.relationRemoteApplication('db:1'), 'client');
  assert.equal(tools.relationRemoteApplication('db:1'), 'client');
  assert.equal(runner.calls.length, 1);
});

test('a failed read is tried again', () => {
  const { tools, runner } = cached(() => ({ code: 1, stderr: 'ERROR x' }));

  assert.throws(() => tools.configGet());
  assert.throws(() => tools.configGet());
  assert.equal(runner.calls.length, 2);
});

test('D4: false of is-leader holds for the whole hook', () => {
  const state = cached(() => 'false');

  state.tools.isLeader();
  state.now += 60_000;

  assert.equal(state.tools.isLeader(), false);
  assert.equal(state.runner.calls.length, 1);
});

test('D3, W10: true of is-leader is believed for ten seconds, then asked again', () => {
  const state = cached(() => (state.runner.calls.length < 2 ? 'true' : 'false'));

  assert.equal(state.tools.isLeader(), true);
  state.now += 9_999;
  assert.equal(state.tools.isLeader(), true);
  assert.equal(state.runner.calls.length, 1);
  state.now += 1;
  assert.equal(state.tools.isLeader(), false);
  assert.equal(state.runner.calls.length, 2);
});

test('a clock that went back does not keep leadership alive', () => {
  const state = cached(() => 'true');

  state.tools.isLeader();
  state.now -= 1;
  state.tools.isLeader();

  assert.equal(state.runner.calls.length, 2);
});

test('H75: own writes are visible at once, to whole reads and to reads of a key', () => {
  const { tools } = cached(withBags({ 'app/0': { a: '1', b: '2' } }));

  tools.relationSet('db:1', { a: '3', b: null, c: '4' });

  assert.deepEqual(tools.relationGet('db:1', 'app/0'), { a: '3', c: '4' });
  assert.equal(tools.relationGetKey('db:1', 'app/0', 'a'), '3');
  assert.equal(tools.relationGetKey('db:1', 'app/0', 'b'), null);
  assert.equal(tools.relationGetKey('db:1', 'app/0', 'd'), null);
});

test('a write to one bag is not seen in another', () => {
  const { tools } = cached(withBags({}));

  tools.relationSet('db:1', { a: '3' });

  assert.deepEqual(tools.relationGet('db:2', 'app/0'), {});
  assert.deepEqual(tools.relationGet('db:1', 'app'), {});
  assert.equal(tools.relationGetKey('db:1', 'app', 'a'), null);
});

test('a single key is read once, and from the bag where that is known', () => {
  const { tools, runner } = cached(withBags({ app: { k: 'v' } }));

  assert.equal(tools.relationGetKey('db:1', 'app', 'k'), 'v');
  assert.equal(tools.relationGetKey('db:1', 'app', 'k'), 'v');
  assert.equal(tools.relationGetKey('db:1', 'app', 'none'), null);
  assert.equal(tools.relationGetKey('db:1', 'app', 'none'), null);
  assert.equal(runner.calls.length, 2);
  tools.relationGet('db:1', 'app');
  assert.equal(tools.relationGetKey('db:1', 'app', 'other'), null);
  assert.equal(tools.relationGetKey('db:1', 'app', 'constructor'), null);
  assert.equal(runner.calls.length, 3);
});

test('T48, T49: a flush is one relation-set a bag with only the keys that differ', () => {
  const { tools, runner } = cached(withBags({ 'app/0': { same: '1', other: '2' }, app: {} }));

  tools.relationSet('db:1', { same: '1', other: '3' });
  tools.relationSet('db:1', { gone: null, added: 'x' });
  tools.relationSet('db:1', { leader: 'y' }, { application: true });
  tools.flush();

  const writes = runner.calls.filter(({ tool }) => tool === 'relation-set');
  assert.deepEqual(
    writes.map(({ stdin }) => stdin),
    ['{"other": "3", "added": "x"}', '{"leader": "y"}'],
  );
  assert.deepEqual(tools.relationGet('db:1', 'app/0'), { same: '1', other: '3', added: 'x' });
});

test('T48: a flush without a difference runs no relation-set', () => {
  const { tools, runner } = cached(withBags({ 'app/0': { a: '1' } }));

  tools.relationSet('db:1', { a: '2' });
  tools.relationSet('db:1', { a: '1' });
  tools.relationSet('db:2', {});
  tools.flush();
  tools.flush();

  assert.deepEqual(runner.lines, ['relation-get --format=json -r db:1 -- - app/0']);
});

test('a second flush sends only what came after the first', () => {
  const { tools, runner } = cached(withBags({}));

  tools.relationSet('db:1', { a: '1' });
  tools.flush();
  tools.relationSet('db:1', { a: '1', b: '2' });
  tools.flush();

  const writes = runner.calls.filter(({ tool }) => tool === 'relation-set');
  assert.deepEqual(
    writes.map(({ stdin }) => stdin),
    ['{"a": "1"}', '{"b": "2"}'],
  );
});

test('H93, T25: a write to the application bag by another than the leader fails at the call', () => {
  const { tools, runner } = cached(({ tool }) => (tool === 'is-leader' ? 'false' : '{}'));

  assert.throws(() => tools.relationSet('db:1', { a: '1' }, { application: true }), {
    code: 'NOT_LEADER',
    message: /only the leader may write a /,
  });
  tools.flush();

  assert.deepEqual(runner.lines, ['is-leader --format=json']);
});

test('a key named as something every object has is a key like any other', () => {
  const { tools, runner } = cached(withBags({}));
  const change = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;

  tools.relationSet('db:1', change);
  tools.flush();

  assert.equal(runner.calls.at(-1)?.stdin, '{"__proto__": "x", "constructor": "y"}');
  assert.deepEqual(tools.relationGet('db:1', 'app/0'), change);
});

test('any sequence of writes ends as if each had been made at once', () => {
  const bag = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.string({ minLength: 1 }));
  const change = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.string()));
  fc.assert(
    fc.property(bag, fc.array(change, { maxLength: 5 }), (before, changes) => {
      const { tools, runner } = cached(withBags({ 'app/0': before }));
      const expected = new Map(Object.entries(before));
      for (const each of changes) {
        tools.relationSet('db:1', each);
        for (const [key, value] of Object.entries(each)) {
          if (value === null || value === '') expected.delete(key);
          else expected.set(key, value);
        }
      }
      assert.deepEqual(new Map(Object.entries(tools.relationGet('db:1', 'app/0'))), expected);
      tools.flush();

      // What was sent, applied to what was there, gives the same, and touches nothing that was so.
      const sent = runner.calls.filter(({ tool }) => tool === 'relation-set');
      assert.ok(sent.length <= 1);
      const keys = Object.entries(JSON.parse(sent[0]?.stdin ?? '{}') as Record<string, string>);
      const after = new Map(Object.entries(before));
      for (const [key, value] of keys) {
        assert.notEqual(before[key] ?? '', value);
        if (value === '') after.delete(key);
        else after.set(key, value);
      }
      assert.deepEqual(after, expected);
    }),
  );
});
