// Takes a unit out of the model with all that was its own: membership, storage, machine, lease, tasks not
// yet begun, and what it owned or tracked of secrets. Its bags stay in the relations (H41).

import type { Application, Millis, Model, Secret, StorageInstance, Task, Unit } from './model.ts';
import { own, withKey, withoutKey } from './own.ts';
import { isInScope, leaveScope } from './relation-scope.ts';

/** The model without the unit. Whether it may go is for the caller to know. */
export function removeDeadUnit(model: Model, unit: Unit, now: Millis): Model {
  const departed = Object.values(model.relations)
    .filter((relation) => isInScope(relation, unit.name))
    .reduce((result, relation) => leaveScope(result, unit.name, relation.id), model);
  const units = withoutKey(departed.units, unit.name);
  const machineIsEmpty = !Object.values(units).some((other) => other.machine === unit.machine);
  return {
    ...departed,
    units,
    // A machine is there for its units: the last takes it along.
    machines: machineIsEmpty ? withoutKey(departed.machines, unit.machine) : departed.machines,
    applications: withoutLease(departed.applications, unit),
    storage: withoutStorage(departed.storage, unit),
    tasks: withEndedTasks(departed.tasks, unit, now),
    secrets: withoutSecretsOf(departed.secrets, unit),
  };
}

/** Leadership of a unit that is gone is free at once (D6). */
function withoutLease(applications: Model['applications'], unit: Unit): Model['applications'] {
  const application = own(applications, unit.application);
  if (application === undefined || application.lease?.holder !== unit.name) return applications;
  const free: Application = { ...application, lease: null };
  return withKey(applications, application.name, free);
}

function withoutStorage(storage: Model['storage'], unit: Unit): Model['storage'] {
  const isOthers = (instance: StorageInstance): boolean => instance.owner !== unit.name;
  return keepOf(storage, isOthers);
}

function withEndedTasks(tasks: Model['tasks'], unit: Unit, now: Millis): Model['tasks'] {
  const message = 'unit removed';
  let result = tasks;
  for (const task of Object.values(tasks)) {
    if (task.unit !== unit.name || task.completedAt !== null) continue;
    const status = task.status === 'pending' ? 'cancelled' : 'aborted';
    const ended: Task = { ...task, status, message, completedAt: now };
    result = withKey(result, task.id, ended);
  }
  return result;
}

function withoutSecretsOf(secrets: Model['secrets'], unit: Unit): Model['secrets'] {
  const isOwn = ({ owner }: Secret): boolean => owner.kind === 'unit' && owner.name === unit.name;
  let result = keepOf(secrets, (secret) => !isOwn(secret));
  for (const secret of Object.values(result)) {
    const grants = secret.grants.filter((grant) => grant.consumer !== unit.name);
    const consumers = withoutKey(secret.consumers, unit.name);
    if (grants.length === secret.grants.length && consumers === secret.consumers) continue;
    result = withKey(result, secret.id, { ...secret, grants, consumers });
  }
  return result;
}

/** The same record when everything in it is kept, so that callers can compare references. */
function keepOf<Value>(
  record: Readonly<Record<string, Value>>,
  keep: (value: Value) => boolean,
): Readonly<Record<string, Value>> {
  const kept = Object.entries(record).filter(([, value]) => keep(value));
  return kept.length === Object.keys(record).length ? record : Object.fromEntries(kept);
}
