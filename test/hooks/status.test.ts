// The status as a function of facts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presentable } from '#charm/status/status.ts';
import { sentenceOf, statusOf } from '#hooks/status.ts';
import type { Facts } from '#hooks/status.ts';
import { trouble } from './fake-machine.ts';

const healthy: Facts = {
  unit: 'postgresql/0',
  isStopping: false,
  settingsProblems: [],
  isInstalled: true,
  installTrouble: null,
  primary: 'postgresql/0',
  isPrimary: true,
  primaryGone: null,
  hasStorage: true,
  server: { version: '15.18', host: '10.0.0.1', port: 5432, pendingRestart: [] },
  isAlive: true,
  serverTrouble: null,
  refusedSettings: [],
  refusedAddresses: [],
  refusedClients: [],
  withoutPassword: [],
};

const since = Date.UTC(2026, 0, 5, 8, 30);

test('each fact that keeps the unit from serving shows, and says what comes next', () => {
  const cases: readonly (readonly [Partial<Facts>, string])[] = [
    [{}, 'active: Primary, PostgreSQL 15.18 at 10.0.0.1:5432'],
    [{ isInstalled: false }, 'maintenance: Installing PostgreSQL'],
    [{ isPrimary: false }, 'waiting: Waiting to create the cluster'],
    [{ server: null }, 'waiting: Waiting to create the cluster'],
    [{ server: null, hasStorage: false }, 'waiting: Waiting for storage pgdata'],
    [
      { serverTrouble: { problem: trouble('START_FAILED', 'No'), since } },
      'blocked: No (since 2026-01-05T08:30Z). Do something about it',
    ],
    [
      { withoutPassword: ['db:1'] },
      'waiting: Waiting for the leader to choose the password of relation db:1',
    ],
  ];
  for (const [change, expected] of cases) {
    const { status, message } = statusOf({ ...healthy, ...change });
    assert.equal(`${status}: ${message}`, expected);
  }
});

test('a problem without a hint is a sentence all the same', () => {
  assert.equal(sentenceOf({ code: 'UNEXPECTED', message: 'It broke', hint: '' }), 'It broke');
});

test('a long message keeps its beginning and since when, and loses the end of the hint', () => {
  const problem = {
    code: 'START_FAILED',
    message: 'm'.repeat(150),
    hint: 'h'.repeat(150),
  } as const;
  const { message } = presentable(statusOf({ ...healthy, serverTrouble: { problem, since } }));

  assert.match(message, /^m{150} \(since 2026-01-05T08:30Z\)\. h+\.\.\.$/);
});

test('no server that is dead, in trouble or without its storage is ever called active', () => {
  const oneWrong = fc.constantFrom<Partial<Facts>>(
    { isAlive: false },
    { hasStorage: false },
    { serverTrouble: { problem: trouble('START_FAILED'), since } },
    { isInstalled: false },
    { primary: 'postgresql/1' },
    { isStopping: true },
    { settingsProblems: ['no'] },
    { refusedSettings: [trouble('PARAMETER_REFUSED')] },
    { refusedClients: [{ relation: 'db:1', problem: 'no', isServed: true }] },
    { refusedAddresses: [{ relation: 'db:1', problem: 'no' }] },
  );
  fc.assert(
    fc.property(fc.array(oneWrong, { minLength: 1 }), (wrongs) => {
      const facts: Facts = Object.assign({}, healthy, ...wrongs);
      assert.notEqual(statusOf(facts).status, 'active');
    }),
  );
});
