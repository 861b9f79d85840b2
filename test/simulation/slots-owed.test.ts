// For how long the model says that the slot of a member has to be kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotsOwed } from './check/slots-owed.ts';

const settings = { ttlMs: 10_000, budgetBytes: 1000 };

test('slots are owed to members that are there, and for their time to those that are away', () => {
  const owed = new SlotsOwed();
  assert.ok(owed.isOwed('m2', settings, 0), 'nobody knows it to be away');
  owed.memberChanged('m2', true, 0);
  assert.ok(owed.isOwed('m2', settings, 60_000));
  owed.memberChanged('m2', false, 60_000);
  assert.ok(owed.isOwed('m2', settings, 69_000));
  assert.ok(!owed.isOwed('m2', settings, 70_000));
  owed.memberChanged('m2', true, 80_000);
  assert.ok(owed.isOwed('m2', settings, 90_000));
});

test('what kept too much for a member that is away is owed no more until it is back', () => {
  const owed = new SlotsOwed();
  const drop = (keptBytes: number, nowMs: number): boolean => {
    owed.leftByLeader('m2', keptBytes, settings, nowMs);
    return owed.isOwed('m2', settings, nowMs);
  };
  owed.memberChanged('m2', true, 0);
  assert.ok(drop(2000, 20_000), 'it is there');
  owed.memberChanged('m2', false, 30_000);
  assert.ok(drop(1000, 30_001));
  assert.ok(!drop(1001, 30_002));
  owed.memberChanged('m2', true, 31_000);
  assert.ok(!owed.isOwed('m2', settings, 31_100), 'a turn that began before knows nothing of that');
  assert.ok(owed.isOwed('m2', settings, 37_000));
  owed.memberChanged('m2', false, 38_000);
  assert.ok(owed.isOwed('m2', settings, 38_000));
});
