// One turn as the agent runs it (agent/turn.ts and perform.ts), in a world where each step may come out in any way it
// can: the store refuses, loses the race or goes away, peers answer what they like, the watchdog fails.

import * as fc from 'fast-check';
import type { AskingStep, Step } from '#core/ha/step.ts';
import { isEnding } from '#core/ha/step.ts';
import { decide } from '#core/ha/table.ts';
import type { FailsafeAnswer, PeerStatus } from '#core/ha/values.ts';
import type { Learned, World } from '#core/ha/world.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { RewindFacts } from '#core/rewind/rewind-facts.ts';
import { peer, silentPeer } from './worlds.ts';

/** Draws a value; the test that asks replays and shrinks what was drawn. */
export type Draw = <Value>(from: fc.Arbitrary<Value>) => Value;

export interface Taken {
  readonly rule: number;
  readonly step: Step;
  /** As it was when the step was decided. */
  readonly world: World;
}

const most = 64;

/** Steps that go to the store, which may be away by then. */
const storeSteps = new Set<Step['kind']>([
  'touch-member',
  'race-initialize',
  'write-initialize',
  'write-config',
  'refresh-lock',
  'acquire-lock',
  'clear-failover',
  'sync',
]);

const anyPeer: fc.Arbitrary<Partial<PeerStatus> | null> = fc.option(
  fc.record({
    lsn: fc.constantFrom(null, lsnOf(0), lsnOf(500), lsnOf(1000), lsnOf(1500)),
    isInRecovery: fc.boolean(),
    timeline: fc.constantFrom(null, 1, 2, 3),
    isWatchdogFailed: fc.boolean(),
    leaseLeftMs: fc.constantFrom(null, 0, 0, 5000),
    tags: fc.constantFrom({}, { nofailover: true }, { failover_priority: 3 }),
  }),
);

const anyRewindFacts: fc.Arbitrary<RewindFacts> = fc.record({
  local: fc.constantFrom(null, {
    timeline: 1,
    lsn: lsnOf(2000),
    isInRecovery: true,
    checkpointEndLsn: null,
  }),
  leader: fc.oneof(
    fc.constant({ kind: 'unknown', why: 'it does not answer' } as const),
    fc
      .integer({ min: 1, max: 3 })
      .map((timeline) => ({ kind: 'known', timeline, lines: [] }) as const),
  ),
});

function learnPeers(names: readonly string[], draw: Draw): readonly PeerStatus[] {
  return names.map((name) => {
    const answer = draw(anyPeer);
    return answer === null ? silentPeer(name) : peer(name, answer);
  });
}

function learnFailsafe(draw: Draw): readonly FailsafeAnswer[] {
  const answers = draw(fc.array(fc.boolean(), { maxLength: 3 }));
  return answers.map((isAccepted) => ({ name: 'x', isAccepted, lsn: null, why: '' }));
}

/** What a step that goes on teaches. */
function outcomeOf(step: AskingStep, world: World, draw: Draw): Partial<Learned> {
  switch (step.kind) {
    case 'touch-member':
      return { isMemberTouched: true };
    case 'race-initialize':
      return { initializeRace: draw(fc.constantFrom('won', 'lost')) };
    case 'write-initialize':
      return { isInitializeWritten: true };
    case 'write-config':
      return { isConfigWritten: true };
    case 'refresh-lock':
      return { lock: draw(fc.constantFrom('refreshed', 'refused')) };
    case 'acquire-lock':
      return { lock: draw(fc.constantFrom('acquired', 'lost-race')) };
    case 'clear-failover':
      return { isFailoverKeyCleared: true };
    case 'ask-peers':
      return { peers: [...world.learned.peers, ...learnPeers(step.names, draw)] };
    case 'ask-failsafe':
      return { failsafe: learnFailsafe(draw) };
    case 'extend-lease':
      return { lock: 'refreshed' };
    case 'watchdog':
      return {
        watchdog: step.to === 'disable' ? 'disabled' : draw(fc.constantFrom('activated', 'failed')),
      };
    case 'read-rewind-facts':
      return { rewindFacts: draw(anyRewindFacts), canRewind: draw(fc.boolean()) };
    case 'sync':
      return learnSync(step.step, draw);
    case 'remember':
      return {};
    default:
      return step satisfies never;
  }
}

function learnSync(step: Extract<Step, { kind: 'sync' }>['step'], draw: Draw): Partial<Learned> {
  if (step.kind === 'set-names') return { standbyNames: step.names ?? '' };
  if (step.kind === 'wait') return {};
  if (draw(fc.boolean())) return { isSyncLost: true };
  const { leader, voters, quorum } =
    step.kind === 'write-sync' ? step : { leader: null, voters: [], quorum: 0 };
  return { syncState: { modRevision: '99', leader, voters, quorum } };
}

function memoryAfter(world: World, step: AskingStep, learned: Partial<Learned>): World['memory'] {
  const { memory, nowMs, config } = world;
  if (step.kind === 'remember') return { ...memory, ...step.memory };
  if (step.kind === 'watchdog') {
    return { ...memory, isWatchdogRunning: learned.watchdog === 'activated' };
  }
  if (learned.lock === 'refused') return { ...memory, leaseUntilMs: null };
  const isProven = learned.lock === 'refreshed' || learned.lock === 'acquired';
  return isProven ? { ...memory, leaseUntilMs: nowMs + config.ttlSeconds * 1000 } : memory;
}

function afterwards(world: World, step: AskingStep, draw: Draw): World {
  if (storeSteps.has(step.kind) && world.dcs.kind === 'cluster' && draw(fc.nat(9)) === 0) {
    const { cluster } = world.dcs;
    return {
      ...world,
      dcs: { kind: 'error', why: 'it went away', cached: cluster },
      learned: { ...world.learned, lock: null, failsafe: null },
    };
  }
  const learned = outcomeOf(step, world, draw);
  return {
    ...world,
    memory: memoryAfter(world, step, learned),
    learned: { ...world.learned, ...learned },
  };
}

/** The steps of one turn, the last of which ended it; throws where it does not end. */
export function runTurn(start: World, draw: Draw): readonly Taken[] {
  const taken: Taken[] = [];
  let world = start;
  while (taken.length < most) {
    const { rule, step } = decide(world);
    taken.push({ rule, step, world });
    if (isEnding(step)) return taken;
    world = afterwards(world, step, draw);
  }
  const last = taken.slice(-8).map(({ rule, step }) => `${rule} ${step.kind}`);
  throw new Error(`The turn does not end: ${last.join(', ')}`);
}
