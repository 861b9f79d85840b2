// Comparison of histories and pg_rewind between two servers of the model.

import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import type { HistoryLine } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Random } from '#core/random.ts';
import type {
  Branch,
  LeaderHistory,
  LocalHistory,
  RewindFacts,
  RewindOutcome,
} from '#core/rewind/rewind-facts.ts';
import type { Actor } from '../engine/actor.ts';
import type { PostgresServer } from './server.ts';
import type { Wal } from './wal.ts';

export interface RewindParts {
  readonly server: PostgresServer;
  readonly actor: Actor;
  readonly clock: ClockPort;
  readonly random: Random;
  readonly isRewindFailing: () => boolean;
}

const connectMs = 2000;

export function historyLines({ ancestors }: Wal): readonly HistoryLine[] {
  return ancestors.map(({ timeline, end }) => ({
    timeline,
    lsn: lsnOf(end),
    reason: 'no recovery target specified',
    timestamp: null,
    newLeader: null,
  }));
}

/** Asks the server of another machine; null where no answer comes. */
export async function askServer<Answer>(
  { server, actor, clock }: Pick<RewindParts, 'server' | 'actor' | 'clock'>,
  machine: string,
  question: (other: PostgresServer) => Answer,
): Promise<Answer | null> {
  const { network, serverOn } = server.world;
  const { promise, resolve } = Promise.withResolvers<Answer | null>();
  const timer = clock.after(connectMs, () => resolve(null));
  network.send(server.name, machine, () => {
    const other = serverOn(machine);
    other?.hear(() => {
      const answer = question(other);
      network.send(machine, server.name, () => actor.after(0, () => resolve(answer)));
    });
  });
  const answer = await promise;
  timer.cancel();
  return answer;
}

function machineOf(leader: Upstream): string {
  return leader.connection?.['host'] ?? '';
}

/** The number of the first record stands for what no other promotion has the like of. */
function branchOf(
  { ancestors, records, timeline: last }: Wal,
  timeline: number,
): { readonly branch?: Branch } {
  const at = [...ancestors.map((ancestor) => ancestor.timeline), last].indexOf(timeline);
  const left = ancestors[at - 1];
  if (left === undefined) return {};
  const first = records.find(({ start }) => start === left.end);
  return { branch: { lsn: lsnOf(left.end), mark: first === undefined ? null : String(first.id) } };
}

/** `ours`: the timeline of who asks. */
function leaderHistory(other: PostgresServer, ours: number): LeaderHistory {
  if (!other.isReady) return { kind: 'unknown', why: 'it does not accept connections' };
  if (other.isInRecovery) return { kind: 'unknown', why: 'it is still in recovery itself' };
  const { wal } = other.data;
  return {
    kind: 'known',
    timeline: wal.timeline,
    lines: historyLines(wal),
    ...branchOf(wal, ours),
  };
}

function localHistory(server: PostgresServer): LocalHistory | null {
  const { directory } = server;
  if (directory === null || !directory.isCluster) return null;
  const { wal, control } = directory;
  if (server.process !== null) {
    if (!server.isReady) return null;
    const { isInRecovery } = server;
    const lsn = lsnOf(wal.flushedEnd);
    const { timeline } = wal;
    return { timeline, lsn, isInRecovery, checkpointEndLsn: null, ...branchOf(wal, timeline) };
  }

  const wasStandby = ['shut down in recovery', 'in archive recovery'].includes(control.state);
  if (wasStandby && control.minRecoveryEnd !== 0) {
    return {
      timeline: control.minRecoveryTimeline,
      lsn: lsnOf(control.minRecoveryEnd),
      isInRecovery: true,
      checkpointEndLsn: null,
      ...branchOf(wal, control.minRecoveryTimeline),
    };
  }
  if (!wasStandby && control.state !== 'shut down') return null;
  return {
    timeline: control.timeline,
    lsn: lsnOf(control.checkpointLsn),
    isInRecovery: false,
    checkpointEndLsn: control.checkpointEnd === null ? null : lsnOf(control.checkpointEnd),
    ...branchOf(wal, control.timeline),
  };
}

export async function rewindFactsOf(parts: RewindParts, leader: Upstream): Promise<RewindFacts> {
  const local = localHistory(parts.server);
  const theirs = await askServer(parts, machineOf(leader), (other) =>
    leaderHistory(other, local?.timeline ?? 0),
  );
  return {
    local,
    leader: theirs ?? { kind: 'unknown', why: 'it can’t be asked' },
  };
}

async function isLeaderThere(parts: RewindParts, leader: Upstream): Promise<boolean> {
  const isThere = await askServer(parts, machineOf(leader), (other) => other.isAccepting);
  return isThere === true;
}

/** A run that is called off is a failure: nobody knows how far it came. */
export async function runRewind(
  parts: RewindParts,
  leader: Upstream,
  signal?: AbortSignal,
): Promise<RewindOutcome> {
  try {
    return await copyChanges(parts, leader, signal);
  } catch (error) {
    if (signal?.aborted === true) return { kind: 'failed', why: 'it was called off' };
    throw error;
  }
}

/** A directory that is on the leader's timeline is left as it is; pg_rewind sees no reason to do anything. */
async function copyChanges(
  parts: RewindParts,
  leader: Upstream,
  signal?: AbortSignal,
): Promise<RewindOutcome> {
  const { server, clock, random } = parts;
  const { directory } = server;
  if (server.process !== null) return { kind: 'failed', why: 'PostgreSQL still runs' };
  if (directory === null || !directory.isCluster) return { kind: 'failed', why: 'no cluster' };
  if (directory.condition === 'half-rewound') {
    server.world.events.onBreach(server, 'runs pg_rewind on data that pg_rewind left half way');
  }
  if (!['shut down', 'shut down in recovery'].includes(directory.control.state)) {
    if (directory.hasStandbySignal) {
      return { kind: 'failed', why: 'target server must be shut down cleanly' };
    }
    await clock.delay(random.between(200, 1500), signal);
  }
  await clock.delay(random.between(100, 500), signal);
  if (!(await isLeaderThere(parts, leader))) {
    return { kind: 'leader-lost', why: 'could not connect to the leader' };
  }
  const source = server.world.serverOn(machineOf(leader));
  if (source?.directory == null) return { kind: 'leader-lost', why: 'it has gone' };
  if (source.directory.wal.timeline === directory.wal.timeline) return { kind: 'done' };
  directory.condition = 'half-rewound';
  const steps = random.between(1, 4);
  for (let step = 0; step < steps; step += 1) {
    await clock.delay(random.between(200, 1200), signal);
    if (!(await isLeaderThere(parts, leader)) || parts.isRewindFailing()) {
      return { kind: 'failed', why: 'the copy broke off' };
    }
  }
  if (server.directory !== directory || source.directory === null) {
    return { kind: 'failed', why: 'the copy broke off' };
  }
  directory.rewindTo(source.directory);
  return { kind: 'done' };
}
