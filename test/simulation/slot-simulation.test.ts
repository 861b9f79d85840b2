// Slot work that is broken on purpose is found by the laws in runs of the real agent; and slot statements that hang
// hold up nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Law } from './check/breach.ts';
import { longestGapMs, refreshTimes } from './check/refresh-gap.ts';
import {
  positionsForgotten,
  slotsDropped,
  slotsMovedTooFar,
  stateFilesDamaged,
  stepsGivenUp,
  turnsWaiting,
  xminHidden,
  xminMadeUp,
} from './check/slot-sabotage.ts';
import type { Fault } from './faults/fault.ts';
import { processFaults } from './faults/process-faults.ts';
import { requests } from './faults/requests.ts';
import { slotFaults } from './faults/slot-faults.ts';
import type { RunOptions } from './run/run-seed.ts';
import { runSeed } from './run/run-seed.ts';

/** Runs seeds until each of these was found. */
async function findsAll(
  wanted: readonly RegExp[],
  options: Omit<RunOptions, 'seed'>,
  { seeds = 40, law = 'slots' }: { readonly seeds?: number; readonly law?: Law } = {},
): Promise<void> {
  const left = new Set(wanted);
  for (let seed = 1; seed <= seeds && left.size > 0; seed += 1) {
    const { breaches } = await runSeed({ members: 3, ...options, seed });
    const found = breaches.filter((breach) => breach.law === law).map(({ what }) => what);
    for (const pattern of wanted)
      if (found.some((what) => pattern.test(what))) left.delete(pattern);
  }
  assert.deepEqual([...left], [], `${seeds} seeds did not find these`);
}

test('slots that are moved too far are found, and rows that consumers miss by it', async () => {
  await findsAll([/^INV-5/u, /misses \d+ rows/u], { sabotage: slotsMovedTooFar });
});

test('slots that are dropped are found: those of members, ignored ones, and any in maintenance mode', async () => {
  const faults = [...slotFaults, ...requests.filter(({ kind }) => kind === 'pause')];
  await findsAll([/^INV-2/u, /^INV-3/u, /^INV-13/u], { sabotage: slotsDropped, faults });
});

test('state files that nobody has checked are found', async () => {
  await findsAll([/^INV-8/u], { sabotage: stateFilesDamaged });
});

/** Standbys have lost a slot, and what they fetch in its place can't be used. */
const cdcLost: Fault = {
  kind: 'slot lost on standbys',
  weight: 2,
  inject: ({ cluster }) => {
    for (const machine of cluster.machines) {
      machine.slotTrouble = { kind: 'broken-file', slot: null };
      if (machine.server.phase === 'standby') machine.server.data.slots.drop('cdc');
    }
    return 'cdc';
  },
};
const powerLost = processFaults.filter(({ kind }) => kind === 'power lost');

test('INV-9: a new leader that lacks a slot does not make it anew, as its consumer would miss rows', async () => {
  const faults = [cdcLost, ...powerLost];
  for (let seed = 1; seed <= 5; seed += 1) {
    const { breaches } = await runSeed({ seed, members: 3, faults });
    assert.deepEqual(
      breaches.filter(({ law }) => law === 'slots'),
      [],
    );
  }
  await findsAll([/^INV-9/u], { sabotage: positionsForgotten, faults }, { seeds: 8 });
});

/** What once went wrong, with the seed that found it; its run may take another course by now. */
const found = [
  [9064, 'a leader that dies behind making the slot of a member knows on its return whose it is'],
  [11903, 'drops that are left when maintenance mode begins are not carried out'],
  [20076, 'a slot that the primary has lost makes none safe by the catalog_xmin it still shows'],
  [20457, 'a leader without the slot moves nobody to where another history had its consumer'],
] as const;

for (const [seed, what] of found) {
  test(`seed ${seed}: ${what}`, async () => {
    const { breaches } = await runSeed({ seed });
    assert.deepEqual(breaches, []);
  });
}

test('a slot that is wrongly taken for safe is found', async () => {
  await findsAll([/^INV-10/u], { sabotage: xminMadeUp });
});

test('INV-12: a former primary that goes on holding the catalog back is found', async () => {
  const faults = requests.filter(({ kind }) => kind === 'switchover');
  const options = { sabotage: xminHidden, faults };
  await findsAll([/still holds back/u], options, { law: 'recovery', seeds: 10 });
});

