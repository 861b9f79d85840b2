// Reads what the running server says of itself: version, role, parameters, and what is wrong in its files.

import type { ParameterFacts } from '#core/config/check-parameters.ts';
import {
  booleanColumn,
  numberColumn,
  optionalTextColumn,
  optionalTextsColumn,
  textColumn,
} from './columns.ts';
import type { SqlSession } from './session.ts';

export interface RunningFacts {
  readonly version: string;
  /** For example 150018. */
  readonly versionNumber: number;
  /** A 64-bit number, as text: it does not fit into a JavaScript number. */
  readonly systemIdentifier: string;
  readonly inRecovery: boolean;
  /** Parameters whose change waits for a restart. */
  readonly pendingRestart: readonly string[];
  /** When the configuration in force was read, in microseconds since 1970, as text. */
  readonly loadedAt: string;
}

export async function readRunningFacts(session: SqlSession): Promise<RunningFacts> {
  const rows = await session.query(
    `SELECT current_setting('server_version') AS version,
            current_setting('server_version_num')::int AS number,
            (SELECT system_identifier::text FROM pg_control_system()) AS identifier,
            pg_is_in_recovery() AS recovery,
            ARRAY(SELECT name::text FROM pg_settings WHERE pending_restart ORDER BY 1) AS pending,
            (extract(epoch FROM pg_conf_load_time()) * 1000000)::bigint::text AS loaded`,
  );
  const row = rows[0] ?? {};
  return {
    // Distributions add their own version in parentheses.
    version: textColumn(row, 'version').split(' ', 1)[0] ?? '',
    versionNumber: numberColumn(row, 'number'),
    systemIdentifier: textColumn(row, 'identifier'),
    inRecovery: booleanColumn(row, 'recovery'),
    pendingRestart: optionalTextsColumn(row, 'pending') ?? [],
    loadedAt: textColumn(row, 'loaded'),
  };
}

const types: readonly ParameterFacts['type'][] = ['bool', 'integer', 'real', 'string', 'enum'];

/** All parameters of the server, by lower-case name. */
export async function readParameterFacts(
  session: SqlSession,
): Promise<ReadonlyMap<string, ParameterFacts>> {
  const rows = await session.query(
    `SELECT lower(name) AS name, vartype, context, unit, min_val, max_val, enumvals FROM pg_settings`,
  );
  return new Map(
    rows.map((row) => {
      const type = types.find((known) => known === row['vartype']);
      if (type === undefined)
        throw new TypeError(`Cannot read pg_settings: unknown type of ${textColumn(row, 'name')}`);
      return [
        textColumn(row, 'name'),
        {
          type,
          context: textColumn(row, 'context'),
          unit: optionalTextColumn(row, 'unit'),
          min: optionalTextColumn(row, 'min_val'),
          max: optionalTextColumn(row, 'max_val'),
          values: optionalTextsColumn(row, 'enumvals'),
        },
      ];
    }),
  );
}

export interface FileFault {
  readonly line: number;
  readonly error: string;
}

/**
 * What keeps the server from taking pg_hba.conf as it is on disk, before it is told to read it. A line it
 * understands and only warns of, as `hostssl` on a server without TLS, comes with its type and is no fault.
 */
export async function readHbaFaults(session: SqlSession): Promise<readonly FileFault[]> {
  const rows = await session.query(
    `SELECT line_number AS line, error FROM pg_hba_file_rules
      WHERE error IS NOT NULL AND type IS NULL ORDER BY 1`,
  );
  return rows.map((row) => ({ line: numberColumn(row, 'line'), error: textColumn(row, 'error') }));
}

/** Tells the server to read its files again; returns before it did. */
export async function requestReload(session: SqlSession): Promise<void> {
  await session.query('SELECT pg_reload_conf()');
}
