// A history that left the leader's: compared once, brought back by one way or another, and never in a circle.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '#core/ha/world.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { noRejoinYet, noteClone, noteRewind } from '#core/rewind/rejoin.ts';
import type { RejoinMemory } from '#core/rewind/rejoin.ts';
import type { RewindFacts } from '#core/rewind/rewind-facts.ts';
import { actionIn, messageIn, stepIn } from './ask.ts';
import type { Changes } from './worlds.ts';
import {
  cluster,
  cut,
  formerPrimary,
  member,
  nowMs,
  orphan,
  primaryMember,
  provenLeader,
  standby,
  standbySql,
  stopped,
} from './worlds.ts';

const needed = { kind: 'needed', against: 'a@2', why: 'we diverged' } as const;
const rewinding = { postgresql: { use_pg_rewind: true } } as const;

function leaderWith(more: Parameters<typeof member>[1]) {
  return cluster('a', {
    members: [
      member('a', { ...primaryMember, timeline: 2, checkpointAfterPromote: null, ...more }),
      member('b'),
      member('c'),
    ],
  });
}

/** A stopped former primary on timeline 1, while `a` leads on timeline 2. */
function former(changes: Changes = {}): World {
  return standby({ postgres: formerPrimary, cluster: leaderWith({}), ...changes });
}

const apart: RewindFacts = {
  local: { timeline: 1, lsn: lsnOf(2000), isInRecovery: false, checkpointEndLsn: lsnOf(2100) },
  leader: {
    kind: 'known',
    timeline: 2,
    lines: [{ timeline: 1, lsn: lsnOf(1500), reason: '', timestamp: null, newLeader: null }],
  },
};

test('the history of a former primary is compared before it is started, and the verdict is kept', () => {
  const first = stepIn(former());
  assert.ok(first.kind === 'read-rewind-facts' && first.leader.name === 'a');
  const second = stepIn(former({ learned: { rewindFacts: apart } }));
  assert.ok(second.kind === 'remember');
  const { rewind } = second.memory;
  assert.ok(rewind?.kind === 'needed' && rewind.against === 'a@2');
});

test('a standby wrote nothing of its own: it is started first, and compared while it does not stream', () => {
  assert.equal(actionIn(former({ postgres: stopped })).kind, 'start-standby');
  const members = [member('a', primaryMember), member('b'), member('c')];
  const at = (receiverState: string | null) =>
    stepIn(standby({ cluster: cluster('a', { members }), sql: { receiverState } })).kind;
  assert.equal(at('streaming'), 'follow');
  assert.equal(at(null), 'read-rewind-facts');
});

test('a verdict against another leader, or another timeline of it, is no verdict', () => {
  const old = { ...needed, against: 'a@1' } as const;
  assert.equal(stepIn(former({ memory: { rewind: old } })).kind, 'read-rewind-facts');
});

test('pg_rewind comes first where it can work, a clone beside the old data where not', () => {
  assert.equal(actionIn(former({ config: rewinding, memory: { rewind: needed } })).kind, 'rewind');
  const cloned = actionIn(former({ memory: { rewind: needed } }));
  assert.deepEqual(cloned, {
    kind: 'rejoin-by-clone',
    source: { kind: 'member', name: 'a', isLeader: true },
    isRemoving: false,
  });
  const unable = former({
    config: rewinding,
    memory: { rewind: needed },
    learned: { canRewind: false },
  });
  assert.equal(actionIn(unable).kind, 'rejoin-by-clone');
});

test('data is removed only where the configuration asks for it', () => {
  const config = { postgresql: { remove_data_directory_on_diverged_timelines: true } };
  const world = former({ config, memory: { rewind: needed } });
  const found = actionIn(world);
  assert.ok(found.kind === 'rejoin-by-clone' && found.isRemoving);
});

test('a leader before its first checkpoint on its timeline is waited for', () => {
  const young = leaderWith({ checkpointAfterPromote: false });
  const step = stepIn(former({ config: rewinding, memory: { rewind: needed }, cluster: young }));
  assert.ok(step.kind === 'done' && /checkpoint after promotion/u.test(step.message));
});