/** From the beginning to the end, on every machine. */
function lasting(kind: 'hang' | 'fail', slot: string | null): readonly Fault[] {
  return [
    {
      kind: 'slot statements never work',
      weight: 1,
      inject: ({ cluster }) => {
        for (const machine of cluster.machines) machine.slotTrouble = { kind, slot };
        return slot ?? 'all';
      },
    },
  ];
}

/** Standbys lose a slot while nothing can be done with another one that comes before it. */
const archiveDropped: Fault = {
  kind: 'archive dropped',
  weight: 1,
  inject: ({ cluster }) => {
    for (const machine of cluster.machines) {
      if (machine.server.phase !== 'standby') continue;
      machine.slotTrouble = { kind: 'fail', slot: 'm2' };
      machine.server.data.slots.drop('archive');
    }
    return 'everywhere';
  },
};

test('INV-15: a slot that never works stops no other', async () => {
  for (const faults of [[archiveDropped], lasting('fail', 'cdc'), lasting('fail', 'audit')]) {
    for (const seed of [2, 4]) {
      const { breaches } = await runSeed({ seed, members: 3, faults });
      assert.deepEqual(breaches, []);
    }
  }
  const options = { sabotage: stepsGivenUp, faults: [archiveDropped] };
  await findsAll([/has no slot archive/u], options, { law: 'recovery', seeds: 6 });
});

test('INV-14: with every slot statement hanging the leader key is refreshed in each period', async () => {
  for (const seed of [3, 5, 8]) {
    const times = refreshTimes();
    const result = await runSeed({
      seed,
      members: 3,
      faults: lasting('hang', null),
      sabotage: times.sabotage,
    });
    assert.deepEqual(result.breaches, []);
    const gapMs = longestGapMs(times.byMember);
    assert.ok(gapMs > 0 && gapMs <= times.loopWaitMs() + 1500, `${gapMs} ms without a refresh`);
  }
});

test('turns that wait for slot statements are found', async () => {
  const times = refreshTimes(turnsWaiting);
  await runSeed({ seed: 3, members: 3, faults: lasting('hang', null), sabotage: times.sabotage });
  assert.ok(longestGapMs(times.byMember) > times.loopWaitMs() + 1500);
});

/** One machine, which leads nothing, is gone for good. */
const oneLost: Fault = {
  kind: 'machine lost for good',
  weight: 1,
  inject: ({ cluster }) => {
    const victim = cluster.machines.find(({ server }) => server.phase === 'standby');
    if (victim === undefined || cluster.machines.some(({ isLost }) => isLost)) return null;
    victim.lose();
    return victim.name;
  },
};

/** What the others have of its slots when a run ends in which nothing else goes wrong. */
async function slotsOfLost(seed: number, settings: JsonObject): Promise<readonly string[]> {
  const kept = new Map<string, string>();
  const looking: Fault = {
    ...oneLost,
    inject: (scene) => {
      const { machines } = scene.cluster;
      const lost = machines.find(({ isLost }) => isLost);
      if (lost === undefined) return oneLost.inject(scene);
      for (const { name, server } of machines) {
        if (name !== lost.name) kept.set(name, server.data.slots.get(lost.name)?.name ?? 'none');
      }
      return null;
    },
  };
  const dynamic = {
    postgresql: { use_slots: true },
    member_slots_ttl: 1800,
    member_slots_wal_budget: null,
    ...settings,
  };
  const { breaches } = await runSeed({ seed, members: 3, dynamic, faults: [looking] });
  assert.deepEqual(breaches, []);
  return [...kept.values()];
}

test('the slot of a member that is gone for good goes with the end of its time, or of its budget', async () => {
  for (const seed of [2, 3, 4]) {
    const left = await slotsOfLost(seed, {});
    assert.ok(left.length === 2 && !left.includes('none'), `seed ${seed}: ${left.join(', ')}`);
    for (const dynamic of [{ member_slots_ttl: 15 }, { member_slots_wal_budget: '200kB' }]) {
      const found = await slotsOfLost(seed, dynamic);
      assert.deepEqual(found, ['none', 'none'], `seed ${seed}, ${JSON.stringify(dynamic)}`);
    }
  }
});

test('slots of members that are dropped before their time are found', async () => {
  const dynamic = { member_slots_ttl: 60 };
  await findsAll([/^INV-13/u], { sabotage: slotsDropped, dynamic });
});
