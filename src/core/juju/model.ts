// What a Juju model is, as plain data. Every function of this folder takes it and gives back another;
// nothing here is mutated in place, so that a caller can tell what changed by comparing references.
//
// The clauses named in comments (E60, L41, H72, ...) are those of the Juju contract the project is
// built from: docs/explanation/juju-contract.md says what each of them means.

import type { CharmDefinition } from './charm-definition.ts';

/** `application/number`, for example `postgresql/0`. */
export type UnitName = string;
export type ApplicationName = string;
/** Number of a relation in its model, never used twice (L49), written as a decimal string. */
export type RelationId = string;
/** `name/number`, for example `pgdata/0`. */
export type StorageId = string;
/** Milliseconds since the epoch, as the caller's clock gives them. */
export type Millis = number;

export type Life = 'alive' | 'dying' | 'dead';

/** A bag of settings and the number of times it really changed (E68). */
export interface Bag {
  readonly settings: Readonly<Record<string, string>>;
  readonly version: number;
}

export type StatusName =
  | 'active'
  | 'blocked'
  | 'waiting'
  | 'maintenance'
  | 'unknown'
  | 'error'
  | 'terminated'
  | 'executing'
  | 'idle'
  | 'allocating'
  | 'lost';

export interface StatusInfo {
  readonly status: StatusName;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly since: Millis;
}

export interface ModelConfig {
  /** `automatically-retry-hooks`, default true (E82). */
  readonly automaticallyRetryHooks: boolean;
  /** `update-status-hook-interval` in milliseconds, default 5 minutes; 0 switches the hook off. */
  readonly updateStatusHookInterval: Millis;
  /** Lowest level `debug-log` shows of the units' own logs, default INFO. */
  readonly loggingLevel: LogLevel;
  /**
   * `egress-subnets`: where connections of units are seen to come from, for networks that translate
   * addresses. Empty: from each unit's own address (H135).
   */
  readonly egressSubnets: readonly string[];
  /** `juju-http-proxy` and its kin, keyed as in model config. */
  readonly proxies: Readonly<Record<string, string>>;
}

export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/**
 * `stopped`: no agent and no workload, as a machine that is switched off.
 * `paused`: frozen, the workload too. `isolated`: the workload runs, the controller can't be reached.
 */
export type MachineCondition = 'started' | 'stopped' | 'paused' | 'isolated';

export interface Machine {
  readonly id: string;
  /** What runs on it: the base of the application it was made for. */
  readonly base: string;
  /** Own loopback address, `127.x.y.z`. */
  readonly address: string;
  readonly hostname: string;
  readonly life: Life;
  readonly condition: MachineCondition;
  /** Counts boots; the uniter fires an extra `start` when it changed (E121). */
  readonly bootId: number;
}

export type ConfigValue = string | number | boolean;

export interface Lease {
  readonly holder: UnitName;
  readonly expiresAt: Millis;
}

export interface Application {
  readonly name: ApplicationName;
  /** Key into `Model.charms`: what `refresh` last asked for. */
  readonly charmUrl: string;
  /** Operating system of its machines, for example `ubuntu@24.04` (F21). */
  readonly base: string;
  /** What the user set; defaults come from the charm. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly trust: boolean;
  readonly life: Life;
  readonly exposed: boolean;
  readonly nextUnit: number;
  readonly lease: Lease | null;
  /** What `status-set --application` said last; null while no unit ever did (E94). */
  readonly status: StatusInfo | null;
  readonly version: string;
  /** Raised by `refresh` when the charm or a resource changed, and with `--force-units`. */
  readonly charmModified: number;
  readonly forceUnits: boolean;
}

export interface PortRange {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly from: number;
  readonly to: number;
  /** Endpoint the range is opened for, or "" for all. */
  readonly endpoint: string;
}

