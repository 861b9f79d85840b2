// What one agent knows and remembers, in one place. Only the loop, its steps and its long actions change it, and all
// of them run on one event loop: between two awaits nothing else does.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { noRejoinYet } from '#core/rewind/rejoin.ts';
import { noCrashLoop } from '#core/ha/crash-loop.ts';
import type { Memory } from '#core/ha/world.ts';
import type { MadeDecision } from '#core/rest/api-view.ts';
import type { ScheduledRestart } from '#core/rest/restart-request.ts';
import type { RetainTable } from '#core/slots/retain-slots.ts';

export const freshMemory: Memory = {
  wasPaused: false,
  bootstrap: null,
  isRecovering: false,
  wasCrashRecoveryTried: false,
  rewind: { kind: 'unchecked', against: '', why: '' },
  rejoin: noRejoinYet,
  sync: null,
  isOverridingStandbyNames: false,
  lastLsn: null,
  previousLsn: null,
  raceBackoffSinceMs: null,
  prePromoteFailedAtMs: null,
  lastStartFailedAtMs: null,
  crashLoop: noCrashLoop,
  isReturning: false,
  demotedAtMs: null,
  startTimeoutMs: null,
  leaseUntilMs: null,
  hasStartedOnce: false,
  silentSinceMs: null,
  storageProblem: null,
  hasJoined: false,
  isCheckpointAfterPromoteDone: null,
  isWatchdogRunning: false,
  walGap: null,
  detour: null,
};

/** A leader that reached us over REST while the store could not be asked. */
export interface FailsafeSender {
  readonly name: string;
  readonly apiUrl: string;
  readonly connUrl: string;
  readonly slots: JsonObject;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

export interface AgentState {
  config: AgentConfig;
  memory: Memory;
  /** The last view of the store, and the last one with a leader. */
  cluster: Cluster | null;
  /** Of the dynamic configuration in force; empty before one was read. */
  configRevision: string;
  lockedCluster: Cluster | null;
  /** Monotonic and wall-clock milliseconds of the last answer of the store. */
  clusterSeenMs: number;
  dcsLastSeenMs: number;
  failsafeSender: FailsafeSender | null;
  /** Leading by the word of all members, without the store. */
  isLeadingByFailsafe: boolean;
  /** How far the members were when they answered the last failsafe message. */
  failsafePositions: ReadonlyMap<string, Lsn>;
  scheduledRestart: ScheduledRestart | null;
  /** Newest last. */
  decisions: MadeDecision[];
  /** What was last told to the machine. */
  factsText: string;
  /** When the disk was last asked. */
  probedAtMs: number;
  nextRunAtMs: number;
  observedAtMs: number;
  /** Null: seeded from the store at the next publication. */
  retention: RetainTable;
  /** It was said that commits wait for standbys that are not there. */
  isAloneTold: boolean;
  /** The first checkpoint of this primary is being made. */
  isMakingFirstCheckpoint: boolean;
  /** What runs may be the primary of an agent that died; it was not looked at yet. */
  isResumingLease: boolean;
  /** Set by a shutdown: the member no longer counts as a synchronous standby or candidate. */
  isLeaving: boolean;
}

/** How many decisions are kept for people to look at. */
const decisionsKept = 200;

export function freshState(config: AgentConfig, nowMs: number): AgentState {
  return {
    config,
    memory: freshMemory,
    cluster: null,
    configRevision: '',
    lockedCluster: null,
    clusterSeenMs: 0,
    dcsLastSeenMs: 0,
    failsafeSender: null,
    isLeadingByFailsafe: false,
    failsafePositions: new Map(),
    scheduledRestart: null,
    decisions: [],
    factsText: '',
    probedAtMs: Number.NEGATIVE_INFINITY,
    nextRunAtMs: nowMs,
    observedAtMs: nowMs,
    retention: null,
    isAloneTold: false,
    isMakingFirstCheckpoint: false,
    isResumingLease: false,
    isLeaving: false,
  };
}

export function remember(state: AgentState, change: Partial<Memory>): void {
  state.memory = { ...state.memory, ...change };
}

/** Keeps a decision; one that repeats the last takes its place, so that the interesting ones stay. */
export function noteDecision(state: AgentState, decision: MadeDecision): void {
  const last = state.decisions.at(-1);
  if (last?.rule === decision.rule && last.message === decision.message) state.decisions.pop();
  state.decisions.push(decision);
  if (state.decisions.length > decisionsKept) state.decisions.shift();
}
