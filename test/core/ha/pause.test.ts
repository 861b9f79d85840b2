// In pause somebody works on the cluster: nothing is started, stopped or promoted, and the key follows the primary.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#core/ha/table.ts';
import type { World } from '#core/ha/world.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import {
  action,
  cut,
  failover,
  leader,
  orphan,
  primaryFacts,
  primaryWithoutKey,
  provenLeader,
  standby,
  standbyFacts,
  starting,
  stopped,
} from './worlds.ts';

const config = { pause: true } as const;
const refused = { learned: { lock: 'refused' }, memory: { leaseUntilMs: null } } as const;

test('a paused leader keeps its key like any other', () => {
  assert.deepEqual(stepIn(leader({ config })), { kind: 'refresh-lock' });
  assert.equal(
    messageIn(provenLeader({ config })),
    'PAUSE: no action. I am (a), the leader with the lock',
  );
});

test('a watchdog is disabled, and none is activated', () => {
  assert.deepEqual(stepIn(leader({ config, memory: { isWatchdogRunning: true } })), {
    kind: 'watchdog',
    to: 'disable',
  });
  assert.equal(stepIn(provenLeader({ config })).kind, 'confirm-primary');
});

const primariesThatStay: readonly (readonly [string, () => World, string])[] = [
  [
    'without the key',
    () => standby({ config, postgres: primaryFacts }),
    'PAUSE: continue to run as primary without lock',
  ],
  [
    'whose key was lost',
    () => leader({ config, ...refused }),
    'PAUSE: continue to run as primary after failing to update leader lock in DCS',
  ],
  [
    'without the store',
    () => leader({ config, dcs: cut(), memory: { leaseUntilMs: null } }),
    'PAUSE: DCS is not accessible',
  ],
  [
    'that lost a race',
    () => primaryWithoutKey({ config, learned: { lock: 'lost-race' } }),
    'PAUSE: continue to run as primary without lock',
  ],
];

for (const [which, world, message] of primariesThatStay) {
  test(`a primary ${which} goes on in pause`, () => {
    assert.equal(messageIn(world()), message);
  });
}

test('a leader that is no primary gives its key up', () => {
  assert.equal(
    messageIn(leader({ config, postgres: standbyFacts })),
    'PAUSE: removed leader lock because postgres is not running as primary',
  );
  assert.equal(
    messageIn(leader({ config, postgres: stopped })),
    'PAUSE: removed leader lock because postgres is not running',
  );
});

test('the candidate of a failover keeps its key until it is promoted', () => {
  const cluster = { failover: failover({ candidate: 'a' }) };
  const candidate = { config, cluster, postgres: standbyFacts } as const;
  assert.deepEqual(stepIn(leader(candidate)), { kind: 'refresh-lock' });
  assert.equal(actionIn(provenLeader(candidate)).kind, 'promote');
  const promoted = { ...standbyFacts, role: 'promoted' } as const;
  assert.deepEqual(stepIn(leader({ config, postgres: promoted })), { kind: 'refresh-lock' });
});

test('a stopped server stays stopped', () => {
  assert.equal(messageIn(standby({ config, postgres: stopped })), 'PAUSE: postgres is not running');
});

test('a start that takes long is not given up', () => {
  const late = { ...starting, stateSinceMs: 400_000 };
  assert.deepEqual(decide(leader({ config, postgres: late })).step, { kind: 'refresh-lock' });
});

test('an action that runs is left to run though the key is gone', () => {
  const world = primaryWithoutKey({ config, action: action('restart', { name: 'restart' }) });
  assert.equal(messageIn(world), 'PAUSE: restart in progress');
});

test('standbys follow on in pause, and say so', () => {
  const step = stepIn(standby({ config }));
  assert.ok(step.kind === 'follow');
  assert.equal(step.message, 'PAUSE: no action. I am (b), a secondary, and following a leader (a)');
  assert.equal(messageIn(orphan({ config })), 'PAUSE: no action. I am (b)');
});
