// Small readings of a model that a client needs.

import { effectiveConfig } from '#core/juju/config-values.ts';
import { applicationNamed, charmOf, unitsOf } from '#core/juju/find.ts';
import type { ConfigValue, Model, Unit } from '#core/juju/model.ts';
import type { StatusView } from '#core/juju/status-shape.ts';
import { statusView } from '#core/juju/status-view.ts';

/** What the charm sees: set values over defaults. Throws `ModelError` for an unknown application. */
export function configOf(model: Model, application: string): Readonly<Record<string, ConfigValue>> {
  return effectiveConfig(applicationNamed(model, application), charmOf(model, application));
}

/** What `juju status` shows, as data; `filter` names applications or units, none shows all. */
export function statusOf(model: Model, now: number, filter: readonly string[] = []): StatusView {
  return statusView(model, {
    now,
    controller: 'local',
    cloud: 'localhost',
    region: 'localhost',
    filter,
  });
}

/** An application's units, in order. */
export function unitsIn(model: Model, application: string): readonly Unit[] {
  return unitsOf(model, application).flatMap((name) => {
    const unit = model.units[name];
    return unit === undefined ? [] : [unit];
  });
}

/** How a unit stands, in a few words: `app/0 is waiting/executing "running start hook"`. */
export function describeUnit(unit: Unit): string {
  const { workloadStatus: workload, agentStatus: agent } = unit;
  const message = workload.message || agent.message;
  return `${unit.name} is ${workload.status}/${agent.status}${message === '' ? '' : ` "${message}"`}`;
}
