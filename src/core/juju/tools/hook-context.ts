// One hook's view of the model and everything it will commit: a mutable object that belongs to one hook,
// action or juju-exec and is thrown away after it (K4). Tools fill it, commit.ts empties it.

import type { ConfigValue, HookInfo, Millis, Model, PortRange } from '../model.ts';
import type { ApplicationName, RelationId, StatusInfo, UnitName } from '../model.ts';
import { unitNamed } from '../find.ts';
import { contextRelations, hookRelationOf } from './context-relations.ts';
import type { ContextRelation } from './context-relations.ts';
import { createPortChanges } from './port-changes.ts';
import type { PortChanges } from './port-changes.ts';
import { createSecretChanges } from './secret-changes.ts';
import type { SecretChanges } from './secret-changes.ts';
import type { SettingsBuffer } from './settings-buffer.ts';
import type { Settings, SettingsCache } from './settings-cache.ts';

/** What is being run. `task` is the id of the action's task. */
export type ContextKind =
  | { readonly kind: 'hook'; readonly hook: HookInfo }
  | { readonly kind: 'action'; readonly task: string }
  | {
      readonly kind: 'exec';
      readonly relation?: RelationId | undefined;
      readonly remoteUnit?: UnitName | undefined;
      readonly remoteApplication?: ApplicationName | undefined;
    };

export interface HookContextInit {
  readonly model: Model;
  readonly unit: UnitName;
  readonly now: Millis;
  /** `JUJU_CONTEXT_ID`; `newContextId` of environment.ts makes one. */
  readonly contextId: string;
  readonly kind: ContextKind;
  /** The unit agent's memory, the same object for all its hooks. */
  readonly cache: SettingsCache;
  /** Refuse `-r name:7` when relation 7 has another name, which Juju may or may not do (Q1). */
  readonly strictRelationNames?: boolean;
}

/** Results of an action, nested by the dots of their keys (H161). */
export type ActionResults = Map<string, string | ActionResults>;

export interface ActionBuffer {
  readonly results: ActionResults;
  failed: boolean;
  message: string;
}

export interface HookContext {
  readonly unit: UnitName;
  readonly application: ApplicationName;
  readonly contextId: string;
  readonly kind: ContextKind;
  /** The model when the hook started: its environment and its record of relations come from there. */
  readonly start: Model;
  readonly startedAt: Millis;
  readonly cache: SettingsCache;
  readonly strictRelationNames: boolean;
  readonly relations: ReadonlyMap<RelationId, ContextRelation>;
  /** Relation the hook is about, its remote unit and application: the defaults of the relation tools. */
  readonly relation: RelationId | null;
  readonly remoteUnit: UnitName | null;
  readonly remoteApplication: ApplicationName | null;

  // Caches of this hook (H102, H115, H120, D4).
  config: Readonly<Record<string, ConfigValue>> | null;
  unitStatus: StatusInfo | null;
  applicationStatus: StatusInfo | null;
  leaderSettings: Settings | null;
  /** is-leader answered false once, so it stays false for the rest of the hook. */
  minion: boolean;

  // What waits for the commit (E60).
  charmState: SettingsBuffer | null;
  readonly ports: PortChanges;
  readonly storageAdds: { readonly name: string; readonly count: number }[];
  readonly secrets: SecretChanges;

  /** Null outside an action. */
  readonly action: ActionBuffer | null;
  reboot: 'none' | 'after-hook' | 'now';
}

/**
 * The context of one hook. Takes the agent's cache through the change the hook brings (H72): the bag of a
 * unit that joined, changed or departed is fetched anew, and bags of units that left are forgotten.
 */
export function createHookContext(init: HookContextInit): HookContext {
  const unit = unitNamed(init.model, init.unit);
  const hook = init.kind.kind === 'hook' ? init.kind.hook : null;
  const relations = contextRelations(init.model, init.unit, hook);
  const remote = remoteOf(init.kind);
  init.cache.prune(new Map([...relations].map(([id, relation]) => [id, relation.members])));
  const hookRelation = hookRelationOf(hook);
  if (hookRelation !== null && remote.unit !== null) {
    init.cache.invalidate(hookRelation, remote.unit);
  }
  return {
    unit: unit.name,
    application: unit.application,
    contextId: init.contextId,
    kind: init.kind,
    start: init.model,
    startedAt: init.now,
    cache: init.cache,
    strictRelationNames: init.strictRelationNames ?? false,
    relations,
    relation: init.kind.kind === 'exec' ? (init.kind.relation ?? null) : hookRelation,
    remoteUnit: remote.unit,
    remoteApplication: remote.application,
    config: null,
    unitStatus: null,
    applicationStatus: null,
    leaderSettings: null,
    minion: false,
    charmState: null,
    ports: createPortChanges(portsOfMachine(init.model, unit.machine)),
    storageAdds: [],
    secrets: createSecretChanges(),
    action: init.kind.kind === 'action' ? { results: new Map(), failed: false, message: '' } : null,
    reboot: 'none',
  };
}

/** Remote unit and application of a hook; an empty name means there is none (1.3). */
function remoteOf(kind: ContextKind): {
  readonly unit: UnitName | null;
  readonly application: ApplicationName | null;
} {
  if (kind.kind === 'action') return { unit: null, application: null };
  if (kind.kind === 'exec') {
    return { unit: kind.remoteUnit ?? null, application: kind.remoteApplication ?? null };
  }
  const { hook } = kind;
  if (!('relation' in hook)) return { unit: null, application: null };
  const unit = 'remoteUnit' in hook && hook.remoteUnit !== '' ? hook.remoteUnit : null;
  return { unit, application: hook.remoteApplication };
}

/** Ranges open on the machine when the hook started, by unit: what the port tools check against (H142). */
function portsOfMachine(
  model: Model,
  machine: string,
): ReadonlyMap<UnitName, readonly PortRange[]> {
  const units = Object.values(model.units).filter((unit) => unit.machine === machine);
  return new Map(units.map((unit) => [unit.name, unit.openedPorts]));
}
