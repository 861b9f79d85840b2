// goal-state: the units and relations the model is heading for (3.24). Nobody's permissions limit it and
// nothing is cached.

import type { Millis, Model, Relation } from '../model.ts';
import { relationsOf, unitNamed, unitsOf } from '../find.ts';
import { isPeer, localEndpoint, remoteApplicationOf } from '../relation-scope.ts';
import { requireNoMore } from './arguments.ts';
import { struct } from './output-value.ts';
import type { OutputMap, OutputStruct, OutputValue } from './output-value.ts';
import { spacedTime } from './timestamps.ts';
import { secretFormats } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

function goalState(invocation: Invocation): void {
  requireNoMore(invocation.args);
  const { context, model } = invocation;
  // Peer relations are left out: their units are all in `units` already.
  const relations = relationsOf(model, context.application).filter((each) => !isPeer(each));
  const byEndpoint = new Map<string, Map<string, OutputValue>>();
  for (const relation of relations) {
    const endpoint = localEndpoint(relation, context.application).name;
    const members = byEndpoint.get(endpoint) ?? new Map<string, OutputValue>();
    byEndpoint.set(endpoint, members);
    const remote = remoteApplicationOf(relation, context.application);
    members.set(remote, goal(relationStatus(relation), model.createdAt));
    for (const [name, unit] of unitGoals(model, remote)) members.set(name, unit);
  }
  const units = unitGoals(model, context.application);
  invocation.print(
    struct([
      ['units', units],
      ['relations', byEndpoint],
    ]),
  );
}

/** Units that are on their way out are `dying`, whatever their workload says. */
function unitGoals(model: Model, application: string): OutputMap {
  return new Map(
    unitsOf(model, application).map((name) => {
      const { life, workloadStatus } = unitNamed(model, name);
      const status = life === 'alive' ? workloadStatus.status : 'dying';
      return [name, goal(status, workloadStatus.since)];
    }),
  );
}

/** The model notes no time for a relation's status, so callers show that of the model itself. */
function relationStatus(relation: Relation): string {
  if (relation.suspended) return 'suspended';
  if (relation.life !== 'alive') return 'broken';
  return Object.values(relation.units).some((unit) => unit.inScope) ? 'joined' : 'joining';
}

function goal(status: string, since: Millis): OutputStruct {
  return struct([
    ['status', status],
    ['since', spacedTime(since)],
  ]);
}

export const goalStateTool: Tool = {
  name: 'goal-state',
  usage: '',
  purpose: 'Print the status of the peers and related units of this unit.',
  flags: [],
  formats: secretFormats,
  run: goalState,
};
