// Consistency of the event with the state: Juju sends an event only where its cause is there.

import { prepareParameters } from '#core/juju/action-parameters.ts';
import { ModelError } from '#core/juju/model-error.ts';
import { applicationOf, isUnitName, secretIdIn } from '#core/juju/names.ts';
import { allRelations, relationName } from './build-relations.ts';
import type { RelationState } from './charm-state.ts';
import type { ConsistencyCheck, TestWorld } from './consistency-check.ts';
import type { CharmEvent } from './events.ts';

export const checkEvent: ConsistencyCheck = (world) => {
  const { event } = world;
  switch (event.kind) {
    case 'unit':
      return checkUnitEvent(world, event);
    case 'relation':
      return isUnitName(world.state.unit) ? checkRelationEvent(world, event) : [];
    case 'storage':
      return world.state.storage.some(({ id }) => id === event.storage)
        ? []
        : [`storage-${event.event}: '${event.storage}' is not in storage`];
    case 'secret':
      return checkSecretEvent(world, event);
    case 'action':
      return checkAction(world, event);
    case 'custom':
      return /^[^/\s]+$/.test(event.name)
        ? []
        : [`the custom event is '${event.name}', need a name without slashes and spaces`];
    default:
      return event satisfies never;
  }
};

type EventOf<Kind extends CharmEvent['kind']> = Extract<CharmEvent, { readonly kind: Kind }>;

function checkUnitEvent({ state }: TestWorld, event: EventOf<'unit'>): readonly string[] {
  if (event.hook === 'leader-elected' && !state.leader) {
    return ['leader-elected: leader is false, but the event goes to the leader only (L74)'];
  }
  const related = state.relations.length + state.peers.length;
  if (event.hook === 'install' && related > 0) {
    return ['install: there are relations, but relation-created comes after install only (L21)'];
  }
  return [];
}

function checkRelationEvent(world: TestWorld, event: EventOf<'relation'>): readonly string[] {
  const relation = allRelations(world.state).find((each) => relationName(each) === event.relation);
  const name = `relation-${event.event} of ${event.relation}`;
  if (relation === undefined) return [`${name}: no such relation in relations or peers`];
  const members = Object.keys(relation.units);
  switch (event.event) {
    case 'created':
      return members.length === 0
        ? []
        : [`${name}: units has ${members.join(', ')}, but joined comes after created`];
    case 'joined':
      return isNamedIn({ ...relation.units, ...relation.unseenUnits }, event.remoteUnit)
        ? []
        : [`${name}: '${event.remoteUnit}' is in neither units nor unseenUnits`];
    case 'changed':
      return event.remoteUnit === '' || isNamedIn(relation.units, event.remoteUnit)
        ? []
        : [`${name}: '${event.remoteUnit}' is not in units, but joined comes before changed (L41)`];
    case 'departed':
      return checkDeparted(world, relation, event, name);
    case 'broken':
      return checkBroken(world, relation, name);
    default:
      return event.event satisfies never;
  }
}

function isNamedIn(bags: Readonly<Record<string, unknown>>, unit: string): boolean {
  return Object.hasOwn(bags, unit);
}

function checkDeparted(
  { state }: TestWorld,
  relation: RelationState,
  event: EventOf<'relation'>,
  name: string,
): readonly string[] {
  const problems: string[] = [];
  if (!isNamedIn(relation.units, event.remoteUnit)) {
    problems.push(`${name}: '${event.remoteUnit}' is not in units; put it there with its last bag`);
  }
  if (event.departingUnit !== event.remoteUnit && event.departingUnit !== state.unit) {
    problems.push(
      `${name}: departingUnit is '${event.departingUnit}', need '${event.remoteUnit}' or our own unit (E41)`,
    );
  }
  return problems;
}

function checkBroken(
  { state }: TestWorld,
  relation: RelationState,
  name: string,
): readonly string[] {
  const problems: string[] = [];
  if (relation.remoteApplication === applicationOf(state.unit)) {
    problems.push(`${name}: a peer relation never breaks (L46)`);
  }
  const members = Object.keys(relation.units);
  if (members.length > 0) {
    problems.push(
      `${name}: units has ${members.join(', ')}, but all have departed by then (L46); move them to departedUnits`,
    );
  }
  return problems;
}

function checkSecretEvent({ state }: TestWorld, event: EventOf<'secret'>): readonly string[] {
  const name = `secret-${event.event}`;
  const secret = state.secrets.find(({ id }) => id === secretIdIn(event.secret));
  if (secret === undefined) return [`${name}: '${event.secret}' is not in secrets`];
  const problems: string[] = [];
  const isOwner =
    secret.owner.name === state.unit ||
    (secret.owner.kind === 'application' && state.unit.startsWith(`${secret.owner.name}/`));
  if (event.event !== 'changed' && !isOwner) {
    problems.push(`${name}: the event goes to the owner, who is ${secret.owner.name} (L71)`);
  }
  if (
    event.event !== 'changed' &&
    isOwner &&
    secret.owner.kind === 'application' &&
    !state.leader
  ) {
    problems.push(`${name}: for a secret of the application the event goes to the leader (L71)`);
  }
  if (event.event === 'changed' && !Object.hasOwn(secret.consumers, state.unit)) {
    problems.push(`${name}: this unit does not track the secret; name it in consumers (L70)`);
  }
  const revision = secret.revisions.some((each) => each.revision === event.revision);
  if (event.revision !== null && !revision) {
    problems.push(`${name}: revision ${event.revision} is not among the secret's revisions`);
  }
  return problems;
}

function checkAction({ charm }: TestWorld, event: EventOf<'action'>): readonly string[] {
  const action = Object.hasOwn(charm.actions, event.action)
    ? charm.actions[event.action]
    : undefined;
  if (action === undefined) {
    return [`the action '${event.action}' is not declared in actions.yaml`];
  }
  try {
    prepareParameters(action, event.parameters);
    return [];
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return [`the action '${event.action}': ${error.message}`];
  }
}
