// What the scenarios share: the charms as they are built, and questions about a model.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { Model } from '#core/juju/model.ts';
import type { JujuLocal } from '#juju-local/client.ts';
import { buildCharm, charmDirectory } from '../../scripts/build.ts';
import { charms } from '../../scripts/charms.ts';

/** Longest wait of a scenario for anything, milliseconds. */
export const scenarioTimeoutMs = 90_000;

/** Where a charm is built; it is built now where it was not yet. */
export async function built(
  name: 'postgresql' | 'salt-job-cache' | 'salt-job-cache-subordinate',
): Promise<string> {
  const charm = charms.find((one) => one.name === name);
  assert.ok(charm);
  if (!existsSync(`${charmDirectory(name)}/bin/node`)) {
    await buildCharm(charm);
  }
  return charmDirectory(name);
}

/** The model once nothing is left to do but what time brings. */
export async function settled(juju: JujuLocal): Promise<Model> {
  return juju.settled({ timeoutMs: scenarioTimeoutMs });
}

/** Status and message of a unit, as one text. */
export function statusOf(model: Model, unit: string): string {
  const found = model.units[unit]?.workloadStatus;
  return `${found?.status}: ${found?.message}`;
}

/** What postgresql/0 published in the relation whose other end is `application`. */
export function published(model: Model, application: string): Readonly<Record<string, string>> {
  const relation = Object.values(model.relations).find(
    ({ endpoints, life }) =>
      life === 'alive' &&
      endpoints.some((endpoint) => endpoint.application === application) &&
      endpoints.some((endpoint) => endpoint.application === 'postgresql'),
  );
  return relation?.units['postgresql/0']?.bag.settings ?? {};
}

/** Runs a query over a published connection string, as a client of the relation would. */
export async function query(
  conninfo: string,
  text: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const target = ConnectionString.parse(conninfo);
  const client = new Client({
    host: target.host ?? '',
    port: Number(target.port),
    database: target.dbname ?? '',
    user: target.user ?? '',
    password: target.password ?? '',
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    return (await client.query(text)).rows as Readonly<Record<string, unknown>>[];
  } finally {
    await client.end();
  }
}
