// What a run is, drawn from its seed: members with their tags and clocks, the configuration, how long there are
// faults. Nothing else decides what happens in it.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Random } from '#core/random.ts';
import { asObject } from '#core/dcs/json.ts';
import { ignoredSlot } from '../faults/slot-faults.ts';
import { createRandom } from '#core/random.ts';
import type { ClockOptions } from '../engine/sim-clock.ts';
import type { MemberSetup } from '../member/member-config.ts';

export type Mode = 'async' | 'on' | 'quorum';

export interface PlannedMember {
  readonly setup: MemberSetup;
  readonly clock: ClockOptions;
}

export interface Plan {
  readonly seed: number;
  readonly mode: Mode;
  readonly isStrict: boolean;
  readonly isFailsafe: boolean;
  readonly ttlSeconds: number;
  readonly loopWaitSeconds: number;
  readonly members: readonly PlannedMember[];
  readonly dynamic: JsonObject;
  readonly etcdRate: number;
  readonly faultsFromMs: number;
  readonly faultsUntilMs: number;
  /** Average pause between two faults, in milliseconds. */
  readonly faultPauseMs: number;
  readonly writers: number;
  /** Permanent logical slots, each with a consumer. */
  readonly logicalSlots: readonly string[];
}

export interface PlanOptions {
  /** In the place of a drawn number. */
  readonly members?: number;
  readonly mode?: Mode;
  /** Dynamic configuration in the place of what was drawn. */
  readonly dynamic?: JsonObject;
  /** Hours of faults in the place of some minutes. */
  readonly hours?: number;
}

/** How wrong clocks go at most. */
const drift = 0.005;

/** A stream of draws for one purpose, so that a change of one leaves the others as they were. */
export function streamOf(seed: number, purpose: number): Random {
  return createRandom(seed * 64 + purpose);
}

function tagsOf(random: Random, index: number, count: number): JsonObject {
  // One member at least may always lead.
  const isBound = index === 0;
  return {
    ...(!isBound && random.chance(0.08) ? { nofailover: true } : {}),
    ...(!isBound && random.chance(0.08) ? { nosync: true } : {}),
    ...(random.chance(0.15) ? { clonefrom: true } : {}),
    ...(random.chance(0.05) ? { noloadbalance: true } : {}),
    ...(random.chance(0.1) ? { failover_priority: random.between(1, 3) } : {}),
    ...(random.chance(0.1) ? { sync_priority: random.between(1, 3) } : {}),
    ...(count > 2 && index === count - 1 && random.chance(0.15) ? { replicatefrom: 'm1' } : {}),
  };
}

function clockOf(random: Random): ClockOptions {
  return {
    rate: 1 - drift + 2 * drift * random.next(),
    offsetMs: random.between(1000, 1_000_000),
    wallErrorMs: random.between(-50, 50),
  };
}

function modeOf(random: Random): Mode {
  return random.choose(['async', 'async', 'on', 'on', 'quorum', 'quorum', 'quorum']);
}

function timingsOf(random: Random): {
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
} {
  const [ttl, loopWait, retryTimeout] = random.choose([
    [30, 10, 10],
    [20, 1, 3],
    [20, 5, 5],
    [10, 2, 3],
    [10, 1, 4],
    [7, 1, 3],
  ] as const);
  return { ttl, loopWait, retryTimeout };
}

/** Permanent slots, and how they are kept. */
function slotSettingsOf(random: Random): JsonObject {
  const logical = (database: string): JsonObject => ({
    type: 'logical',
    database,
    plugin: 'pgoutput',
    ...(random.chance(0.2) ? { recreate_when_lost: true } : {}),
  });
  if (random.chance(0.1)) return {};
  const isOne = random.chance(0.5);
  return {
    slots: {
      cdc: logical('app'),
      ...(isOne ? {} : { audit: logical(random.choose(['app', 'other'])) }),
      archive: { type: 'physical' },
    },
    ignore_slots: [{ name: ignoredSlot }],
    slot_copy_interval: random.choose([2, 5, 20]),
  };
}

