// The parameters the postmaster gets on its command line, where ALTER SYSTEM can't reach them. All members
// need the same values, or ones in a certain order, so only the dynamic configuration decides them; and some
// have values below which a cluster could not work.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { parameterText, readBoolean, readInteger } from './read-value.ts';

interface CommandLineParameter {
  /** Null: there is no default, as the agent forces a value or derives it from another parameter. */
  readonly defaultValue: string | null;
  /** Null: the agent decides it, and what is configured does not count. */
  readonly isAllowed: ((value: JsonValue) => boolean) | null;
}

const forced: CommandLineParameter['isAllowed'] = null;

function atLeast(minimum: number): (value: JsonValue) => boolean {
  return (value) => (readInteger(value) ?? Number.NEGATIVE_INFINITY) >= minimum;
}

/** In the order in which they stand on the command line. */
export const commandLineParameters: ReadonlyMap<string, CommandLineParameter> = new Map([
  ['listen_addresses', { defaultValue: null, isAllowed: forced }],
  ['port', { defaultValue: null, isAllowed: forced }],
  ['cluster_name', { defaultValue: null, isAllowed: forced }],
  [
    'wal_level',
    {
      defaultValue: 'replica',
      // `hot_standby` is what `replica` was called once; old configurations still say so.
      isAllowed: (value) =>
        ['replica', 'logical', 'hot_standby'].includes(parameterText(value)?.toLowerCase() ?? ''),
    },
  ],
  ['hot_standby', { defaultValue: 'on', isAllowed: forced }],
  ['max_connections', { defaultValue: '100', isAllowed: atLeast(25) }],
  ['max_wal_senders', { defaultValue: '10', isAllowed: atLeast(3) }],
  ['wal_keep_segments', { defaultValue: null, isAllowed: atLeast(1) }],
  [
    'wal_keep_size',
    {
      defaultValue: null,
      isAllowed: (value) => (readInteger(value, 'MB') ?? Number.NEGATIVE_INFINITY) >= 16,
    },
  ],
  ['max_prepared_transactions', { defaultValue: '0', isAllowed: atLeast(0) }],
  ['max_locks_per_transaction', { defaultValue: '64', isAllowed: atLeast(32) }],
  [
    'track_commit_timestamp',
    { defaultValue: 'off', isAllowed: (value) => readBoolean(value) !== null },
  ],
  ['max_replication_slots', { defaultValue: '10', isAllowed: atLeast(4) }],
  ['max_worker_processes', { defaultValue: '8', isAllowed: atLeast(2) }],
  ['wal_log_hints', { defaultValue: 'on', isAllowed: forced }],
]);

/** What a cluster starts with where nothing is configured. */
export const parameterDefaults: Readonly<Record<string, string>> = Object.fromEntries(
  [...commandLineParameters].flatMap(([name, { defaultValue }]) =>
    defaultValue === null ? [] : [[name, defaultValue]],
  ),
);

/** Size of WAL kept where nothing is configured. */
export const walKeepSizeDefault = '128MB';

/** Names in lower case, as PostgreSQL does not tell cases apart; the last of several wins. */
export function withLowerCaseNames(parameters: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/**
 * The parameters of a dynamic configuration that count, names in lower case. One that can't be is left out
 * with a sentence in `warnings`; one the agent decides is left out without.
 */
export function acceptDynamicParameters(parameters: JsonObject, warnings: string[]): JsonObject {
  const accepted = Object.entries(withLowerCaseNames(parameters)).filter(([name, value]) => {
    const known = commandLineParameters.get(name);
    if (known === undefined) return true;
    if (known.isAllowed === null) return false;
    if (known.isAllowed(value)) return true;
    const instead = known.defaultValue ?? walKeepSizeDefault;
    warnings.push(
      `postgresql parameter ${name}=${parameterText(value) ?? JSON.stringify(value)} ` +
        `failed validation, defaulting to ${instead}`,
    );
    return false;
  });
  return Object.fromEntries(accepted);
}

/** The parameters of one member's file that count, names in lower case. */
export function acceptLocalParameters(parameters: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(withLowerCaseNames(parameters)).filter(
      ([name]) => !commandLineParameters.has(name),
    ),
  );
}
