// What a hook is called: `db-relation-changed`, `pgdata-storage-attached`, `config-changed`; and how a
// status line speaks of it.

import type { HookInfo, Model, UnitName } from '../model.ts';
import { applicationOf } from '../names.ts';
import { own } from '../own.ts';
import { localEndpoint } from '../relation-scope.ts';

/**
 * Full name of a hook of this unit. When the model has lost the relation, which a forced removal can do
 * while the hook runs, the endpoint is not known any more and only the kind is named.
 */
export function hookName(model: Model, unit: UnitName, hook: HookInfo): string {
  if ('relation' in hook) {
    const relation = own(model.relations, hook.relation);
    if (relation === undefined) return hook.kind;
    return `${localEndpoint(relation, applicationOf(unit)).name}-${hook.kind}`;
  }
  // A storage id begins with the storage's name, also when the instance itself has gone.
  if ('storage' in hook)
    return `${hook.storage.slice(0, hook.storage.lastIndexOf('/'))}-${hook.kind}`;
  return hook.kind;
}

/** The remote unit a hook is about, or "" for the many that are about none. */
export function remoteUnitOf(hook: HookInfo): UnitName {
  return 'remoteUnit' in hook ? hook.remoteUnit : '';
}