test('in pause nothing is done about it', () => {
  const config = { ...rewinding, pause: true };
  const stays = standby({
    config,
    memory: { rewind: { ...needed, against: 'a@2' } },
    cluster: leaderWith({}),
  });
  assert.equal(stepIn(stays).kind, 'done');
});

test('a running standby that replayed too much is stopped for it, one that did not goes on', () => {
  const running = (kind: 'needed' | 'not-needed') =>
    standby({
      config: rewinding,
      cluster: leaderWith({}),
      memory: { rewind: { ...needed, kind } },
    });
  assert.equal(actionIn(running('needed')).kind, 'rewind');
  assert.equal(stepIn(running('not-needed')).kind, 'follow');
});

test('a verdict that can not be reached keeps no running standby from following', () => {
  const rewindFacts: RewindFacts = { local: null, leader: { kind: 'unknown', why: 'silent' } };
  const world = standby({ cluster: leaderWith({}), learned: { rewindFacts } });
  assert.equal(stepIn(world).kind, 'follow');
});

test('data that a failed pg_rewind left behind is never started', () => {
  const rejoin: RejoinMemory = {
    ...noRejoinYet,
    against: 'a@2',
    rewinds: 2,
    isDamaged: true,
    lastAttemptMs: nowMs - 600_000,
  };
  const notNeeded = { ...needed, kind: 'not-needed' } as const;
  const world = former({ config: rewinding, memory: { rewind: notNeeded, rejoin } });
  assert.equal(actionIn(world).kind, 'rejoin-by-clone');
});

test('data that a failed pg_rewind left behind is not started without the store, and does not lead', () => {
  const memory = { rejoin: { ...noRejoinYet, isDamaged: true } } as const;
  assert.equal(stepIn(standby({ dcs: cut(), postgres: stopped, memory })).kind, 'done');
  const leading = provenLeader({ postgres: stopped, memory });
  assert.equal(stepIn(leading).kind, 'release-lock');
  assert.equal(stepIn(orphan({ postgres: stopped, memory })).kind, 'done');
});

test('a standby that does not stream is compared also where the numbers of the timelines are the same', () => {
  const sql = { ...standbySql, receiverState: null, receivedTimeline: null, timeline: 1 };
  const world = standby({ cluster: cluster('a'), postgres: { sql } });
  assert.equal(stepIn(world).kind, 'read-rewind-facts');
});

test('attempts that never help come to an end, and the member says what is left to do', () => {
  let rejoin = noRejoinYet;
  let atMs = nowMs;
  const tried: string[] = [];
  for (let turn = 0; turn < 60; turn += 1) {
    const step = stepIn(
      former({ config: rewinding, memory: { rewind: needed, rejoin }, nowMs: atMs }),
    );
    atMs += 60_000;
    if (step.kind === 'done') continue;
    assert.ok(step.kind === 'start-action');
    tried.push(step.action.kind);
    const against = { against: 'a@2', nowMs: atMs };
    rejoin =
      step.action.kind === 'rewind'
        ? noteRewind(rejoin, { kind: 'failed', why: 'it broke' }, against)
        : noteClone(rejoin, 'no space left', against);
  }
  assert.deepEqual(tried, ['rewind', 'rejoin-by-clone', 'rejoin-by-clone', 'rejoin-by-clone']);
  const stuck = messageIn(
    former({ config: rewinding, memory: { rewind: needed, rejoin }, nowMs: atMs + 600_000 }),
  );
  assert.match(
    stuck,
    /3 new clones did not help; the last error: no space left.*patronictl reinit/u,
  );
});

test('the clone comes from the leader or from a member that offers itself', () => {
  const members = [
    member('a', { ...primaryMember, timeline: 2 }),
    member('b'),
    member('c', { tags: { clonefrom: true } }),
  ];
  const world = former({ memory: { rewind: needed }, cluster: cluster('a', { members }) });
  const found = actionIn(world);
  assert.ok(found.kind === 'rejoin-by-clone' && found.source.kind === 'member');
  assert.deepEqual(found.source, { kind: 'member', name: 'c', isLeader: false });
});