export interface Unit {
  readonly name: UnitName;
  readonly application: ApplicationName;
  readonly machine: string;
  readonly principal: UnitName | null;
  readonly life: Life;
  readonly workloadStatus: StatusInfo;
  readonly agentStatus: StatusInfo;
  /** `state-set` (3.21). */
  readonly charmState: Readonly<Record<string, string>>;
  readonly openedPorts: readonly PortRange[];
  readonly uniter: UniterState;
  /** Set by `resolve`: what to do with the failed hook at the next turn (E84). */
  readonly resolved: 'retry' | 'no-retry' | null;
}

export type RelationRole = 'provider' | 'requirer' | 'peer';
export type RelationScope = 'global' | 'container';

export interface RelationEndpoint {
  readonly application: ApplicationName;
  readonly name: string;
  readonly role: RelationRole;
  readonly interface: string;
}

export interface RelationUnit {
  /** Entered and not yet left: what the other side's watcher counts as a member (L40, L46). */
  readonly inScope: boolean;
  readonly bag: Bag;
}

export interface Relation {
  readonly id: RelationId;
  readonly interface: string;
  readonly scope: RelationScope;
  readonly life: Life;
  readonly suspended: boolean;
  /** One for a peer relation, otherwise two: provider first. */
  readonly endpoints: readonly RelationEndpoint[];
  /** Bags stay readable after a unit left, for the life of the relation (H41). */
  readonly units: Readonly<Record<UnitName, RelationUnit>>;
  readonly applicationBags: Readonly<Record<ApplicationName, Bag>>;
}

export interface StorageInstance {
  readonly id: StorageId;
  readonly name: string;
  readonly kind: 'filesystem' | 'block';
  readonly location: string;
  readonly owner: UnitName;
  readonly life: Life;
  readonly provisioned: boolean;
}

export interface SecretRevision {
  readonly revision: number;
  readonly content: Readonly<Record<string, string>>;
  readonly expiresAt: Millis | null;
  /** No consumer tracks it any more and the owner was told, or need not be. */
  readonly obsoleteTold: boolean;
}

export interface SecretGrant {
  readonly relation: RelationId;
  /** `application-NAME` or `unit-NAME-N` spelt as plain names: `client` or `client/0`. */
  readonly consumer: string;
}

export interface Secret {
  /** 20 characters of [0-9a-v]. */
  readonly id: string;
  readonly owner: { readonly kind: 'application' | 'unit' | 'model'; readonly name: string };
  readonly label: string;
  readonly description: string;
  readonly rotate: string;
  readonly nextRotateAt: Millis | null;
  readonly revisions: readonly SecretRevision[];
  readonly grants: readonly SecretGrant[];
  /** Per consuming unit: the revision it tracks and its own label for the secret. */
  readonly consumers: Readonly<
    Record<UnitName, { readonly revision: number; readonly label: string }>
  >;
}

export type TaskStatus =
  | 'pending'
  | 'running'
  | 'aborting'
  | 'completed'
  | 'failed'
  | 'aborted'
  | 'cancelled';

/** One action or one `juju exec` on one unit. */
export interface Task {
  readonly id: string;
  /** What the user asked for at once, on one unit or several; numbered from the same sequence. */
  readonly operation: string;
  readonly unit: UnitName;
  /** Action name, or `juju-exec`. */
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly status: TaskStatus;
  readonly message: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly log: readonly { readonly at: Millis; readonly message: string }[];
  readonly enqueuedAt: Millis;
  readonly startedAt: Millis | null;
  readonly completedAt: Millis | null;
}

export interface Model {
  readonly uuid: string;
  readonly name: string;
  /** Agent version, `JUJU_VERSION`. */
  readonly jujuVersion: string;
  /** When the model was made; `juju status` shows it as the time the model became available. */
  readonly createdAt: Millis;
  readonly config: ModelConfig;
  /** By charm URL, `local:name-revision`. */
  readonly charms: Readonly<Record<string, CharmDefinition>>;
  readonly machines: Readonly<Record<string, Machine>>;
  readonly applications: Readonly<Record<ApplicationName, Application>>;
  readonly units: Readonly<Record<UnitName, Unit>>;
  readonly relations: Readonly<Record<RelationId, Relation>>;
  readonly storage: Readonly<Record<StorageId, StorageInstance>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly sequence: {
    readonly relation: number;
    readonly machine: number;
    readonly task: number;
    readonly storage: number;
  };
}

