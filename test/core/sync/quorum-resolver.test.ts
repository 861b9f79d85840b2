// Transitions between settings of synchronous replication: from wherever they are cut off, with whatever
// standbys alive, planning goes on to the target and never passes a state that could lose a commit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { QuorumState, QuorumTarget } from '#core/sync/quorum-resolver.ts';
import { resolveNext, transitions } from '#core/sync/quorum-resolver.ts';
import { planPromotion } from '#core/sync/plan-promotion.ts';
import type { SyncConfig } from '#core/sync/plan-sync.ts';
import { parseStandbyNames, strictPlaceholder } from '#core/sync/standby-names.ts';
import { configOf, syncOf } from './samples.ts';
import type { ModelWorld } from './worlds.ts';
import { confirm, keyOf, lossIn, perform, subsets, takeOver, worldOf } from './worlds.ts';

function stateOf(
  voters: string,
  quorum: number,
  names: string,
  num: number,
  confirmed: string = names,
): QuorumState {
  return {
    leader: 'l',
    votingLeader: 'l',
    voting: { voters: new Set(voters), quorum },
    acknowledging: { names: new Set(names), num, isAnybody: false },
    confirmed: new Set(confirmed),
  };
}

function targetOf(
  active: string,
  wanted: number,
  { mode = 'quorum', isStrict = false }: Partial<QuorumTarget> = {},
): QuorumTarget {
  return { mode, active: new Set(active), wanted, isStrict };
}

function shown(state: QuorumState, target: QuorumTarget): readonly string[] {
  return [...transitions(state, target)].map(({ kind, num, nodes }) =>
    `${kind} ${num} ${[...nodes].toSorted().join('')}`.trim(),
  );
}

const empty = stateOf('', 0, '', 0);

test('standbys that join are in the names first, and voters once they caught up', () => {
  assert.deepEqual(shown(empty, targetOf('a', 1)), ['sync 1 a', 'quorum 0 a']);
  assert.deepEqual(shown(empty, targetOf('abc', 1)), ['sync 1 abc', 'quorum 2 abc']);
  assert.deepEqual(shown(empty, targetOf('ab', 2, { mode: 'on' })), ['sync 2 ab', 'quorum 0 ab']);
});

test('one more standby in quorum mode votes first, as more have to agree then', () => {
  const steps = shown(stateOf('a', 0, 'a', 1), targetOf('ab', 1));
  assert.deepEqual(steps, ['quorum 1 ab', 'sync 1 ab']);
});

test('a standby that left is out of the names first where others can vouch, else out of the voters', () => {
  assert.deepEqual(shown(stateOf('abc', 2, 'abc', 1), targetOf('ab', 1)), [
    'sync 1 ab',
    'quorum 1 ab',
  ]);
  assert.deepEqual(shown(stateOf('ab', 0, 'ab', 2), targetOf('a', 2)), ['quorum 0 a', 'sync 1 a']);
  assert.deepEqual(shown(stateOf('a', 0, 'a', 1), targetOf('', 1)), ['quorum 0', 'sync 0']);
});

test('more acknowledgements are asked for before fewer voters have to agree, and the other way round', () => {
  assert.deepEqual(shown(stateOf('abc', 2, 'abc', 1), targetOf('abc', 2)), [
    'sync 2 abc',
    'quorum 1 abc',
  ]);
  assert.deepEqual(shown(stateOf('abc', 1, 'abc', 2), targetOf('abc', 1)), [
    'quorum 2 abc',
    'sync 1 abc',
  ]);
});

test('in mode on the quorum is 0 at all times, also on the way from one standby to another', () => {
  const steps = shown(stateOf('a', 0, 'a', 1), targetOf('b', 1, { mode: 'on' }));
  assert.deepEqual(steps, ['quorum 0', 'sync 1 b', 'quorum 0 b']);
});

test('strict: where nobody is left the last voters stay, and without any a placeholder blocks commits', () => {
  const strict = { mode: 'on', isStrict: true } as const;
  assert.deepEqual(shown(stateOf('a', 0, 'a', 1), targetOf('', 1, strict)), []);
  assert.deepEqual(shown(empty, targetOf('', 1, strict)), ['sync 1']);
  assert.deepEqual(shown(empty, targetOf('', 1, { isStrict: true })), ['sync 1']);
});

