// What every turn promises, whatever the world is and however its steps come out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hasProvenLock, isDemoting, isPrimary, mayAcceptWrites } from '#core/ha/look.ts';
import { leaseLeftMs } from '#core/ha/rules/store-rules.ts';
import { decide } from '#core/ha/table.ts';
import { anyWorld } from './any-world.ts';
import type { Taken } from './turn-model.ts';
import { runTurn } from './turn-model.ts';

/** Runs turns in worlds of every kind, and gives each to the check with its last step. */
function everyTurn(check: (last: Taken, taken: readonly Taken[]) => void): void {
  fc.assert(
    fc.property(anyWorld, fc.gen(), (start, gen) => {
      const taken = runTurn(start, (from) => gen(() => from));
      const last = taken.at(-1);
      assert.ok(last !== undefined);
      check(last, taken);
    }),
    { numRuns: 4000, endOnFailure: true },
  );
}

test('a rule answers in every world', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { why, step } = decide(world);
      assert.ok(why.length > 0 && step.kind.length > 0);
    }),
    { numRuns: 4000, endOnFailure: true },
  );
});

test('a turn always ends, within a number of steps', () => {
  everyTurn((_last, taken) => assert.ok(taken.length <= 24, `${taken.length} steps`));
});

test('a primary outside of pause keeps a lease that is proven, or stops', () => {
  everyTurn(({ rule, step, world }) => {
    const isExcused = world.config.isPaused || world.memory.bootstrap !== null;
    if (!mayAcceptWrites(world) || isExcused || hasProvenLock(world) || isDemoting(world)) return;
    if (step.kind === 'cancel-action' || step.kind === 'exit') return;
    if (step.kind === 'start-action') {
      assert.equal(step.action.kind, 'demote', `rule ${rule} starts ${step.action.kind}`);
      return;
    }
    assert.ok(step.kind === 'done', `rule ${rule} leaves it alone: ${step.kind}`);
    const isReplaced = ['clone', 'reinitialize'].includes(world.action?.kind ?? '');
    const leftMs = leaseLeftMs(world);
    const isKept = world.dcs.kind === 'error' && leftMs > 0;
    assert.ok(isReplaced || isKept, `rule ${rule}: ${step.message}`);
    if (isKept) assert.ok((step.wakeInMs ?? Number.POSITIVE_INFINITY) <= leftMs);
  });
});

test('nobody is promoted without having proven the key in the same turn', () => {
  everyTurn(({ step, world }) => {
    if (step.kind !== 'start-action') return;
    const { kind } = step.action;
    if (kind === 'promote' || kind === 'start-primary') assert.ok(hasProvenLock(world));
  });
});

test('a key that was refused or lost in a turn is not asked for again in it', () => {
  everyTurn((_last, taken) => {
    for (const { step, world } of taken) {
      const { lock } = world.learned;
      if (step.kind === 'acquire-lock') assert.equal(lock, null);
      if (step.kind === 'refresh-lock') assert.equal(lock, null);
    }
  });
});

test('a key that is somebody’s is never raced for', () => {
  everyTurn((_last, taken) => {
    for (const { step, world } of taken) {
      if (step.kind !== 'acquire-lock') continue;
      assert.ok(world.dcs.kind === 'cluster' && world.dcs.cluster.leader === null);
    }
  });
});

test('the key is given up only by who accepts no writes', () => {
  everyTurn(({ rule, step, world }) => {
    if (step.kind !== 'release-lock' || world.config.isPaused) return;
    assert.ok(!mayAcceptWrites(world), `rule ${rule}: ${step.message}`);
  });
});

test('a second action is never started while one runs', () => {
  everyTurn(({ rule, step, world }) => {
    if (step.kind === 'start-action') assert.equal(world.action, null, `rule ${rule}`);
  });
});

test('in pause nothing is started, stopped, cloned or promoted, but for a failover by hand', () => {
  everyTurn(({ rule, step, world }) => {
    if (!world.config.isPaused || world.memory.bootstrap !== null) return;
    if (step.kind !== 'start-action') return;
    assert.ok(world.dcs.kind === 'cluster');
    const isAskedFor = world.dcs.cluster.failover !== null || hasProvenLock(world);
    assert.ok(isAskedFor, `rule ${rule} starts ${step.action.kind} in pause`);
  });
});

test('data is cloned into an empty directory only, unless a history went apart', () => {
  everyTurn(({ step, world }) => {
    if (step.kind !== 'start-action') return;
    if (step.action.kind === 'clone' || step.action.kind === 'bootstrap') {
      assert.equal(world.postgres.dataDirectory, 'empty');
    }
  });
});

test('who may not lead does not take the key, but a primary that stands already', () => {
  everyTurn((_last, taken) => {
    for (const { step, world } of taken) {
      if (step.kind !== 'acquire-lock' || isPrimary(world)) continue;
      assert.ok(!world.me.tags.nofailover);
      assert.ok(
        world.me.isWatchdogHealthy || !world.me.isWatchdogRequired || world.config.isPaused,
      );
    }
  });
});

test('what is asked next turn is asked at a time that is no negative one', () => {
  everyTurn(({ rule, step }) => {
    if ('wakeInMs' in step && step.wakeInMs !== undefined) {
      assert.ok(step.wakeInMs >= 0 && Number.isFinite(step.wakeInMs), `rule ${rule}`);
    }
  });
});
