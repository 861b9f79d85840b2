// Leadership: who gets it, how long it lasts, what is-leader may promise (D1 to D14, L62).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Lease, Millis, Model } from '#core/juju/model.ts';
import { removeApplication, removeUnit } from '#core/juju/remove.ts';
import { setMachineCondition } from '#core/juju/set-machine.ts';
import { agentRuns, claimLeases, expireLease, holdsLease } from '#core/juju/uniter/leases.ts';
import { leadershipOf, nextLeaseChange } from '#core/juju/uniter/leases.ts';
import { createRandom } from '#core/random.ts';
import { deployed, emptyModel, plainCharm, start, withUniter } from './models.ts';

const choose = createRandom(1).choose;
const leaseOf = (model: Model): Lease | null => model.applications.plain?.lease ?? null;
const holderOf = (model: Model): string | undefined => leaseOf(model)?.holder;

/** Three units, of which plain/0 has just got the lease. */
function led(): Model {
  const model = deployed(plainCharm, 3);
  return claimLeases(model, start, (options) => options[0]!);
}

const stopped = (model: Model, machine: string): Model =>
  setMachineCondition(model, machine, 'stopped');

test('D1, D2: a free lease goes to one unit, for a minute', () => {
  const model = claimLeases(deployed(plainCharm, 3), start, choose);
  const leaders = ['plain/0', 'plain/1', 'plain/2'].filter((unit) =>
    holdsLease(model, unit, start),
  );
  assert.equal(leaders.length, 1);
  assert.equal(leaseOf(model)?.expiresAt, start + 60_000);
});

test('D6: any unit that waits for a free lease may get it', () => {
  const holders = new Set(
    Array.from({ length: 30 }, (_, seed) =>
      holderOf(claimLeases(deployed(plainCharm, 3), start, createRandom(seed).choose)),
    ),
  );
  assert.deepEqual(holders, new Set(['plain/0', 'plain/1', 'plain/2']));
});

test('D2: the holder renews after 30 s and not before', () => {
  const model = led();
  assert.equal(claimLeases(model, start + 29_999, choose), model);
  const renewed = claimLeases(model, start + 30_000, choose);
  assert.deepEqual(leaseOf(renewed), { holder: 'plain/0', expiresAt: start + 90_000 });
});

test('D7: a leader in hook error keeps the lease, as its agent renews it', () => {
  const failing = withUniter(led(), 'plain/0', {
    kind: 'run-hook',
    hook: { kind: 'install' },
    failure: { attempts: 3, retryAt: null },
  });
  assert.equal(holderOf(claimLeases(failing, start + 30_000, choose)), 'plain/0');
});

test('D6: a leader whose agent is cut off keeps the lease until it runs out, then another leads', () => {
  for (const condition of ['stopped', 'paused', 'isolated'] as const) {
    const cut = setMachineCondition(led(), '0', condition);
    const waiting = claimLeases(cut, start + 59_999, choose);
    assert.equal(holderOf(waiting), 'plain/0', condition);
    assert.equal(leadershipOf(waiting, 'plain/1', start + 59_999).leader, false);
    const taken = claimLeases(cut, start + 60_000, choose);
    assert.notEqual(holderOf(taken), 'plain/0', condition);
    assert.equal(leaseOf(taken)?.expiresAt, start + 120_000);
  }
});

test('D6: the lease of a unit that left the model is free at once', () => {
  const without = removeUnit(led(), 'plain/0', { force: true }, start);
  assert.match(holderOf(claimLeases(without, start + 1, choose)) ?? '', /^plain\/[12]$/u);
  // Also when nobody has cleared it away.
  const { 'plain/0': _, ...units } = led().units;
  const stale = { ...led(), units };
  assert.equal(holdsLease(stale, 'plain/0', start + 1), false);
  assert.equal(leadershipOf(stale, 'plain/1', start + 1).leader, true);
});

test('D6: with every agent cut off nobody leads, and nothing is due', () => {
  const model = ['0', '1', '2'].reduce(stopped, led());
  const later = claimLeases(model, start + 60_000, choose);
  assert.equal(leaseOf(later), null);
  assert.equal(nextLeaseChange(later), null);
});

test('D3: True is good for 30 s: what is left of the lease is enough, or is-leader renews it', () => {
  const model = led();
  const fresh = leadershipOf(model, 'plain/0', start + 30_000);
  assert.deepEqual(fresh, { leader: true, model });
  const late = leadershipOf(model, 'plain/0', start + 30_001);
  assert.equal(late.leader, true);
  assert.equal(leaseOf(late.model)?.expiresAt, start + 30_001 + 60_000);
});

