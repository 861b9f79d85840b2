// Secret events: who gets which, when, and what happens when the charm does nothing (L70 to L74).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis, Model, Secret } from '#core/juju/model.ts';
import { claimLeases, expireLease } from '#core/juju/uniter/leases.ts';
import { nextOperation } from '#core/juju/uniter/next-operation.ts';
import type { Operation } from '#core/juju/uniter/operation.ts';
import { beginOperation, finishOperation } from '#core/juju/uniter/operation-steps.ts';
import { underWay } from '#core/juju/uniter/operation-steps.ts';
import { nextTurn } from '#core/juju/uniter/scheduler.ts';
import { latestRevisionNumber } from '#core/juju/uniter/secret-snapshot.ts';
import { remoteSnapshot } from '#core/juju/uniter/snapshot.ts';
import { createRandom } from '#core/random.ts';
import { deployed, plainCharm, start, unitOf } from './models.ts';
import { World } from './world.ts';

const random = createRandom(1);
const now = start + 100_000;

const world = new World(deployed(plainCharm, 2), { seed: 1 });
world.settleDown();
const model = claimLeases(world.model, now, random.choose);
const leader = model.applications.plain?.lease?.holder ?? '';
const other = leader === 'plain/0' ? 'plain/1' : 'plain/0';

const revision = (
  number: number,
  expiresAt: Millis | null = null,
): Secret['revisions'][number] => ({
  revision: number,
  content: {},
  expiresAt,
  obsoleteTold: false,
});

const blank: Secret = {
  id: 'cafe',
  owner: { kind: 'application', name: 'plain' },
  label: 'ours',
  description: '',
  rotate: '',
  nextRotateAt: null,
  revisions: [revision(1)],
  grants: [],
  consumers: {},
};

const withSecret = (change: Partial<Secret>, before: Model = model): Model => ({
  ...before,
  secrets: { cafe: { ...blank, ...change } },
});

const next = (before: Model, unit: string, at: Millis = now): Operation | null =>
  nextOperation(unitOf(before, unit).uniter, remoteSnapshot(before, unit, at), random.choose);

const hookOf = (before: Model, unit: string, at: Millis = now): unknown => {
  const operation = next(before, unit, at);
  return operation?.kind === 'run-hook' ? operation.hook : operation;
};

/** Runs what is next for the unit, with success. */
function carryOut(before: Model, unit: string, at: Millis = now): Model {
  const operation = next(before, unit, at) ?? assert.fail();
  const begun = beginOperation(before, unit, operation, at);
  return finishOperation(begun, unit, { kind: 'success' }, at, random);
}

const tracking = (unit: string, number: number): Secret['consumers'] => ({
  [unit]: { revision: number, label: 'theirs' },
});

test('L70: a unit that tracks an older revision is told once of the newest, with its own label', () => {
  const newer = withSecret({
    revisions: [revision(1), revision(2), revision(3)],
    consumers: tracking(other, 1),
  });
  assert.deepEqual(hookOf(newer, other), {
    kind: 'secret-changed',
    secret: 'cafe',
    revision: null,
    label: 'theirs',
  });
  const told = carryOut(newer, other);
  assert.equal(next(told, other)?.kind, 'report-idle');
  const evenNewer = {
    ...told,
    secrets: { cafe: { ...blank, revisions: [revision(4)], consumers: tracking(other, 1) } },
  };
  assert.equal((hookOf(evenNewer, other) as { kind: string }).kind, 'secret-changed');
});

test('L70: a unit that tracks the newest, or nothing, is not told', () => {
  const revisions = [revision(1), revision(2)];
  assert.equal(hookOf(withSecret({ revisions, consumers: tracking(other, 2) }), other), null);
  assert.equal(hookOf(withSecret({ revisions: [revision(2)], consumers: {} }), other), null);
});

test('L70, L13: a revision that appears while secret-changed runs is told in another one', () => {
  const newer = withSecret({ revisions: [revision(2)], consumers: tracking(other, 1) });
  const running = beginOperation(newer, other, next(newer, other) ?? assert.fail(), now);
  const newest = withSecret({ revisions: [revision(3)], consumers: tracking(other, 1) }, running);
  const done = finishOperation(newest, other, { kind: 'success' }, now, random);
  assert.equal((hookOf(done, other) as { kind: string }).kind, 'secret-changed');
});

test('L71: owner events of an application go to its leader alone', () => {
  const due = withSecret({ nextRotateAt: now, revisions: [revision(1), revision(2, now)] });
  assert.equal((hookOf(due, leader) as { kind: string }).kind, 'secret-expired');
  assert.equal(hookOf(due, other), null);
});

test('L71: owner events of a unit go to that unit, and nobody gets those of a user', () => {
  const mine = withSecret({ owner: { kind: 'unit', name: other }, nextRotateAt: now - 1 });
  assert.deepEqual(hookOf(mine, other), {
    kind: 'secret-rotate',
    secret: 'cafe',
    revision: null,
    label: 'ours',
  });
  assert.equal(hookOf(mine, leader), null);
  const users = withSecret({ owner: { kind: 'model', name: '' }, nextRotateAt: now - 1 });
  assert.equal(hookOf(users, leader), null);
});

