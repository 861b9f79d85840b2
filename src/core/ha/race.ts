// Whether this member may try to take the leader key when nobody has it (patroni/ha.py, is_healthiest_node). Several
// members may find they may; the store lets one of them have it.
//
// Unlike Patroni nobody is stopped by a former leader that still answers: only a lease blocks, and there is none.

import type { RaceVerdict } from './compare-positions.ts';
import { compareWithPeers, mayLead, mayNot, racersOf } from './compare-positions.ts';
import { clusterOf, isPrimary, isSynchronous, ownTimeline, timelineOf } from './look.ts';
import { isSyncMember } from './peers.ts';
import { judgeManualRace } from './race-by-hand.ts';
import type { World } from './world.ts';

/** What rules out anybody for a while; null when nothing does. */
function passingObstacle({ config, memory, nowMs, postgres }: World): string | null {
  const failedAtMs = memory.prePromoteFailedAtMs;
  if (failedAtMs !== null && nowMs - failedAtMs < config.ttlSeconds * 1000) {
    return 'backoff: skip leader race after pre_promote script failure and releasing the lock voluntarily';
  }
  return postgres.state === 'starting' ? 'PostgreSQL is still starting up' : null;
}

/** What rules a standby out before anybody is asked; null when nothing does. */
function standbyObstacle(world: World): string | null {
  const { me, config } = world;
  const { failsafe } = clusterOf(world);
  if (me.tags.nofailover) return 'I am not allowed to become primary';
  const { storageProblem } = world.memory;
  if (storageProblem !== null) return `My storage takes no writes: ${storageProblem}`;
  if (me.isWatchdogRequired && !me.isWatchdogHealthy) return 'Watchdog device is not usable';
  if (config.isFailsafeMode && failsafe !== null && Object.keys(failsafe).length > 0) {
    if (failsafe[me.name] === undefined) return 'I am not a member of the failsafe topology';
  }
  return null;
}

/** A primary without a leader key, for example one that was running before the agent came. */
function judgePrimary(world: World): RaceVerdict {
  const { initialize } = clusterOf(world);
  const systemId = world.postgres.control?.systemId ?? '';
  if (world.config.isPaused) {
    return initialize === null || initialize === '' || initialize === systemId
      ? mayLead
      : mayNot(`system ID mismatch: ${systemId} != ${initialize}`);
  }
  // Whoever the key names has led since, and may have commits that were acknowledged without us.
  const { sync } = clusterOf(world);
  if (isSynchronous(world) && sync.leader !== world.me.name) {
    return mayNot(`${sync.leader} led the synchronous cluster after me`);
  }
  const timeline = ownTimeline(world) ?? 0;
  return timeline < timelineOf(world)
    ? mayNot(`My timeline ${timeline} is behind last known cluster timeline ${timelineOf(world)}`)
    : mayLead;
}

export function judgeRace(world: World): RaceVerdict {
  const { config, me } = world;
  const { failover } = clusterOf(world);
  const hasRequest =
    failover !== null && failover.scheduledAtMs === null && !world.learned.isFailoverKeyCleared;
  if (config.isPaused && hasRequest && !me.tags.nofailover) {
    const verdict = judgeManualRace(world, failover);
    if (verdict !== null) return verdict;
  }
  const passing = passingObstacle(world);
  if (passing !== null) return mayNot(passing);
  if (isPrimary(world)) return judgePrimary(world);
  if (config.isPaused) return mayNot('Management is paused');
  const obstacle = standbyObstacle(world);
  if (obstacle !== null) return mayNot(obstacle);
  if (hasRequest) {
    const verdict = judgeManualRace(world, failover);
    if (verdict !== null) return verdict;
  }
  const isPrioritySync = config.synchronousMode === 'on' && isSynchronous(world);
  if (isPrioritySync && !isSyncMember(world, me.name)) {
    return mayNot('I am not one of the synchronous standbys');
  }
  return compareWithPeers(world, { isLagChecked: true, members: racersOf(world) });
}
