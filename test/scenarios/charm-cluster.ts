// A cluster of the postgresql charm as scenarios look at it: who is the primary, whether a commit waits for a standby,
// and where a unit's things are.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay } from '#adapters/system/clock.ts';
import { readPidFile } from '#adapters/supervise/pid-file.ts';
import { readProcess, signalProcess } from '#adapters/system/process-table.ts';
import type { Model } from '#core/juju/model.ts';
import type { JujuLocal } from '#juju-local/client.ts';
import { layoutOf } from '#juju-local/state/layout.ts';
import { scenarioTimeoutMs, statusOf } from './suite.ts';

/** Fast enough for a test, and as slow as the rule of the three allows. */
export const clusterConfig = {
  'synchronous-mode': 'on',
  ttl: '7',
  'loop-wait': '1',
  'retry-timeout': '3',
} as const;

export const waits = { timeoutMs: scenarioTimeoutMs } as const;

export function unitsOf(model: Model): readonly string[] {
  return Object.keys(model.units).filter((name) => name.startsWith('postgresql/'));
}

/** Waits until exactly one unit is the primary and all the others follow it; the primary. */
export async function untilWhole(juju: JujuLocal, count: number, not = ''): Promise<string> {
  const primaries = (model: Model): readonly string[] =>
    unitsOf(model).filter((unit) => statusOf(model, unit).startsWith('active: Primary'));
  const isWhole = (model: Model): boolean => {
    const [primary, ...more] = primaries(model);
    if (primary === undefined || more.length > 0 || primary === not) return false;
    const standbys = unitsOf(model).filter((unit) =>
      statusOf(model, unit).startsWith(`active: Standby of ${primary}`),
    );
    return standbys.length === count - 1;
  };
  const model = await juju.waitFor(
    isWhole,
    (now) =>
      unitsOf(now)
        .map((unit) => `${unit} ${statusOf(now, unit)}`)
        .join('\n'),
    waits,
  );
  return primaries(model)[0] ?? '';
}

/** Waits until a commit waits for a standby: only then nothing acknowledged is lost with the primary. */
export async function untilSynchronous(juju: JujuLocal, unit: string): Promise<void> {
  const deadline = performance.now() + scenarioTimeoutMs;
  for (;;) {
    const { results } = await juju.run(unit, 'show-cluster', {}, waits);
    if (/sync_standby, streaming/u.test(JSON.stringify(results))) return;
    assert.ok(performance.now() < deadline, JSON.stringify(results));
    await delay(200);
  }
}

/** Where a unit's things are on this computer. */
export class UnitPlace {
  readonly storage: string;
  readonly charm: string;

  constructor(stateDir: string, model: Model, unit: string) {
    const machine = model.units[unit]?.machine ?? '';
    const storage = Object.entries(model.storage).find(([, one]) => one.owner === unit)?.[0] ?? '';
    const layout = layoutOf(stateDir);
    this.storage = layout.storage(machine, storage);
    this.charm = layout.unit(machine, unit).charmDir;
  }

  /** Ends the postmaster as a crash would; its children end by themselves. */
  crash(): void {
    const entry = readProcess(this.postmaster);
    assert.ok(entry, 'PostgreSQL runs');
    signalProcess(entry, 'SIGKILL');
  }

  /** Its process; null while it does not run. */
  get agent(): ReturnType<typeof readPidFile> {
    return readPidFile(join(this.charm, '.supervisor/agent.pid'));
  }

  /** Process of PostgreSQL, as its file names it. */
  get postmaster(): number {
    return Number.parseInt(readFileSync(join(this.storage, 'main/postmaster.pid'), 'utf8'), 10);
  }

  get log(): string {
    const path = join(this.storage, 'agent/agent.log');
    return existsSync(path) ? readFileSync(path, 'utf8').slice(-4000) : '';
  }
}