test('a unit is not told of changes to its own secret', () => {
  const mine = withSecret({
    owner: { kind: 'unit', name: other },
    revisions: [revision(2)],
    consumers: tracking(other, 1),
  });
  assert.equal(hookOf(mine, other), null);
});

test('L72: rotate fires when due, and again five minutes later if the charm did nothing', () => {
  const due = withSecret({ nextRotateAt: now });
  assert.equal(hookOf(withSecret({ nextRotateAt: now + 1 }), leader), null);
  const ignored = carryOut(due, leader);
  assert.equal(ignored.secrets.cafe?.nextRotateAt, now + 300_000);
  const leading = claimLeases(
    ignored,
    now + 300_000,
    (all) => all.find((each) => each === (leader as unknown)) ?? all[0]!,
  );
  assert.equal((hookOf(leading, leader, now + 300_000) as { kind: string }).kind, 'secret-rotate');
});

test('L72: rotate does not move the date a charm has set by adding a revision', () => {
  const due = withSecret({ nextRotateAt: now });
  const running = beginOperation(due, leader, next(due, leader) ?? assert.fail(), now);
  const acted = withSecret({ nextRotateAt: now + 86_400_000 }, running);
  const done = finishOperation(acted, leader, { kind: 'success' }, now, random);
  assert.equal(done.secrets.cafe?.nextRotateAt, now + 86_400_000);
});

test('L72: expired names its revision, and comes again if the charm did nothing', () => {
  const due = withSecret({ revisions: [revision(1, now - 5), revision(2, now)] });
  assert.deepEqual(hookOf(due, leader), {
    kind: 'secret-expired',
    secret: 'cafe',
    revision: 2,
    label: 'ours',
  });
  const ignored = carryOut(due, leader);
  assert.deepEqual(
    ignored.secrets.cafe?.revisions.map((each) => each.expiresAt),
    [now - 5, now + 300_000],
  );
});

test('L72: a charm that adds a revision has acted on the expiry of the one before', () => {
  const acted = withSecret({
    revisions: [{ ...revision(1, now - 5), obsoleteTold: true }, revision(2)],
  });
  assert.equal(hookOf(acted, leader), null);
});

test('L71: the owner is told once of each older revision that nobody tracks', () => {
  const old = withSecret({
    revisions: [revision(1), revision(2), revision(3)],
    consumers: tracking(other, 2),
  });
  const removal = { kind: 'secret-remove', secret: 'cafe', revision: 1, label: 'ours' };
  assert.deepEqual(hookOf(old, leader), removal);
  const told = carryOut(old, leader);
  assert.equal(told.secrets.cafe?.revisions[0]?.obsoleteTold, true);
  assert.equal(unitOf(told, leader).uniter.secretRevisionsRemoved['cafe/1'], true);
  assert.equal(next(told, leader)?.kind, 'report-idle');
  const moved = {
    ...told,
    secrets: { cafe: { ...(told.secrets.cafe ?? blank), consumers: tracking(other, 3) } },
  };
  assert.deepEqual(hookOf(moved, leader), { ...removal, revision: 2 });
});

test('L73: a secret that is deleted brings no hook, and one deleted under its hook no fault', () => {
  const newer = withSecret({ revisions: [revision(2)], consumers: tracking(other, 1) });
  assert.equal(hookOf({ ...newer, secrets: {} }, other), null);
  for (const [before, unit] of [
    [newer, other],
    [withSecret({ nextRotateAt: now }), leader],
  ] as const) {
    const operation = next(before, unit) ?? assert.fail();
    const running = beginOperation({ ...before, secrets: {} }, unit, operation, now);
    const done = finishOperation(running, unit, { kind: 'success' }, now, random);
    assert.equal(unitOf(done, unit).uniter.kind, 'continue');
  }
});

test('L74: an owner event is passed over, and not marked as told, when leadership was lost', () => {
  const old = withSecret({ revisions: [revision(1), revision(2)] });
  const operation = next(old, leader) ?? assert.fail();
  const lost = expireLease(old, 'plain', now, random.choose);
  const skipped = beginOperation(lost, leader, operation, now);
  assert.equal(underWay(skipped, leader), null);
  assert.equal(skipped.secrets.cafe?.revisions[0]?.obsoleteTold, false);
  assert.equal(remoteSnapshot(skipped, other, now).secrets.obsolete.length, 1);
});

test('L74: a unit that owns the secret itself needs no leadership', () => {
  const mine = withSecret({ owner: { kind: 'unit', name: other }, nextRotateAt: now });
  const running = beginOperation(mine, other, next(mine, other) ?? assert.fail(), now);
  assert.equal(underWay(running, other)?.kind, 'run-hook');
});

test('the scheduler wakes for the next rotation and the next expiry', () => {
  const rotating = withSecret({ nextRotateAt: now + 7 });
  const turn = nextTurn(rotating, now, { operations: [] }, random);
  assert.equal(turn.kind === 'idle' && turn.wakeAt, now + 7);
  const expiring = withSecret({ revisions: [revision(1, now + 3)] });
  const later = nextTurn(expiring, now, { operations: [] }, random);
  assert.equal(later.kind === 'idle' && later.wakeAt, now + 3);
});

test('a secret without revisions has none that is the latest', () => {
  assert.equal(latestRevisionNumber({ ...blank, revisions: [] }), 0);
});
