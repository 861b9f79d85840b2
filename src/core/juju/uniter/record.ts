// Changes to one unit of a model and to its agent's record, each giving back a new model.

import { unitNamed } from '../find.ts';
import type { Millis, Model, StatusName, Unit, UniterState, UnitName } from '../model.ts';
import type { UniterRelationState } from '../model.ts';
import { own, withKey } from '../own.ts';

/** The record of a relation the unit has done nothing about yet. */
export const unknownRelation: UniterRelationState = {
  created: false,
  members: {},
  applications: {},
  changedPending: null,
  left: false,
};

export function withUnit(model: Model, unit: UnitName, change: Partial<Unit>): Model {
  return {
    ...model,
    units: withKey(model.units, unit, { ...unitNamed(model, unit), ...change }),
  };
}

export function withUniter(model: Model, unit: UnitName, change: Partial<UniterState>): Model {
  return withUnit(model, unit, { uniter: { ...unitNamed(model, unit).uniter, ...change } });
}

export function relationRecord(uniter: UniterState, relation: string): UniterRelationState {
  return own(uniter.relations, relation) ?? unknownRelation;
}

/** The record with one relation's part changed. */
export function withRelationRecord(
  uniter: UniterState,
  relation: string,
  change: Partial<UniterRelationState>,
): UniterState {
  const record = { ...relationRecord(uniter, relation), ...change };
  return { ...uniter, relations: withKey(uniter.relations, relation, record) };
}

/** Sets what `juju status` shows of the agent: executing, idle or error. */
export function withAgentStatus(
  model: Model,
  unit: UnitName,
  status: StatusName,
  message: string,
  now: Millis,
  data: Readonly<Record<string, unknown>> = {},
): Model {
  return withUnit(model, unit, { agentStatus: { status, message, data, since: now } });
}
