// The text of `GET /metrics` in Prometheus' exposition format. Names, labels and types are Patroni's, for the
// dashboards that exist; those that begin with `pg_agent_` are ours.

import { postgresStates } from '#core/dcs/cluster.ts';
import { isUnlocked } from '#core/dcs/cluster-facts.ts';
import { slotMetrics } from '#core/slots/slot-summary.ts';
import type { ApiView } from './api-view.ts';
import { epochSeconds } from './postgres-time.ts';
import {
  publishedRole,
  publishedState,
  publishedTimeline,
  replicationState,
  syncRole,
} from './replication-facts.ts';

type Value = number | bigint | boolean | string | null;

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly value: Value;
  /** A comment before it. */
  readonly note?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

function gauge(name: string, help: string, value: Value): Metric {
  return { name: `patroni_${name}`, type: 'gauge', help, value };
}

function counter(name: string, help: string, value: Value): Metric {
  return { name: `patroni_${name}`, type: 'counter', help, value };
}

/** `4.1.4` is `040104`. */
function paddedVersion(version: string): string {
  return version
    .split('.')
    .map((part) => part.padStart(2, '0'))
    .join('');
}

function roleMetrics(view: ApiView): readonly Metric[] {
  const role = publishedRole(view);
  const isRunning = publishedState(view) === 'running';
  const isPrimary = role === 'primary';
  return [
    gauge(
      'version',
      'Version of Patroni the agent speaks, two digits a part.',
      paddedVersion(view.version),
    ),
    gauge('postgres_running', '1 if PostgreSQL runs and answers, 0 otherwise.', isRunning),
    gauge(
      'postmaster_start_time',
      'Seconds since the epoch at which PostgreSQL was started, 0 if it does not answer.',
      epochSeconds(view.facts.sql?.postmasterStartTime ?? null),
    ),
    gauge(
      'master',
      '1 if this member is the primary; the older name of patroni_primary.',
      isPrimary,
    ),
    gauge('primary', '1 if this member is the primary, 0 otherwise.', isPrimary),
  ];
}

function walMetrics({ facts }: ApiView): readonly Metric[] {
  const { sql } = facts;
  const standby = sql !== null && sql.isInRecovery ? sql : null;
  return [
    counter(
      'xlog_received_location',
      'Bytes of WAL a standby has received, 0 on a primary.',
      standby?.receiveLsn ?? standby?.replayLsn ?? 0,
    ),
    counter(
      'xlog_replayed_location',
      'Bytes of WAL a standby has replayed, 0 on a primary.',
      standby?.replayLsn ?? 0,
    ),
    gauge(
      'xlog_replayed_timestamp',
      'Seconds since the epoch of the last transaction a standby has replayed, 0 if there is none.',
      epochSeconds(standby?.replayTimestamp ?? null),
    ),
    gauge('xlog_paused', '1 if replay is paused, 0 otherwise.', standby?.isReplayPaused ?? false),
    gauge(
      'postgres_streaming',
      '1 if a standby streams from its upstream, 0 otherwise.',
      replicationState(facts) === 'streaming',
    ),
    gauge(
      'postgres_in_archive_recovery',
      '1 if a standby takes its WAL from the archive, 0 otherwise.',
      replicationState(facts) === 'in archive recovery',
    ),
    gauge(
      'postgres_server_version',
      "PostgreSQL's version as a number, 0 if it does not answer.",
      sql === null ? 0 : facts.serverVersion,
    ),
  ];
}

function stateMetric(view: ApiView): Metric {
  const index = postgresStates.findIndex((state) => state === publishedState(view));
  const values = ['-1: unknown', ...postgresStates.map((state, at) => `${at}: ${state}`)];
  return {
    ...gauge('postgres_state', 'State of PostgreSQL by number.', index),
    note: `Values: ${values.join(', ')}`,
  };
}

function clusterMetrics(view: ApiView): readonly Metric[] {
  const { facts, cluster, config, failsafe } = view;
  return [
    gauge(
      'cluster_unlocked',
      '1 if nobody holds the leader key, 0 if somebody does.',
      cluster === null || isUnlocked(cluster),
    ),
    gauge(
      'failsafe_mode_is_active',
      '1 if the cluster is led without the store, 0 otherwise.',
      view.isFailsafeActive,
    ),
    gauge('failsafe_mode_enabled', '1 if failsafe_mode is configured.', config.isFailsafeMode),
    gauge(
      'failsafe_member',
      '1 if this member belongs to those a leader without a store asks.',
      failsafe !== null && Object.hasOwn(failsafe, view.name),
    ),
    gauge(
      'postgres_timeline',
      'Timeline of PostgreSQL, 0 if it does not answer.',
      facts.sql === null ? 0 : publishedTimeline(facts),
    ),
    gauge(
      'dcs_last_seen',
      'Seconds since the epoch of the last answer of the configuration store.',
      Math.floor(view.dcsLastSeenMs / 1000),
    ),
    gauge(
      'pending_restart',
      '1 if settings wait for a restart of PostgreSQL.',
      Object.keys(facts.pendingRestart).length > 0,
    ),
    gauge('is_paused', '1 if management is paused.', config.isPaused),
    stateMetric(view),
    gauge(
      'failover_priority',
      'Priority of this member in an election.',
      view.tags.failoverPriority,
    ),
  ];
}

