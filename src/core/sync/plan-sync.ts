// Decides the next single step that brings synchronous replication where the configuration wants it. The
// caller performs it, looks again, and asks again; it may be stopped between any two steps.
//
// Order: a standby enters synchronous_standby_names first and the key /sync once it has caught up; it leaves
// the key first. The arithmetic behind is in quorum-resolver.ts.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import type { Member, SyncState } from '#core/dcs/cluster.ts';
import type { SqlFacts } from '#core/ha/postgres-facts.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { QuorumState, QuorumTarget, Transition } from './quorum-resolver.ts';
import { resolveNext } from './quorum-resolver.ts';
import type { StandbyNames } from './standby-names.ts';
import { parseStandbyNames, renderStandbyNames, strictPlaceholder } from './standby-names.ts';
import { foldName, pickStandbys, syncCandidates } from './sync-candidates.ts';

/**
 * The names in force and a position flushed after they were: who has reached it has every commit that was
 * acknowledged under other names. Null while nothing was noted; forgetting it is always safe.
 */
export type SyncMemory = { readonly names: string; readonly flushLsn: Lsn } | null;

/**
 * To be called with each observation of the primary, before planning. Whoever changes the names forgets the
 * memory (null) at the same time: names that went and came back between two observations are new names.
 */
export function noteNames(memory: SyncMemory, names: string, flushLsn: Lsn | null): SyncMemory {
  if (memory?.names === names) return memory;
  return flushLsn === null ? null : { names, flushLsn };
}

export type SyncConfig = Pick<
  GlobalConfig,
  | 'synchronousMode'
  | 'isSynchronousModeStrict'
  | 'synchronousNodeCount'
  | 'maximumLagOnSyncnodeBytes'
  | 'standbyCluster'
>;

export interface SyncInput {
  /** This member: it has the leader key, and its PostgreSQL accepts writes. */
  readonly me: string;
  readonly sync: SyncState;
  readonly members: readonly Member[];
  readonly sql: Pick<
    SqlFacts,
    'replication' | 'synchronousCommit' | 'synchronousStandbyNames' | 'walFlushLsn'
  >;
  readonly config: SyncConfig;
  readonly memory: SyncMemory;
  /** Whether synchronous_standby_names is ours: set by `set-names` and not given back since. */
  readonly isOverriding: boolean;
}

export type SyncStep =
  /** Compare-and-set of the key /sync; whoever was faster makes the caller read again. */
  | {
      readonly kind: 'write-sync';
      readonly leader: string;
      readonly voters: readonly string[];
      readonly quorum: number;
      readonly expected: string | null;
      readonly why: string;
    }
  | { readonly kind: 'delete-sync'; readonly expected: string | null; readonly why: string }
  /** Null gives the setting back to what the user configured. Forget `SyncMemory` with it. */
  | { readonly kind: 'set-names'; readonly names: string | null; readonly why: string }
  /** Look again when a standby has moved; nothing else can be done now. */
  | { readonly kind: 'wait'; readonly why: string };

/** The next step, or null where all is as it should be. */
export function planSync(input: SyncInput): SyncStep | null {
  const { me, sync, config } = input;
  if (config.synchronousMode === 'off' || config.standbyCluster !== null) return planDisable(input);
  if (sync.leader === null) {
    return {
      kind: 'write-sync',
      leader: me,
      voters: [],
      quorum: 0,
      expected: sync.modRevision,
      why: 'Enabled synchronous replication',
    };
  }
  const names = namesInForce(input);
  const state = stateOf(input, sync.leader, names);
  const target = targetOf(input);
  const resolution = resolveNext(state, target);
  switch (resolution.kind) {
    case 'transition':
      return stepOf(resolution.transition, input, target);
    case 'wait':
      return settleNames(names, state, input) ?? waitFor(resolution.nodes, input);
    case 'done':
      return settleNames(names, state, input);
    default:
      return resolution satisfies never;
  }
}

/** Whether commits wait for standbys that are not there: worth a warning, once. */
export function isWaitingForNobody(input: SyncInput): boolean {
  const { synchronousMode, isSynchronousModeStrict, standbyCluster } = input.config;
  if (synchronousMode === 'off' || !isSynchronousModeStrict || standbyCluster !== null)
    return false;
  return targetOf(input).active.size === 0;
}

export const nobodyWarning: string =
  'No active replication connections from Patroni members and synchronous_mode_strict is requested. ' +
  'Commits will be delayed.';

function planDisable({ sync, isOverriding }: SyncInput): SyncStep | null {
  if (sync.leader !== null) {
    const why = 'Disabled synchronous replication';
    return { kind: 'delete-sync', expected: sync.modRevision, why };
  }
  if (!isOverriding) return null;
  const why = 'synchronous mode is off, so synchronous_standby_names is the user’s own again';
  return { kind: 'set-names', names: null, why };
}

/** A text PostgreSQL could not read is in force nowhere; nobody is known to acknowledge anything. */
function namesInForce({ sql }: SyncInput): StandbyNames {
  return parseStandbyNames(sql.synchronousStandbyNames) ?? { kind: 'off' };
}

