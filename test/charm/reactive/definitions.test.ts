import assert from 'node:assert/strict';
import test from 'node:test';
import { handler, phaseOf, watchedFlags } from '#charm/reactive/handler.ts';
import { expandPattern, expandPatterns } from '#charm/reactive/hook-patterns.ts';
import { HookExit } from '#charm/reactive/hook-exit.ts';
import * as predicates from '#charm/reactive/predicates.ts';
import { canonicalJson, dataChanged, isDataChanged } from '#charm/reactive/data-changed.ts';
import { hashFile, hashText } from '#charm/reactive/digest.ts';
import { memoryStore } from './fixtures.ts';

const roles = {
  db1: { role: 'requires', interface: 'mysql' },
  db3: { role: 'provides', interface: 'mysql' },
  cluster: { role: 'peers', interface: 'group' },
} as const;

test('2.5: {requires:mysql} stands for the endpoints of that role and interface', () => {
  assert.deepEqual(expandPattern('{requires:mysql}-relation-changed', roles), [
    'db1-relation-changed',
  ]);
  assert.deepEqual(expandPattern('{interface:mysql}-relation-broken', roles), [
    'db1-relation-broken',
    'db3-relation-broken',
  ]);
  assert.deepEqual(expandPattern('{peers:group}-relation-joined', roles), [
    'cluster-relation-joined',
  ]);
});

test('2.5: a role without endpoints matches nothing', () => {
  assert.deepEqual(expandPattern('{provides:http}-relation-changed', roles), []);
});

test('2.5: alternatives combine with each other and with roles', () => {
  const names = expandPatterns(['{config,option}-{changed,set}', 'start'], roles);

  assert.deepEqual([...names].sort(), [
    'config-changed',
    'config-set',
    'option-changed',
    'option-set',
    'start',
  ]);
  assert.deepEqual(expandPattern('{requires:mysql}-relation-{joined,changed}', roles), [
    'db1-relation-joined',
    'db1-relation-changed',
  ]);
});

test('2.5: a misspelt role or a lone brace is refused', () => {
  assert.throws(
    () => expandPattern('{peer:group}-relation-joined', roles),
    /need provides, requires/,
  );
  assert.throws(() => expandPattern('{provides:a:b}-x', roles), TypeError);
  assert.throws(() => expandPattern('config-{changed', roles), /braces do not match/);
});

test('T34b: a condition on no flags is refused', () => {
  const { when, whenAll, whenAny, whenNot, whenNone, whenNotAll } = predicates;
  const { notUnless, strictlyNotUnless } = predicates;
  const all = [when, whenAll, whenAny, whenNot, whenNone, whenNotAll, notUnless, strictlyNotUnless];

  for (const one of all) {
    assert.throws(() => (one as (...flags: string[]) => unknown)(), TypeError, one.name);
    assert.throws(() => one(''), /an empty flag/, one.name);
  }
  assert.throws(() => (predicates.hook as (...patterns: string[]) => unknown)(), TypeError);
  assert.throws(() => predicates.whenFileChanged([]), TypeError);
});

test('a handler needs an id and a condition that can make it run', () => {
  assert.throws(() => handler(' ', [predicates.everyHook()], () => {}), /its id is empty/);
  assert.throws(() => handler('x', [], () => {}), /no condition/);
  assert.throws(() => handler('x', [predicates.notUnless('a')], () => {}), /everyHook/);
});

test('2.5: a handler that waits for flags belongs to the loop, whatever else it names', () => {
  const { when, hook, everyHook, onlyOnce, whenFileChanged, notUnless } = predicates;

  assert.equal(phaseOf({ predicates: [hook('start')] }), 'hook');
  assert.equal(phaseOf({ predicates: [everyHook()] }), 'hook');
  assert.equal(phaseOf({ predicates: [hook('start'), when('a')] }), 'flags');
  assert.equal(phaseOf({ predicates: [onlyOnce(), whenFileChanged('/a')] }), 'any');
  assert.deepEqual(
    [...watchedFlags({ predicates: [when('a', 'a'), predicates.whenNot('b'), notUnless('c')] })],
    ['a', 'b'],
  );
});

test('an exit code a process cannot have is refused', () => {
  assert.equal(new HookExit().exitCode, 0);
  for (const code of [-1, 256, 1.5]) assert.throws(() => new HookExit(code), RangeError);
});

test('2.10: data have changed at the first look and when they differ, in whatever order their keys', () => {
  const store = memoryStore();

  assert.equal(isDataChanged(store, 'id', { a: 1, b: [2] }, hashText), true);
  assert.equal(dataChanged(store, 'id', { a: 1, b: [2] }, hashText), true);
  assert.equal(dataChanged(store, 'id', { b: [2], a: 1 }, hashText), false);
  assert.equal(isDataChanged(store, 'id', { b: [2], a: 2 }, hashText), true);
  assert.equal(dataChanged(store, 'id', { b: [2], a: 2 }, hashText), true);
  assert.equal(dataChanged(store, 'id', { b: [2], a: 2 }, hashText), false);
});

test('data that are no JSON cannot be compared', () => {
  assert.throws(() => canonicalJson(undefined), TypeError);
  assert.equal(canonicalJson([{ b: null, a: 1 }]), '[{"a":1,"b":null}]');
});

test('the hash of a missing file is null, and other failures are told', () => {
  assert.equal(hashFile('/nonexistent/file', 'sha256'), null);
  assert.match(hashFile('/proc/self/stat', 'md5') ?? '', /^[0-9a-f]{32}$/);
  assert.throws(() => hashFile('/', 'sha256'), { code: 'EISDIR' });
});
