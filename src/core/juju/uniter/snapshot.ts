// What a unit's watchers know of the model at one instant. The uniter decides from this and its own
// record alone, and as a snapshot says how things are and not what happened on the way, any number of
// changes made while the unit was busy come out as one hook with the latest data (L13).

import { effectiveConfig } from '../config-values.ts';
import { applicationNamed, machineNumbered, relationsOf, unitNamed } from '../find.ts';
import type { Life, Millis, Model, StatusName, StorageId, Unit, UnitName } from '../model.ts';
import { compareNumbers } from '../names.ts';
import { storageOf } from '../storage.ts';
import { holdsLease } from './leases.ts';
import { ownCharm } from './own-charm.ts';
import { relationSnapshot } from './relation-snapshot.ts';
import type { RemoteRelation } from './relation-snapshot.ts';
import { secretSnapshot } from './secret-snapshot.ts';
import type { SecretSnapshot } from './secret-snapshot.ts';
import { stableHash } from './stable-hash.ts';

export interface RemoteStorage {
  readonly id: StorageId;
  readonly life: Life;
  readonly provisioned: boolean;
}

export interface RemoteSnapshot {
  readonly unit: UnitName;
  readonly life: Life;
  readonly applicationLife: Life;
  /** The unit holds the lease, whether or not its charm was told (D8). */
  readonly leader: boolean;
  readonly configHash: string;
  readonly trustHash: string;
  readonly addressHash: string;
  readonly charmUrl: string;
  readonly charmModified: number;
  readonly forceUnits: boolean;
  /** Oldest first. */
  readonly relations: readonly RemoteRelation[];
  readonly storage: readonly RemoteStorage[];
  readonly secrets: SecretSnapshot;
  /** Ids of pending tasks in the order they were enqueued. */
  readonly tasks: readonly string[];
  /** The caller's ids of `juju-exec` calls that wait on the unit's machine. */
  readonly commands: readonly string[];
  readonly updateStatusDue: boolean;
  readonly retryDue: boolean;
  readonly resolved: Unit['resolved'];
  readonly bootId: number;
  /** The agent status reported last: `error` exactly while a failed operation waits (E81). */
  readonly reported: StatusName;
}

/** Throws `not-found` for a unit the model does not have. */
export function remoteSnapshot(
  model: Model,
  name: UnitName,
  now: Millis,
  commands: readonly string[] = [],
): RemoteSnapshot {
  const unit = unitNamed(model, name);
  const application = applicationNamed(model, unit.application);
  const machine = machineNumbered(model, unit.machine);
  const leader = holdsLease(model, name, now);
  const { failure, updateStatusAt } = unit.uniter;
  const retryAt = failure?.retryAt ?? null;
  return {
    unit: name,
    life: unit.life,
    applicationLife: application.life,
    leader,
    configHash: stableHash(effectiveConfig(application, ownCharm(model, name))),
    trustHash: stableHash(application.trust),
    addressHash: stableHash([machine.address, ...model.config.egressSubnets].join(' ')),
    charmUrl: application.charmUrl,
    charmModified: application.charmModified,
    forceUnits: application.forceUnits,
    relations: relationsOf(model, unit.application).map((relation) =>
      relationSnapshot(model, unit, relation),
    ),
    storage: storageOf(model, name).map(({ id, life, provisioned }) => ({ id, life, provisioned })),
    secrets: secretSnapshot(Object.values(model.secrets), unit, leader, now),
    tasks: pendingTasks(model, name),
    commands,
    updateStatusDue: model.config.updateStatusHookInterval > 0 && updateStatusAt <= now,
    retryDue: retryAt !== null && retryAt <= now,
    resolved: unit.resolved,
    bootId: machine.bootId,
    reported: unit.agentStatus.status,
  };
}

function pendingTasks(model: Model, unit: UnitName): readonly string[] {
  return Object.values(model.tasks)
    .filter((task) => task.unit === unit && task.status === 'pending')
    .sort((left, right) => left.enqueuedAt - right.enqueuedAt || compareNumbers(left.id, right.id))
    .map((task) => task.id);
}
