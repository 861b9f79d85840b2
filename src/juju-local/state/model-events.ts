// What happened between two models, in the words of a live display: units that come and go, and their statuses.

import type { Millis, Model, StatusInfo, Unit } from '#core/juju/model.ts';
import { compareUnits } from '#core/juju/names.ts';

export type ModelEvent =
  /** Always the first of a batch: something changed, whatever it was. */
  | { readonly kind: 'changed'; readonly at: Millis }
  /** The controller has nothing left to do but what time brings. */
  | { readonly kind: 'idle'; readonly at: Millis }
  | { readonly kind: 'unit-added' | 'unit-removed'; readonly at: Millis; readonly unit: string }
  | {
      /** `workload` is what the charm says of itself, `agent` what its agent does just now. */
      readonly kind: 'workload' | 'agent';
      readonly at: Millis;
      readonly unit: string;
      readonly status: string;
      readonly message: string;
    };

/** Empty when the two are the same model. */
export function eventsBetween(before: Model, after: Model, at: Millis): readonly ModelEvent[] {
  if (before === after) return [];
  const events: ModelEvent[] = [{ kind: 'changed', at }];
  if (before.units === after.units) return events;
  const names = Object.keys({ ...before.units, ...after.units }).toSorted(compareUnits);
  for (const name of names) {
    const was = Object.hasOwn(before.units, name) ? before.units[name] : undefined;
    const is = Object.hasOwn(after.units, name) ? after.units[name] : undefined;
    if (was !== is) events.push(...unitEvents(name, was, is, at));
  }
  return events;
}

function unitEvents(
  unit: string,
  was: Unit | undefined,
  is: Unit | undefined,
  at: Millis,
): readonly ModelEvent[] {
  if (is === undefined) return [{ kind: 'unit-removed', at, unit }];
  const events: ModelEvent[] = was === undefined ? [{ kind: 'unit-added', at, unit }] : [];
  if (!sameStatus(was?.workloadStatus, is.workloadStatus)) {
    const { status, message } = is.workloadStatus;
    events.push({ kind: 'workload', at, unit, status, message });
  }
  if (!sameStatus(was?.agentStatus, is.agentStatus)) {
    const { status, message } = is.agentStatus;
    events.push({ kind: 'agent', at, unit, status, message });
  }
  return events;
}

function sameStatus(was: StatusInfo | undefined, is: StatusInfo): boolean {
  return was !== undefined && was.status === is.status && was.message === is.message;
}