test('strict: with nobody there the voters of mode quorum stay as they are in mode on, and nothing is waited for', () => {
  const target = targetOf('', 1, { mode: 'on', isStrict: true });
  assert.deepEqual(shown(stateOf('cd', 1, 'c', 1), target), ['sync 1 cd']);
  assert.equal(resolveNext(stateOf('cd', 1, 'cd', 1, ''), target).kind, 'done');
});

test('a new leader takes the key over with the old one among its voters', () => {
  const state = { ...stateOf('lb', 1, '', 0), votingLeader: 'a' };
  const [first] = transitions(state, targetOf('b', 1));
  assert.deepEqual(first, { kind: 'restart', leader: 'l', num: 0, nodes: new Set() });
  const held = { ...stateOf('lb', 1, 'ab', 1), votingLeader: 'a' };
  const [kept] = transitions(held, targetOf('b', 1));
  assert.deepEqual(kept, { kind: 'restart', leader: 'l', num: 1, nodes: new Set('ab') });
});

test('nobody votes while anybody at all may acknowledge', () => {
  const state = stateOf('a', 0, '', 1);
  const anybody = { ...state, acknowledging: { ...state.acknowledging, isAnybody: true } };
  assert.deepEqual(shown(anybody, targetOf('a', 1)), ['quorum 0', 'sync 1 a', 'quorum 0 a']);
});

test('names taken away by somebody else make every voter prove anew that it has all commits', () => {
  const steps = shown(stateOf('a', 0, '', 0), targetOf('a', 1));
  assert.deepEqual(steps, ['quorum 0', 'sync 1 a', 'quorum 0 a']);
});

test('a quorum is not lowered before as many standbys as acknowledge are confirmed', () => {
  const state = stateOf('abc', 2, 'abc', 2, 'a');
  const waiting = resolveNext(state, targetOf('abc', 2));
  assert.deepEqual(waiting, { kind: 'wait', nodes: new Set('bc') });
  const settled = resolveNext(stateOf('abc', 2, 'abc', 2, 'ab'), targetOf('abc', 2));
  assert.equal(settled.kind, 'transition');
});

const everySetting: readonly Pick<QuorumTarget, 'mode' | 'wanted' | 'isStrict'>[] = (
  ['on', 'quorum'] as const
).flatMap((mode) =>
  [1, 2].flatMap((wanted) => [true, false].map((isStrict) => ({ mode, wanted, isStrict }))),
);

/** All targets of these standbys: in mode `on` only as many are active as are wanted. */
function everyTarget(nodes: string): readonly QuorumTarget[] {
  return subsets(nodes).flatMap((active) =>
    everySetting
      .filter(({ mode, wanted }) => mode === 'quorum' || active.length <= wanted)
      .map((setting) => ({ ...setting, active: new Set(active) })),
  );
}

/** All worlds one step away: the plan goes on for one of the targets, or a standby catches up. */
function nextWorlds(world: ModelWorld, targets: readonly QuorumTarget[]): readonly ModelWorld[] {
  const planned = targets.flatMap((target) => {
    const next = resolveNext(world.state, target);
    return next.kind === 'transition' ? [perform(world, next.transition)] : [];
  });
  const { names } = world.state.acknowledging;
  const behind = [...names.difference(world.state.confirmed)];
  return [...planned, ...behind.map((node) => confirm(world, node))];
}

/** Plans for one target until it is done; fails where it does not come to an end. */
function settle(start: ModelWorld, target: QuorumTarget): ModelWorld {
  let world = start;
  for (let count = 0; count < 20; count += 1) {
    const next = resolveNext(world.state, target);
    if (next.kind === 'done') return world;
    if (next.kind === 'transition') {
      world = perform(world, next.transition);
      assert.equal(lossIn(world), null, keyOf(world));
    } else {
      // Who is not there never catches up: nothing may wait for it.
      const { names } = world.state.acknowledging;
      const [node] = next.nodes.intersection(names).intersection(target.active);
      assert.ok(node !== undefined, `waits for nobody in ${keyOf(world)}`);
      world = confirm(world, node);
    }
  }
  throw new Error(`No end of planning from ${keyOf(start)} for ${[...target.active].join('')}`);
}

