// The events a test can send to a charm, one function for each.

import type { UnitHookKind } from '#core/juju/model.ts';

export type RelationEventName = 'created' | 'joined' | 'changed' | 'departed' | 'broken';
export type SecretEventName = 'changed' | 'rotate' | 'expired' | 'remove';

export type CharmEvent =
  | { readonly kind: 'unit'; readonly hook: UnitHookKind }
  | {
      readonly kind: 'relation';
      readonly event: RelationEventName;
      /** For example `db:7`. */
      readonly relation: string;
      /** Empty for created, broken and a change of the application's bag. */
      readonly remoteUnit: string;
      /** Only for departed. */
      readonly departingUnit: string;
    }
  | {
      readonly kind: 'storage';
      readonly event: 'attached' | 'detaching';
      readonly storage: string;
    }
  | {
      readonly kind: 'secret';
      readonly event: SecretEventName;
      /** With or without `secret:`. */
      readonly secret: string;
      readonly revision: number | null;
    }
  | {
      readonly kind: 'action';
      readonly action: string;
      readonly parameters: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'custom'; readonly name: string };

export const install = (): CharmEvent => unit('install');
export const start = (): CharmEvent => unit('start');
export const configChanged = (): CharmEvent => unit('config-changed');
export const updateStatus = (): CharmEvent => unit('update-status');
export const upgradeCharm = (): CharmEvent => unit('upgrade-charm');
export const leaderElected = (): CharmEvent => unit('leader-elected');
export const stop = (): CharmEvent => unit('stop');
export const remove = (): CharmEvent => unit('remove');

/** `name` is for example `db:7`, in this and in all relation events. */
export const relationCreated = (name: string): CharmEvent => relation('created', name, '');

export const relationJoined = (name: string, remoteUnit: string): CharmEvent =>
  relation('joined', name, remoteUnit);

/** `remote` is a unit, or an application whose own bag changed (L41.4). */
export const relationChanged = (name: string, remote: string): CharmEvent =>
  relation('changed', name, remote.includes('/') ? remote : '');

/** `departingUnit` is our own where it is us who go (E41); by default the remote one goes. */
export const relationDeparted = (
  name: string,
  remoteUnit: string,
  departingUnit: string = remoteUnit,
): CharmEvent => relation('departed', name, remoteUnit, departingUnit);

export const relationBroken = (name: string): CharmEvent => relation('broken', name, '');

/** `id` is for example `pgdata/0`. */
export const storageAttached = (id: string): CharmEvent => ({
  kind: 'storage',
  event: 'attached',
  storage: id,
});

export const storageDetaching = (id: string): CharmEvent => ({
  kind: 'storage',
  event: 'detaching',
  storage: id,
});

export const secretChanged = (id: string): CharmEvent => secret('changed', id, null);
export const secretRotate = (id: string): CharmEvent => secret('rotate', id, null);
export const secretExpired = (id: string, revision: number): CharmEvent =>
  secret('expired', id, revision);
export const secretRemove = (id: string, revision: number): CharmEvent =>
  secret('remove', id, revision);

/** Parameters as a user gives them: the charm's defaults come in addition (E117). */
export const action = (
  name: string,
  parameters: Readonly<Record<string, unknown>> = {},
): CharmEvent => ({ kind: 'action', action: name, parameters });

/** An event of the charm's own, as a daemon raises it with juju-exec (H255). */
export const custom = (name: string): CharmEvent => ({ kind: 'custom', name });

function unit(hook: UnitHookKind): CharmEvent {
  return { kind: 'unit', hook };
}

function relation(
  event: RelationEventName,
  name: string,
  remoteUnit: string,
  departingUnit: string = '',
): CharmEvent {
  return { kind: 'relation', event, relation: name, remoteUnit, departingUnit };
}

function secret(event: SecretEventName, id: string, revision: number | null): CharmEvent {
  return { kind: 'secret', event, secret: id, revision };
}
