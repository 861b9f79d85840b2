// What Juju itself says of the workload around a few hooks (E90-E92). Everything else the charm says.

import { unitNamed } from '../find.ts';
import type { HookInfo, Millis, Model, UnitName } from '../model.ts';
import { withUnit } from './record.ts';

const beginning: Readonly<Partial<Record<HookInfo['kind'], string>>> = {
  install: 'installing charm software',
  stop: 'stopping charm software',
  remove: 'cleaning up prior to charm deletion',
};

/** Before the hook runs (E90, E91). */
export function showWorkloadBegin(
  model: Model,
  unit: UnitName,
  hook: HookInfo,
  now: Millis,
): Model {
  const message = beginning[hook.kind];
  if (message === undefined) return model;
  // A charm whose storage hook has set a status already knows better (E90).
  if (hook.kind === 'install' && unitNamed(model, unit).uniter.statusSet) return model;
  return show(model, unit, 'maintenance', message, now);
}

/** After it ran (E91, E92). */
export function showWorkloadEnd(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  if (hook.kind === 'stop') return show(model, unit, 'maintenance', '', now);
  if (hook.kind === 'remove') return show(model, unit, 'terminated', '', now);
  const hasSpoken = unitNamed(model, unit).uniter.statusSet;
  return hook.kind === 'start' && !hasSpoken ? show(model, unit, 'unknown', '', now) : model;
}

function show(
  model: Model,
  unit: UnitName,
  status: 'maintenance' | 'terminated' | 'unknown',
  message: string,
  now: Millis,
): Model {
  return withUnit(model, unit, { workloadStatus: { status, message, data: {}, since: now } });
}