/** How long, and up to how much WAL, slots of members that are away are kept. */
function retentionOf(random: Random): JsonObject {
  return {
    ...(random.chance(0.25) ? { member_slots_ttl: random.choose([15, 30, 60]) } : {}),
    ...(random.chance(0.25)
      ? { member_slots_wal_budget: random.choose(['200kB', '500kB', '2MB']) }
      : {}),
  };
}

function logicalNames(settings: JsonObject): readonly string[] {
  return Object.keys(asObject(settings['slots'] ?? null) ?? {}).filter(
    (name) => name !== 'archive',
  );
}

export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const random = streamOf(seed, 1);
  const drawn = random.choose([1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5]);
  const count = options.members ?? drawn;
  const drawnMode = modeOf(random);
  const mode = options.mode ?? drawnMode;
  const wantsStrict = mode !== 'async' && random.chance(0.3);
  const isFailsafe = random.chance(0.2);
  const { ttl, loopWait, retryTimeout } = timingsOf(random);
  const watchdog = random.choose(['off', 'off', 'automatic', 'required'] as const);
  const tags = Array.from({ length: count }, (_, index) => tagsOf(random, index, count));
  // Strict mode makes commits wait for good where too few members may be synchronous.
  const fit = tags.filter(
    ({ nosync, replicatefrom }) => nosync !== true && replicatefrom === undefined,
  );
  const isStrict = wantsStrict && fit.length > 2;
  const slots = slotSettingsOf(streamOf(seed, 6));
  const dynamic: JsonObject = {
    ttl,
    loop_wait: loopWait,
    retry_timeout: retryTimeout,
    maximum_lag_on_failover: random.choose([16_384, 131_072, 1_048_576]),
    synchronous_mode: mode === 'quorum' ? 'quorum' : mode === 'on',
    synchronous_mode_strict: isStrict,
    synchronous_node_count: random.choose([1, 1, 1, 2]),
    failsafe_mode: isFailsafe,
    check_timeline: random.chance(0.3),
    primary_start_timeout: random.choose([300, 300, 20, 0]),
    ...(random.chance(0.2) ? { primary_race_backoff: 4 } : {}),
    ...(random.chance(0.2) ? { maximum_lag_on_syncnode: 100_000 } : {}),
    ...slots,
    ...retentionOf(streamOf(seed, 7)),
    postgresql: { use_pg_rewind: random.chance(0.7), use_slots: random.chance(0.8) },
    ...options.dynamic,
  };
  const members = Array.from({ length: count }, (_, index) => ({
    setup: { name: `m${index + 1}`, tags: tags[index] ?? {}, watchdog, dynamic },
    clock: clockOf(random),
  }));
  const faultsFromMs = random.chance(0.15) ? 0 : 20_000;
  const minutes = options.hours === undefined ? 1 + 2 * random.next() : options.hours * 60;
  return {
    seed,
    mode,
    isStrict,
    isFailsafe,
    ttlSeconds: ttl,
    loopWaitSeconds: loopWait,
    members,
    dynamic,
    etcdRate: 1 - drift + 2 * drift * random.next(),
    faultsFromMs,
    faultsUntilMs: faultsFromMs + minutes * 60_000,
    faultPauseMs: random.choose([3000, 6000, 12_000, 20_000]),
    writers: random.between(1, 3),
    logicalSlots: logicalNames(slots),
  };
}

/** One line for people. */
export function printPlan(plan: Plan): string {
  const { mode, isStrict, isFailsafe, members, dynamic } = plan;
  const tags = members.map(({ setup }) => `${setup.name}${printTags(setup.tags)}`).join(' ');
  const watchdog = members[0]?.setup.watchdog ?? 'off';
  return (
    `${tags}; ${mode}${isStrict ? ' strict' : ''}${isFailsafe ? ' failsafe' : ''}, ` +
    `watchdog ${watchdog}, ${JSON.stringify(dynamic)}`
  );
}

function printTags(tags: JsonObject): string {
  const names = Object.entries(tags).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return names.length === 0 ? '' : `(${names.join(' ')})`;
}
