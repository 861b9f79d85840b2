// What the emulator is to run for an event of a test.

import type { HookInfo } from '#core/juju/model.ts';
import { secretIdIn } from '#core/juju/names.ts';
import type { ContextKind } from '#core/juju/tools/hook-context.ts';
import { allRelations, relationName } from './build-relations.ts';
import { actionTask } from './build-model.ts';
import type { CharmState } from './charm-state.ts';
import type { CharmEvent } from './events.ts';

/** The event must be consistent with the state. */
export function contextKind(state: CharmState, event: CharmEvent): ContextKind {
  switch (event.kind) {
    case 'action':
      return { kind: 'action', task: actionTask };
    case 'custom':
      return { kind: 'exec' };
    case 'unit':
      return { kind: 'hook', hook: { kind: event.hook } };
    case 'storage':
      return { kind: 'hook', hook: { kind: `storage-${event.event}`, storage: event.storage } };
    case 'secret':
      return { kind: 'hook', hook: secretHook(state, event) };
    case 'relation':
      return { kind: 'hook', hook: relationHook(state, event) };
    default:
      return event satisfies never;
  }
}

function secretHook(
  state: CharmState,
  event: Extract<CharmEvent, { readonly kind: 'secret' }>,
): HookInfo {
  const id = secretIdIn(event.secret) ?? '';
  const secret = state.secrets.find((each) => each.id === id);
  // The owner's label, or the one this unit gave the secret as its reader (E44).
  const isOwner = secret?.owner.name === state.unit || secret?.owner.kind === 'application';
  const label = secret?.consumers[state.unit]?.label ?? (isOwner ? secret.label : '');
  return { kind: `secret-${event.event}`, secret: id, revision: event.revision, label };
}

function relationHook(
  state: CharmState,
  event: Extract<CharmEvent, { readonly kind: 'relation' }>,
): HookInfo {
  const relation = allRelations(state).find((each) => relationName(each) === event.relation);
  const common = {
    relation: String(relation?.id),
    remoteApplication: relation?.remoteApplication ?? '',
  };
  switch (event.event) {
    case 'created':
    case 'broken':
      return { kind: `relation-${event.event}`, ...common };
    case 'joined':
    case 'changed':
      return {
        kind: `relation-${event.event}`,
        ...common,
        remoteUnit: event.remoteUnit,
        changeVersion: 1,
      };
    case 'departed':
      return {
        kind: 'relation-departed',
        ...common,
        remoteUnit: event.remoteUnit,
        departingUnit: event.departingUnit,
      };
    default:
      return event.event satisfies never;
  }
}
