// One unit's world as plain data: what a test says there was before an event, and is told there is
// after it. Everything has a default but what the test is about.

import type { ConfigValue, Secret } from '#core/juju/model.ts';
import type { Settings } from '#interfaces/ports.ts';

export interface RelationState {
  /** Number of the relation in its model, for example 7 of `db:7`. */
  readonly id: number;
  /** Endpoint of the charm under test. */
  readonly endpoint: string;
  readonly remoteApplication: string;
  /** Bags of the remote units whose joined hook was delivered. */
  readonly units: Readonly<Record<string, Settings>>;
  /** Bags of remote units that are there, but whose joined hook is still to come (H71). */
  readonly unseenUnits: Readonly<Record<string, Settings>>;
  /** Bags of remote units that departed: readable as long as the relation is there (H41). */
  readonly departedUnits: Readonly<Record<string, Settings>>;
  readonly remoteApplicationBag: Settings;
  readonly ownUnitBag: Settings;
  readonly ownApplicationBag: Settings;
}

/** A peer relation: the remote application is our own, and so is the one application bag. */
export type PeerState = Omit<RelationState, 'remoteApplication' | 'remoteApplicationBag'>;

export interface StorageState {
  /** For example `pgdata/0`. */
  readonly id: string;
  /** For example `/srv/pgdata`; empty for one that was asked for and is not attached yet. */
  readonly location: string;
}

export interface StatusState {
  readonly status: string;
  readonly message: string;
}

export interface PortState {
  /** For example `5432/tcp`, `8000-9000/udp` or `icmp`. */
  readonly range: string;
  /** Endpoint it is open for, or "" for all. */
  readonly endpoint: string;
}

export interface CharmState {
  /** Name of the unit the charm runs in, for example `app/0`. */
  readonly unit: string;
  readonly leader: boolean;
  /** Options a user set; the charm's defaults come in addition. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly relations: readonly RelationState[];
  readonly peers: readonly PeerState[];
  readonly storage: readonly StorageState[];
  /** Secrets this unit owns or may read; `secretState` makes one. */
  readonly secrets: readonly Secret[];
  /** Facts the charm keeps in its own file, by key. */
  readonly unitData: Readonly<Record<string, unknown>>;
  /** Facts it keeps in the controller with state-set. */
  readonly controllerData: Readonly<Record<string, string>>;
  readonly openedPorts: readonly PortState[];
  readonly status: StatusState;
  /** Null while no leader ever set one. */
  readonly applicationStatus: StatusState | null;
  /** What application-version-set said last. */
  readonly workloadVersion: string;
  /** Path of each resource that was given at deploy. */
  readonly resources: Readonly<Record<string, string>>;
  /** `juju trust` was given. */
  readonly trust: boolean;
  /** Of a subordinate; null otherwise. */
  readonly principal: string | null;
  readonly machine: { readonly id: string; readonly address: string };
  readonly model: {
    readonly uuid: string;
    readonly name: string;
    readonly jujuVersion: string;
  };
  /** Milliseconds since the epoch; time stands still during a hook. */
  readonly now: number;
}

const noBags: Omit<RelationState, 'id' | 'endpoint' | 'remoteApplication'> = {
  units: {},
  unseenUnits: {},
  departedUnits: {},
  remoteApplicationBag: {},
  ownUnitBag: {},
  ownApplicationBag: {},
};

/** A relation with empty bags but for what is given. */
export function relationState(
  fields: Pick<RelationState, 'id' | 'endpoint' | 'remoteApplication'> & Partial<RelationState>,
): RelationState {
  return { ...noBags, ...fields };
}

/** A peer relation with empty bags but for what is given. */
export function peerState(
  fields: Pick<PeerState, 'id' | 'endpoint'> & Partial<PeerState>,
): PeerState {
  const { remoteApplicationBag: _none, ...bags } = noBags;
  return { ...bags, ...fields };
}

/** A started unit without relations that is not the leader, but for what is given. */
export function charmState(fields: Partial<CharmState> = {}): CharmState {
  return {
    unit: 'app/0',
    leader: false,
    config: {},
    relations: [],
    peers: [],
    storage: [],
    secrets: [],
    unitData: {},
    controllerData: {},
    openedPorts: [],
    status: { status: 'unknown', message: '' },
    applicationStatus: null,
    workloadVersion: '',
    resources: {},
    trust: false,
    principal: null,
    machine: { id: '0', address: '10.0.0.10' },
    model: {
      uuid: '6f2d0a5e-3c1b-4d7e-9a55-0d9f6b1c7e42',
      name: 'test',
      jujuVersion: '3.6.9',
    },
    now: 1_767_600_000_000,
    ...fields,
  };
}

/** A secret with one revision and no reader but its owner, but for what is given. */
export function secretState(
  fields: Pick<Secret, 'id' | 'owner'> & { readonly content: Settings } & Partial<Secret>,
): Secret {
  const { content, ...rest } = fields;
  return {
    label: '',
    description: '',
    rotate: '',
    nextRotateAt: null,
    revisions: [{ revision: 1, content, expiresAt: null, obsoleteTold: false }],
    grants: [],
    consumers: {},
    ...rest,
  };
}

/** A bag without the three keys Juju keeps in every unit's bag by itself (H45). */
export function withoutJujuKeys(bag: Settings): Settings {
  const keys = ['ingress-address', 'private-address', 'egress-subnets'];
  return Object.fromEntries(Object.entries(bag).filter(([key]) => !keys.includes(key)));
}