/** Of each slot, and of the work on all of them. */
function slotLines(
  { slots }: ApiView,
  common: Readonly<Record<string, string>>,
): readonly string[] {
  const { counters } = slots;
  const ours = (name: string, help: string, value: number): Metric => ({
    name: `pg_agent_${name}`,
    type: 'counter',
    help,
    value,
  });
  const totals: readonly Metric[] = [
    ours('slot_copy_total', 'Logical slots copied from the primary.', counters.copies),
    ours('slot_copy_restart_total', 'Restarts made for copying slots.', counters.copyRestarts),
    ours(
      'slot_turns_skipped_total',
      'Turns that found the work on slots of an earlier one still going on.',
      counters.skipped,
    ),
    {
      ...ours(
        'slot_advances_in_flight',
        'Databases in which logical slots are being moved.',
        counters.advancesInFlight,
      ),
      type: 'gauge',
    },
  ];
  return [
    ...slotMetrics(slots.summaries)
      .filter(({ samples }) => samples.length > 0)
      .map(({ samples, ...metric }) => sampled(metric, samples, common)),
    ...totals.map((metric) => lines(metric, common)),
    ...(counters.errors.size === 0
      ? []
      : [
          sampled(
            ours('slot_errors_total', 'Parts of the work on slots that failed.', 0),
            [...counters.errors].map(([step, value]) => ({ labels: { step }, value })),
            common,
          ),
        ]),
  ];
}

/** Progress of a long action, while there is one. */
function progressMetrics({ facts }: ApiView): readonly Metric[] {
  const { progress } = facts;
  if (progress === null) return [];
  const labels = { action: progress.action };
  const ours = (name: string, help: string, value: number | null): readonly Metric[] =>
    value === null ? [] : [{ name: `pg_agent_action_${name}`, type: 'gauge', help, value, labels }];
  return [
    ...ours('bytes_done', 'Bytes the long action that runs has got through.', progress.bytesDone),
    ...ours('bytes_total', 'Bytes the long action that runs has in all.', progress.bytesTotal),
    ...ours('bytes_per_second', 'Rate of the long action that runs.', progress.bytesPerSecond),
    ...ours(
      'expected_end_seconds',
      'Seconds the long action that runs is expected to go on.',
      progress.expectedEndInMs === null ? null : progress.expectedEndInMs / 1000,
    ),
  ];
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function number(value: Value): string {
  return typeof value === 'boolean' ? String(Number(value)) : String(value ?? 0);
}

/** One metric with a sample for each set of labels. */
function sampled(
  { name, type, help }: Pick<Metric, 'name' | 'type' | 'help'>,
  samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number | bigint;
  }[],
  common: Readonly<Record<string, string>>,
): string {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels, value }) => sample(name, { ...common, ...labels }, value)),
  ].join('\n');
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: Value): string {
  const text = Object.entries(labels)
    .map(([key, labelled]) => `${key}="${label(labelled)}"`)
    .join(',');
  return `${name}{${text}} ${number(value)}`;
}

function lines(metric: Metric, common: Readonly<Record<string, string>>): string {
  return [
    ...(metric.note === undefined ? [] : [`# ${metric.note}`]),
    `# HELP ${metric.name} ${metric.help}`,
    `# TYPE ${metric.name} ${metric.type}`,
    sample(metric.name, { ...common, ...metric.labels }, metric.value),
  ].join('\n');
}

/** `ageMs`: how old the facts are. */
export function metricsText(view: ApiView, ageMs: number): string {
  const role = publishedRole(view);
  const sync = syncRole(view);
  const { sql } = view.facts;
  const metrics: readonly Metric[] = [
    ...roleMetrics(view),
    counter(
      'xlog_location',
      'Bytes of WAL a primary has written, 0 on a standby.',
      sql === null || sql.isInRecovery ? 0 : sql.walFlushLsn,
    ),
    gauge('standby_leader', '1 if this member leads a standby cluster.', role === 'standby_leader'),
    gauge('replica', '1 if this member is a replica, 0 otherwise.', role === 'replica'),
    gauge('sync_standby', '1 if this member is a synchronous standby.', sync === 'sync'),
    gauge(
      'quorum_standby',
      '1 if this member is a standby of the quorum that confirms commits.',
      sync === 'quorum',
    ),
    ...walMetrics(view),
    ...clusterMetrics(view),
    {
      name: 'pg_agent_view_age_seconds',
      type: 'gauge',
      help: 'Age of the facts these figures and all health checks are made of.',
      value: ageMs / 1000,
    },
    ...progressMetrics(view),
  ];
  const common = { scope: view.scope, name: view.name };
  const texts = [...metrics.map((metric) => lines(metric, common)), ...slotLines(view, common)];
  return `${texts.join('\n')}\n`;
}