function stateOf(input: SyncInput, votingLeader: string, names: StandbyNames): QuorumState {
  const spell = speller(input);
  const isOff = names.kind === 'off';
  const acknowledging = isOff ? [] : names.names.filter((name) => name !== strictPlaceholder);
  return {
    leader: input.me,
    votingLeader: spell(votingLeader),
    voting: { voters: new Set(input.sync.voters.map(spell)), quorum: input.sync.quorum },
    acknowledging: {
      names: new Set(acknowledging.map(spell)),
      num: isOff ? 0 : names.num,
      isAnybody: !isOff && names.hasStar,
    },
    confirmed: confirmedOf(input),
  };
}

function targetOf(input: SyncInput): QuorumTarget {
  const { config } = input;
  const candidates = syncCandidates({ me: input.me, members: input.members, ...input.sql }, config);
  const picked = pickStandbys(candidates, config);
  return {
    mode: config.synchronousMode === 'quorum' ? 'quorum' : 'on',
    active: new Set(picked.map(({ name }) => name)),
    wanted: Math.max(1, config.synchronousNodeCount),
    isStrict: config.isSynchronousModeStrict,
  };
}

/**
 * Standbys whose walsender knows the names in force, and who have reached what was flushed when these were
 * first seen: they have every commit that was acknowledged under the names before.
 */
function confirmedOf(input: SyncInput): ReadonlySet<string> {
  const { memory, sql } = input;
  if (memory === null || memory.names !== sql.synchronousStandbyNames) return new Set();
  const candidates = syncCandidates(
    { me: input.me, members: input.members, ...sql },
    { maximumLagOnSyncnodeBytes: 0 },
  );
  return new Set(
    candidates
      .filter(({ lsn, syncState }) => lsn >= memory.flushLsn && isSynchronous(syncState))
      .map(({ name }) => name),
  );
}

function isSynchronous(syncState: string): boolean {
  return syncState === 'sync' || syncState === 'quorum';
}

/** Spells every name as its member key does, as names are compared without regard to case. */
function speller({ members }: SyncInput): (name: string) => string {
  const spellings = new Map(members.map(({ name }) => [foldName(name), name]));
  return (name) => spellings.get(foldName(name)) ?? name;
}

function stepOf(transition: Transition, input: SyncInput, target: QuorumTarget): SyncStep {
  const nodes = [...transition.nodes].toSorted();
  const shown = nodes.length === 0 ? 'nobody' : nodes.join(', ');
  if (transition.kind === 'sync') {
    const names = renderNames(transition.nodes, transition.num, target.mode);
    const why =
      nodes.length > 0
        ? `Assigning synchronous standby status to ${shown}: ${transition.num} of them acknowledge a commit`
        : transition.num > 0
          ? nobodyWarning
          : 'no standby is fit to be synchronous, so commits wait for nobody';
    return { kind: 'set-names', names, why };
  }
  const before = input.sync.voters.length === 0 ? 'nobody' : input.sync.voters.join(', ');
  const why =
    transition.kind === 'restart'
      ? `${input.me} leads instead of ${input.sync.leader}, with ${shown} as its synchronous standbys`
      : `Updating synchronous privilege from ${before} to ${shown}, with a quorum of ${transition.num}`;
  return {
    kind: 'write-sync',
    leader: transition.leader,
    voters: nodes,
    quorum: transition.num,
    expected: input.sync.modRevision,
    why,
  };
}

/** Of one meaning there are several texts; the one that fits the mode is what people expect to see. */
function settleNames(names: StandbyNames, state: QuorumState, input: SyncInput): SyncStep | null {
  const { names: nodes, num } = state.acknowledging;
  const text = renderNames(nodes, num, input.config.synchronousMode === 'quorum' ? 'quorum' : 'on');
  const wanted = parseStandbyNames(text);
  const isSame = wanted?.kind === names.kind && input.isOverriding;
  if (isSame) return null;
  const why = `synchronous_standby_names is kept as synchronous mode ${input.config.synchronousMode} writes it`;
  return { kind: 'set-names', names: text, why };
}

/** The setting that makes `num` of these acknowledge every commit. */
export function renderNames(
  nodes: ReadonlySet<string>,
  num: number,
  mode: 'on' | 'quorum',
): string {
  if (num === 0) return '';
  const names = nodes.size === 0 ? [strictPlaceholder] : [...nodes].toSorted();
  const kind = mode === 'quorum' ? 'quorum' : 'priority';
  return renderStandbyNames({ kind, num, names, hasStar: false });
}

function waitFor(nodes: ReadonlySet<string>, { memory }: SyncInput): SyncStep {
  const names = [...nodes].toSorted().join(', ');
  const why =
    memory === null
      ? 'the position has to be noted that new synchronous standbys have to reach'
      : `waiting until ${names} reached ${formatLsn(memory.flushLsn satisfies Lsn)} and became synchronous`;
  return { kind: 'wait', why };
}
