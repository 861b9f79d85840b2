// Who acknowledges a commit, as PostgreSQL has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStandbyNames } from '#core/sync/standby-names.ts';
import type { Acknowledger } from './postgres/sync-rep.ts';
import { acknowledgedUpTo, syncStates } from './postgres/sync-rep.ts';

function sender(applicationName: string, flushedEnd: number, isStreaming = true): Acknowledger {
  return { applicationName, flushedEnd, isStreaming };
}

function upTo(names: string, ...senders: readonly Acknowledger[]): number {
  return acknowledgedUpTo(parseStandbyNames(names) ?? { kind: 'off' }, senders);
}

const [a, b, c] = [sender('a', 300), sender('b', 200), sender('c', 100)];

test('without names nobody is waited for', () => {
  assert.equal(upTo('', a), Number.POSITIVE_INFINITY);
});

test('by priority the first connected ones count, in the order of the list', () => {
  assert.equal(upTo('a,b', a, b), 300);
  assert.equal(upTo('2 (c,b,a)', a, b, c), 100);
  assert.equal(upTo('b,a', a), 300, 'who is not connected is passed over');
  assert.equal(upTo('b,a', a, sender('b', 50, false)), 300, 'nor who still catches up');
});

test('with too few connected nothing is acknowledged', () => {
  assert.equal(upTo('2 (a,b)', a), 0);
  assert.equal(upTo('ANY 2 (a,b)', a), 0);
  assert.equal(upTo('a'), 0);
});

test('of a quorum any so many count', () => {
  assert.equal(upTo('ANY 1 (a,b,c)', a, b, c), 300);
  assert.equal(upTo('ANY 2 (a,b,c)', a, b, c), 200);
  assert.equal(upTo('ANY 3 (a,b,c)', a, b, c), 100);
});

test('names are compared without regard to case, and the star is everybody', () => {
  assert.equal(upTo('"A"', a), 300);
  assert.equal(upTo('*', b), 200);
});

test('the states are those of pg_stat_replication', () => {
  const states = (names: string) => [
    ...syncStates(parseStandbyNames(names) ?? { kind: 'off' }, [a, b, c]).values(),
  ];
  assert.deepEqual(states('b,a'), ['potential', 'sync', 'async']);
  assert.deepEqual(states('ANY 1 (a,b)'), ['quorum', 'quorum', 'async']);
  assert.deepEqual(states(''), ['async', 'async', 'async']);
});