test('D3: whoever asks first gets a free lease; the others are told no', () => {
  const asked = leadershipOf(deployed(plainCharm, 2), 'plain/1', start);
  assert.equal(asked.leader, true);
  assert.deepEqual(leadershipOf(asked.model, 'plain/0', start), {
    leader: false,
    model: asked.model,
  });
});

test('D3: after a promise nobody else leads for 30 s, whatever agents do meanwhile', () => {
  const fates = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 40_000 }),
      unit: fc.nat(2),
      act: fc.constantFrom('ask', 'claim', 'started', 'stopped', 'paused', 'isolated'),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(fates, fc.integer(), (steps, seed) => {
      const { choose: draw } = createRandom(seed);
      let model = deployed(plainCharm, 3);
      let now: Millis = start;
      let promise = { unit: '', until: 0 };
      for (const { wait, unit, act } of steps) {
        now += wait;
        if (act === 'claim') model = claimLeases(model, now, draw);
        else if (act !== 'ask') model = setMachineCondition(model, String(unit), act);
        else {
          const answer = leadershipOf(model, `plain/${unit}`, now);
          model = answer.model;
          if (!answer.leader) continue;
          assert.ok(promise.unit === `plain/${unit}` || promise.until <= now);
          promise = { unit: `plain/${unit}`, until: now + 30_000 };
        }
        const lease = leaseOf(model);
        if (promise.until > now) assert.equal(lease?.holder, promise.unit);
      }
    }),
  );
});

test('is-leader can not be told for a unit whose agent is cut off, or that is not there', () => {
  const answer = leadershipOf(stopped(led(), '0'), 'plain/0', start);
  assert.equal(answer.leader, false);
  assert.equal(answer.unknown, 'the agent of plain/0 cannot reach the controller');
  assert.notEqual(leadershipOf(led(), 'plain/9', start).unknown, undefined);
});

test('L62: a dying leader does not renew: is-leader turns false, and a living unit follows at expiry', () => {
  const model = removeUnit(led(), 'plain/0', { force: false }, start);
  assert.equal(leadershipOf(model, 'plain/0', start + 30_000).leader, true);
  const turned = leadershipOf(model, 'plain/0', start + 30_001);
  assert.deepEqual(turned, { leader: false, model });
  assert.equal(claimLeases(model, start + 59_000, choose), model);
  assert.equal(nextLeaseChange(model), start + 60_000);
  assert.match(holderOf(claimLeases(model, start + 60_000, choose)) ?? '', /^plain\/[12]$/u);
});

test('L62: with no living unit to follow, a dying one leads to the end', () => {
  const model = removeApplication(led(), 'plain', { force: false }, start);
  const renewed = claimLeases(model, start + 30_000, choose);
  assert.deepEqual(leaseOf(renewed), { holder: 'plain/0', expiresAt: start + 90_000 });
  assert.equal(leadershipOf(renewed, 'plain/0', start + 70_000).leader, true);
});

test('D14: expiring the lease hands it to another unit, or frees it when there is none', () => {
  const moved = expireLease(led(), 'plain', start + 5, choose);
  assert.match(holderOf(moved) ?? '', /^plain\/[12]$/u);
  assert.equal(leaseOf(moved)?.expiresAt, start + 60_005);
  assert.equal(leadershipOf(moved, 'plain/0', start + 5).leader, false);

  const alone = claimLeases(deployed(plainCharm, 1), start, choose);
  assert.equal(leaseOf(expireLease(alone, 'plain', start, choose)), null);
  assert.equal(expireLease(alone, 'constructor', start, choose), alone);
});

test('the next change of a lease is its renewal, its end, or now', () => {
  assert.equal(nextLeaseChange(emptyModel()), null);
  assert.equal(nextLeaseChange(deployed(plainCharm, 1)), 0);
  assert.equal(nextLeaseChange(led()), start + 30_000);
  assert.equal(nextLeaseChange(stopped(led(), '0')), start + 60_000);
});

test('an agent runs on a started machine, until its unit is removed', () => {
  const model = led();
  assert.equal(agentRuns(model, 'plain/0'), true);
  assert.equal(agentRuns(stopped(model, '0'), 'plain/0'), false);
  assert.equal(agentRuns(withUniter(model, 'plain/0', { removed: true }), 'plain/0'), false);
  assert.equal(agentRuns(model, 'plain/7'), false);
  assert.equal(agentRuns({ ...model, machines: {} }, 'plain/0'), false);
});

test('applications called like what every object has are led as any other', () => {
  const model = deployed({ ...plainCharm, name: 'constructor' }, 1);
  const claimed = claimLeases(model, start, choose);
  assert.equal(holdsLease(claimed, 'constructor/0', start), true);
});
