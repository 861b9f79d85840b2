// What contradicts itself in a world: fixtures like that prove nothing, and are refused before a test uses them.

import { isPrimary, mayAcceptWrites } from '#core/ha/look.ts';
import type { World } from '#core/ha/world.ts';

type Check = (world: World) => string | null;

function when(isWrong: boolean, words: string): string | null {
  return isWrong ? words : null;
}

const serverChecks: readonly Check[] = [
  ({ postgres: { sql, isRunning } }) =>
    when(sql !== null && !isRunning, 'a server that does not run answers'),
  ({ postgres: { pid, isRunning } }) =>
    when((pid !== null) !== isRunning, 'a process without a server, or a server without one'),
  ({ postgres: { isRunning, dataDirectory } }) =>
    when(isRunning && dataDirectory !== 'cluster', 'it runs without a data directory'),
  ({ postgres: { control, dataDirectory } }) =>
    when(control !== null && dataDirectory !== 'cluster', 'a control file without a cluster'),
  ({ postgres: { state, isRunning } }) =>
    when(!isRunning && ['running', 'starting'].includes(state), 'it runs and does not'),
  ({ postgres: { state, isRunning } }) =>
    when(isRunning && ['stopped', 'crashed'].includes(state), 'it is stopped and runs'),
  ({ postgres: { sql } }) =>
    when(
      sql?.isInRecovery === false &&
        (sql.receiverState !== null || sql.receiveLsn !== null || sql.replayLsn !== null),
      'a primary receives or replays',
    ),
  ({ postgres: { sql } }) =>
    when(sql?.isInRecovery === true && sql.walFlushLsn !== null, 'a standby writes WAL'),
  ({ postgres: { sql, isSetUpAsStandby } }) =>
    when(sql?.isInRecovery === false && isSetUpAsStandby, 'a primary is set up as a standby'),
  ({ postgres: { sql, sqlProblem } }) =>
    when((sql === null) !== (sqlProblem !== ''), 'an answer with a problem, or none without'),
];

const storeChecks: readonly Check[] = [
  ({ dcs }) => {
    if (dcs.kind !== 'cluster' || dcs.cluster.leader === null) return null;
    const { name, member } = dcs.cluster.leader;
    const known = dcs.cluster.members.find((each) => each.name === name) ?? null;
    const isSame = member === known || (dcs.isLeaderByFailsafe && known === null);
    return when(!isSame, 'the member of the leader key is another than the one of that name');
  },
  ({ dcs }) =>
    when(
      dcs.kind === 'cluster' && dcs.cluster.leader !== null && dcs.lockedCluster !== dcs.cluster,
      'there is a leader, and the last view with a leader is an older one',
    ),
  ({ dcs, me }) =>
    when(
      dcs.kind === 'cluster' &&
        dcs.isLeaderByFailsafe &&
        (dcs.cluster.leader === null || dcs.cluster.leader.name === me.name),
      'a failsafe message from nobody or from ourselves',
    ),
  ({ dcs, memory }) =>
    when(
      dcs.kind === 'cluster' && dcs.cluster.leader !== null && memory.bootstrap !== null,
      'somebody leads a cluster that we are making',
    ),
];

const learnedChecks: readonly Check[] = [
  ({ dcs, me, learned: { lock, failsafe } }) => {
    if (lock !== 'refreshed' && lock !== 'refused') return null;
    if (dcs.kind === 'error') return when(failsafe === null, 'a lease proven without the store');
    return when(dcs.cluster.leader?.name !== me.name, 'a key that is not ours was refreshed');
  },
  ({ dcs, learned: { lock } }) => {
    if (lock !== 'acquired' && lock !== 'lost-race') return null;
    return when(
      dcs.kind === 'error' || dcs.cluster.leader !== null,
      'a race for a key that is had',
    );
  },
  ({ memory, learned: { lock } }) =>
    when(
      (lock === 'refreshed' || lock === 'acquired') && memory.leaseUntilMs === null,
      'a proven lease without an end',
    ),
  ({ memory, learned: { lock } }) =>
    when(lock === 'refused' && memory.leaseUntilMs !== null, 'a lost lease that goes on'),
  ({ me, learned: { peers } }) =>
    when(
      peers.some(({ name }) => name === me.name),
      'it asked itself',
    ),
  ({ dcs, learned: { initializeRace } }) =>
    when(
      initializeRace !== null && (dcs.kind === 'error' || dcs.cluster.initialize !== null),
      'a race for a cluster that is made already',
    ),
  ({ dcs, learned: { failsafe } }) =>
    when(
      failsafe !== null && dcs.kind === 'cluster',
      'failsafe was asked although the store is there',
    ),
];

const actionChecks: readonly Check[] = [
  ({ action, postgres }) =>
    when(action?.kind === 'promote' && !postgres.isRunning, 'a stopped server is promoted'),
  (world) =>
    when(
      world.action?.kind === 'promote' && world.action.isCancellable && mayAcceptWrites(world),
      'a primary is about to be promoted',
    ),
  (world) =>
    when(
      world.action?.kind === 'rewind' && isPrimary(world) && world.postgres.sql !== null,
      'a serving primary is rewound',
    ),
  ({ action, memory }) =>
    when(
      action?.kind === 'bootstrap' && memory.bootstrap !== null,
      'a cluster is made that is made already',
    ),
];

/** Every contradiction, in words; empty where the world could be. */
export function impossibilities(world: World): readonly string[] {
  return [...serverChecks, ...storeChecks, ...learnedChecks, ...actionChecks]
    .map((check) => check(world))
    .filter((words) => words !== null);
}
