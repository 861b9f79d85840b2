// What a member publishes of itself in `members/<name>` (patroni/ha.py, touch_member), key by key in Patroni's order.

import type { JsonObject, JsonValue, Progress } from '#core/dcs/cluster.ts';
import { maxLsn } from './look.ts';
import type { PostgresFacts } from './postgres-facts.ts';
import type { Me, Memory, RunningAction } from './world.ts';

export interface MemberInputs {
  readonly me: Me;
  readonly version: string;
  readonly proxyUrl: string | null;
  readonly postgres: PostgresFacts;
  readonly memory: Memory;
  readonly action: RunningAction | null;
  readonly isPaused: boolean;
  readonly scheduledRestart: JsonObject | null;
  readonly progress: Progress | null;
  /** Logical slots that can't be relied on here, with their states. */
  readonly unreadySlots?: JsonObject;
  /** Slots of absent members that kept more WAL than they may, with where they were. */
  readonly givenUpSlots?: JsonObject;
}

const positionStates: readonly string[] = ['running', 'restarting', 'starting'];

/** `streaming`, `in archive recovery`, or null where neither is so. */
export function replicationStateOf({ sql }: PostgresFacts): string | null {
  if (sql === null || !sql.isInRecovery) return null;
  if (sql.receiverState === 'streaming') return 'streaming';
  return (sql.restoreCommand ?? '') === '' ? null : 'in archive recovery';
}

/** The timeline as others may rely on it; null while it is not known. */
export function publishedTimeline({ sql, control, role }: PostgresFacts): number | null {
  if (sql === null) return null;
  if (!sql.isInRecovery) return sql.timeline;
  const known = sql.receivedTimeline ?? (sql.timeline > 0 ? sql.timeline : null);
  return known ?? (role === 'standby_leader' ? (control?.timeline ?? null) : null);
}

function positions({ postgres, action }: MemberInputs): JsonObject {
  const { sql, state } = postgres;
  const isKnown = positionStates.includes(state) && (action === null || action.kind === 'promote');
  if (sql === null || !isKnown) return {};
  if (!sql.isInRecovery) {
    return sql.walFlushLsn === null ? {} : { xlog_location: sql.walFlushLsn };
  }
  const best = maxLsn(sql.receiveLsn, sql.replayLsn);
  return {
    ...(best === null ? {} : { xlog_location: best }),
    ...(sql.receiveLsn === null ? {} : { receive_lsn: sql.receiveLsn }),
    ...(sql.replayLsn === null ? {} : { replay_lsn: sql.replayLsn }),
  };
}

function progressValue(progress: Progress): JsonObject {
  return {
    action: progress.action,
    phase: progress.phase,
    bytes_done: progress.bytesDone,
    bytes_total: progress.bytesTotal,
    bytes_per_second: progress.bytesPerSecond,
  };
}

/** The keys that are not always there. */
function extras(inputs: MemberInputs): JsonObject {
  const { postgres, memory, isPaused, scheduledRestart, progress } = inputs;
  const found: Record<string, JsonValue> = {};
  const replicationState = replicationStateOf(postgres);
  if (replicationState !== null) found['replication_state'] = replicationState;
  const timeline = publishedTimeline(postgres);
  if (timeline !== null && timeline > 0) found['timeline'] = timeline;
  if (Object.keys(postgres.pendingRestart).length > 0) {
    found['pending_restart'] = true;
    found['pending_restart_reason'] = { ...postgres.pendingRestart };
  }
  if (scheduledRestart !== null) found['scheduled_restart'] = scheduledRestart;
  const isPrimary = postgres.role === 'primary' || postgres.role === 'promoted';
  if (isPrimary && memory.isCheckpointAfterPromoteDone === false) {
    found['checkpoint_after_promote'] = false;
  }
  if (isPaused) found['pause'] = true;
  if (progress !== null) found['progress'] = progressValue(progress);
  const { unreadySlots = {}, givenUpSlots = {} } = inputs;
  if (Object.keys(unreadySlots).length > 0) found['unready_slots'] = unreadySlots;
  if (Object.keys(givenUpSlots).length > 0) found['given_up_slots'] = givenUpSlots;
  return found;
}

/** The member's value; `tags` is there where some are set. */
export function memberValue(inputs: MemberInputs): JsonObject {
  const { me, version, proxyUrl, postgres } = inputs;
  return {
    conn_url: me.connUrl,
    api_url: me.apiUrl,
    state: postgres.state,
    role: postgres.role,
    version,
    ...(proxyUrl === null ? {} : { proxy_url: proxyUrl }),
    ...(Object.keys(me.tags.raw).length === 0 ? {} : { tags: me.tags.raw }),
    ...positions(inputs),
    ...extras(inputs),
  };
}
