// The parts of the hook context that only some events have: relation, storage, secret, workload.

import { HookContextError } from './hook-context-error.ts';

export type RelationEventKind = 'created' | 'joined' | 'changed' | 'departed' | 'broken';

export interface RelationContext {
  /** Name of the endpoint on our side, for example `db`. */
  readonly endpoint: string;
  /** For example `db:7`: what hook tools are given (W14). */
  readonly name: string;
  /** For example 7. */
  readonly id: number;
  /** For a peer relation our own application (E40); empty for `juju-exec -r` (H254b). */
  readonly remoteApplication: string;
  /** For example `client/0`; empty for created, broken and a change of the application's bag. */
  readonly remoteUnit: string;
  /** Only for departed: the unit that goes away, which may be our own (E41); empty otherwise. */
  readonly departingUnit: string;
  /** Null where a custom event or an action runs in a relation's context. */
  readonly event: RelationEventKind | null;
}

export interface StorageContext {
  /** For example `pgdata/0`. */
  readonly id: string;
  /** Mount point or device, for example `/srv/pgdata`. */
  readonly location: string;
  /** For example `filesystem`. */
  readonly kind: 'filesystem' | 'block';
}

export interface SecretContext {
  /** For example `secret:9m4e2mr0ui3e8a215n4g`. */
  readonly id: string;
  /** Empty where neither the event nor this unit has a label for it. */
  readonly label: string;
  /** Only for secret-expired and secret-remove (E44). */
  readonly revision: number | null;
}

export interface WorkloadContext {
  /** Name of the container, for example `postgresql`. */
  readonly name: string;
  readonly notice: { readonly id: string; readonly type: string; readonly key: string } | null;
  /** Name of the check that failed or recovered, for example `up`. */
  readonly check: string | null;
}

type Read = (name: string) => string;

/** @throws HookContextError when a relation hook lacks its relation, or the id is not `endpoint:number` */
export function readRelation(
  read: Read,
  dispatchName: string,
  kind: 'hook' | 'action' | 'custom',
): RelationContext | null {
  const name = read('JUJU_RELATION_ID');
  const suffix = /-relation-(?<event>created|joined|changed|departed|broken)$/.exec(dispatchName);
  if (name === '') {
    if (kind !== 'hook' || suffix === null) return null;
    throw new HookContextError(
      'invalid',
      `Cannot tell the relation of ${dispatchName}: JUJU_RELATION_ID is not set, need one like 'db:7'`,
    );
  }
  const parts = /^(?<endpoint>.+):(?<id>\d+)$/.exec(name)?.groups;
  if (parts?.['endpoint'] === undefined) {
    throw new HookContextError(
      'invalid',
      `Cannot read JUJU_RELATION_ID: found '${name}', need an endpoint and a number like 'db:7'`,
    );
  }
  return {
    endpoint: read('JUJU_RELATION') || parts['endpoint'],
    name,
    id: Number(parts['id']),
    remoteApplication: read('JUJU_REMOTE_APP'),
    remoteUnit: read('JUJU_REMOTE_UNIT'),
    departingUnit: read('JUJU_DEPARTING_UNIT'),
    event: kind === 'hook' ? eventOf(suffix?.groups?.['event']) : null,
  };
}

function eventOf(word: string | undefined): RelationEventKind | null {
  switch (word) {
    case 'created':
    case 'joined':
    case 'changed':
    case 'departed':
    case 'broken':
      return word;
    case undefined:
    default:
      return null;
  }
}

export function readStorage(read: Read): StorageContext | null {
  const id = read('JUJU_STORAGE_ID');
  if (id === '') return null;
  const kind = read('JUJU_STORAGE_KIND') === 'block' ? 'block' : 'filesystem';
  return { id, location: read('JUJU_STORAGE_LOCATION'), kind };
}

/** @throws HookContextError for a revision that is no number */
export function readSecret(read: Read): SecretContext | null {
  const id = read('JUJU_SECRET_ID');
  if (id === '') return null;
  const revision = read('JUJU_SECRET_REVISION');
  if (!/^\d*$/.test(revision)) {
    throw new HookContextError(
      'invalid',
      `Cannot read JUJU_SECRET_REVISION: found '${revision}', need a whole number`,
    );
  }
  const label = read('JUJU_SECRET_LABEL');
  return { id, label, revision: revision === '' ? null : Number(revision) };
}

export function readWorkload(read: Read): WorkloadContext | null {
  const name = read('JUJU_WORKLOAD_NAME');
  if (name === '') return null;
  const id = read('JUJU_NOTICE_ID');
  const notice =
    id === '' ? null : { id, type: read('JUJU_NOTICE_TYPE'), key: read('JUJU_NOTICE_KEY') };
  return { name, notice, check: read('JUJU_PEBBLE_CHECK_NAME') || null };
}