// ---------------------------------------------------------------------------------------------
// The uniter's own record (K2): what a unit agent remembers between operations. Behaviour of
// contract section 2 follows from it.

export type UnitHookKind =
  | 'install'
  | 'start'
  | 'config-changed'
  | 'update-status'
  | 'upgrade-charm'
  | 'stop'
  | 'remove'
  | 'leader-elected';

export type HookInfo =
  | { readonly kind: UnitHookKind }
  | {
      readonly kind: 'relation-created' | 'relation-broken';
      readonly relation: RelationId;
      readonly remoteApplication: ApplicationName;
    }
  | {
      readonly kind: 'relation-joined' | 'relation-changed';
      readonly relation: RelationId;
      readonly remoteApplication: ApplicationName;
      /** Empty for an application-level change (L41.4). */
      readonly remoteUnit: UnitName;
      /** Version of the settings this hook was raised for; committed with it. */
      readonly changeVersion: number;
    }
  | {
      readonly kind: 'relation-departed';
      readonly relation: RelationId;
      readonly remoteApplication: ApplicationName;
      readonly remoteUnit: UnitName;
      /** The local unit when it is the one that goes (E41, L42c). */
      readonly departingUnit: UnitName;
    }
  | { readonly kind: 'storage-attached' | 'storage-detaching'; readonly storage: StorageId }
  | {
      readonly kind: 'secret-changed' | 'secret-rotate' | 'secret-expired' | 'secret-remove';
      readonly secret: string;
      /** Only secret-expired and secret-remove carry one (E44). */
      readonly revision: number | null;
      readonly label: string;
    };

export interface UniterRelationState {
  readonly created: boolean;
  /** Remote units whose joined hook was delivered, and the settings version seen last (L52). */
  readonly members: Readonly<Record<UnitName, number>>;
  /** Version of each remote application's bag seen last. */
  readonly applications: Readonly<Record<ApplicationName, number>>;
  /** The unit that joined and still has its changed hook to come (L41.1). */
  readonly changedPending: UnitName | null;
  /** The unit's own record that it has left: broken was committed. */
  readonly left: boolean;
}

export interface UniterState {
  /** `continue`: nothing under way. Otherwise what is, and how far it got (E13). */
  readonly kind: 'continue' | 'run-hook' | 'run-action' | 'upgrade';
  readonly step: 'queued' | 'pending' | 'done';
  readonly hook: HookInfo | null;
  readonly task: string | null;
  readonly installed: boolean;
  readonly started: boolean;
  readonly stopped: boolean;
  readonly removed: boolean;
  readonly leader: boolean;
  /** The charm ran status-set at least once (E90, E92). */
  readonly statusSet: boolean;
  readonly configHash: string;
  readonly trustHash: string;
  readonly addressHash: string;
  readonly charmUrl: string;
  readonly charmModified: number;
  readonly bootId: number;
  readonly relations: Readonly<Record<RelationId, UniterRelationState>>;
  /** Storage whose attached hook was committed. */
  readonly storage: Readonly<Record<StorageId, 'attached' | 'detached'>>;
  /** Per tracked secret: newest revision a secret-changed was delivered for. */
  readonly secretsSeen: Readonly<Record<string, number>>;
  /** Owner's revisions for which secret-remove was delivered: `id/revision`. */
  readonly secretRevisionsRemoved: Readonly<Record<string, true>>;
  /** Set while a hook is failed: how often it was tried, when it is tried next (E82). */
  readonly failure: { readonly attempts: number; readonly retryAt: Millis | null } | null;
  readonly updateStatusAt: Millis;
}
