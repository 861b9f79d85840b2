// The part of `npm start -- --units N` that is worth a look: the primary's PostgreSQL is killed, and the cluster
// recovers while something tries to write all the time.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Model } from '#core/juju/model.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { JujuLocal } from '#juju-local/client.ts';
import { layoutOf } from '#juju-local/state/layout.ts';

const recoveryTimeoutMs = 120_000;
const pauseMs = 20;

/** The connection string a unit of postgresql published to salt-job-cache: what its relation data says. */
export function connectionString(model: Model): string | null {
  const bags = Object.values(model.relations).flatMap(({ units }) => Object.entries(units));
  const found = bags.find(
    ([unit, { bag }]) => unit.startsWith('postgresql/') && Object.hasOwn(bag.settings, 'master'),
  );
  return found?.[1].bag.settings['master'] ?? null;
}

/** Units of the cluster that say they are active, as `primary` or `standby`. */
export function rolesOf(model: Model): ReadonlyMap<string, 'primary' | 'standby'> {
  return new Map(
    Object.entries(model.units).flatMap(([unit, { workloadStatus }]) => {
      if (!unit.startsWith('postgresql/') || workloadStatus.status !== 'active') return [];
      const role = workloadStatus.message.startsWith('Primary') ? 'primary' : 'standby';
      return [[unit, role] as const];
    }),
  );
}

/** Whether a cluster of so many units has one primary and all the others follow it. */
export function isWhole(model: Model, units: number): boolean {
  const roles = [...rolesOf(model).values()];
  return roles.length === units && roles.filter((role) => role === 'primary').length === 1;
}

/** Whether the server a client is told takes a write: a transaction's number is one. */
async function isWritable(conninfo: string | null): Promise<boolean> {
  if (conninfo === null) return false;
  const target = ConnectionString.parse(conninfo);
  const client = new Client({
    host: target.host ?? '',
    port: Number(target.port),
    database: target.dbname ?? '',
    user: target.user ?? '',
    password: target.password ?? '',
    connectionTimeoutMillis: 1000,
    query_timeout: 1000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT txid_current()');
    return true;
  } catch {
    return false;
  } finally {
    void client.end().catch(() => undefined);
  }
}

async function killPostgres(juju: JujuLocal, model: Model, unit: string): Promise<void> {
  const storage = Object.entries(model.storage).find(([, one]) => one.owner === unit)?.[0];
  const machine = model.units[unit]?.machine;
  if (storage === undefined || machine === undefined) throw new Error(`${unit} has no storage`);
  const directory = layoutOf(juju.stateDir).storage(machine, storage);
  const pid = Number.parseInt(await readFile(join(directory, 'main/postmaster.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
}

export interface Recovery {
  readonly killed: string;
  readonly primary: string;
  /** From the kill to the first write of a client that goes where it is told. */
  readonly outageMs: number;
}

/** Kills the primary's PostgreSQL and waits until clients write again and all units are well. */
export async function killPrimary(
  juju: JujuLocal,
  units: number,
  tell: (line: string) => void,
): Promise<Recovery> {
  const model = await juju.model();
  const killed = [...rolesOf(model)].find(([, role]) => role === 'primary')?.[0];
  if (killed === undefined) throw new Error('No unit says that it is the primary');
  tell(`killing PostgreSQL of ${killed}, the primary`);
  const from = performance.now();
  await killPostgres(juju, model, killed);
  while (!(await isWritable(connectionString(await juju.model())))) {
    if (performance.now() - from > recoveryTimeoutMs) {
      throw new Error(`No client could write for ${recoveryTimeoutMs / 1000} s after the kill`);
    }
    await delay(pauseMs);
  }
  const outageMs = performance.now() - from;
  tell(`clients write again after ${(outageMs / 1000).toFixed(1)} s; waiting for all units`);
  const after = await juju.waitFor(
    (now) => isWhole(now, units),
    'one primary and all other units following it',
    { timeoutMs: recoveryTimeoutMs },
  );
  const primary = [...rolesOf(after)].find(([, role]) => role === 'primary')?.[0] ?? '';
  return { killed, primary, outageMs };
}