function assertReached({ state }: ModelWorld, target: QuorumTarget): void {
  const { active, wanted } = target;
  if (target.isStrict && active.size === 0) {
    assert.deepEqual(state.acknowledging.names, state.voting.voters);
    assert.ok(state.acknowledging.num >= 1);
    return;
  }
  const num = Math.min(wanted, active.size);
  assert.deepEqual(state.voting, { voters: active, quorum: active.size - num });
  assert.deepEqual(state.acknowledging, { names: active, num, isAnybody: false });
}

/** Every world of three standbys that plans for whatever targets can lead to, wherever they are cut off. */
function reachableWorlds(targets: readonly QuorumTarget[]): readonly ModelWorld[] {
  const start = worldOf(empty);
  const seen = new Map([[keyOf(start), start]]);
  for (const world of seen.values()) {
    for (const next of nextWorlds(world, targets)) {
      const key = keyOf(next);
      if (!seen.has(key)) seen.set(key, next);
    }
  }
  return [...seen.values()];
}

const threeTargets = everyTarget('abc');
const threeWorlds = reachableWorlds(threeTargets);

test('every world that interrupted plans can reach loses nothing and is left for every target', () => {
  assert.ok(threeWorlds.length > 200, `only ${threeWorlds.length} worlds`);
  for (const world of threeWorlds) {
    assert.equal(lossIn(world), null, keyOf(world));
    for (const target of threeTargets) assertReached(settle(world, target), target);
  }
});

test('from every such world whoever is elected takes over without a loss, cut off after any step', () => {
  let promotions = 0;
  for (const world of threeWorlds) {
    const { voters, quorum } = world.state.voting;
    for (const me of voters) {
      if (quorum + 1 > voters.size) continue;
      for (const synchronousMode of quorum === 0
        ? (['on', 'quorum'] as const)
        : ['quorum' as const]) {
        for (const isSynchronousModeStrict of [true, false]) {
          promote(world, me, configOf({ synchronousMode, isSynchronousModeStrict }));
          promotions += 1;
        }
      }
    }
  }
  assert.ok(promotions > 200, `only ${promotions} promotions`);
});

/** It was compared with a deciding set and has every acknowledged commit; the old leader becomes one of others. */
function promote(world: ModelWorld, me: string, config: SyncConfig): void {
  const { voting } = world.state;
  const before = syncOf('l', [...voting.voters], voting.quorum);
  const first = planPromotion({ me, sync: before, names: '', config });
  assert.ok(first?.kind === 'write-sync');
  const taken = takeOver(world, me, { voters: new Set(first.voters), quorum: first.quorum });
  assert.equal(lossIn(taken), null, `${keyOf(world)} to ${me}`);
  const sync = syncOf(me, first.voters, first.quorum);
  const second = planPromotion({ me, sync, names: 'none of these', config });
  assert.ok(second?.kind === 'set-names' && second.names !== null);
  const names = parseStandbyNames(second.names);
  assert.ok(names !== null);
  const nodes =
    names.kind === 'off' ? [] : names.names.filter((name) => name !== strictPlaceholder);
  const num = names.kind === 'off' ? 0 : names.num;
  const promoted = perform(taken, { kind: 'sync', leader: me, num, nodes: new Set(nodes) });
  assert.equal(lossIn(promoted), null, `${keyOf(world)} to ${me}`);
  assert.equal(planPromotion({ me, sync, names: second.names, config }), null);
}

test('with more standbys a random walk loses nothing and every target is reached', () => {
  const targets = everyTarget('abcde');
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (draws) => {
      const pick = <Item>(items: readonly Item[]): Item => {
        const drawn: number = draws.next().value ?? 0;
        return items[drawn % items.length] as Item;
      };
      let world = worldOf(empty);
      for (let count = 0; count < 25; count += 1) {
        const next = nextWorlds(world, [pick(targets), pick(targets)]);
        if (next.length > 0) world = pick(next);
        assert.equal(lossIn(world), null, keyOf(world));
      }
      const target = pick(targets);
      assertReached(settle(world, target), target);
    }),
    { numRuns: 60 },
  );
});
