// The end of a hook that counts as done, whether it ran, was missing or was skipped: what the unit
// remembers of it (L52) and which hook it queues. The charm's own writes are not made here: they were
// flushed before, or there are none.

import type { Random } from '../../random.ts';
import { unitNamed } from '../find.ts';
import type { HookInfo, Millis, Model, UniterState, UnitName } from '../model.ts';
import type { Secret, SecretRevision } from '../model.ts';
import { own, withKey, withoutKey } from '../own.ts';
import { isInScope, isPeer, leaveScope } from '../relation-scope.ts';
import { applicationBag } from '../relation-scope.ts';
import { secretRetryDelay, updateStatusDelay } from './back-off.ts';
import { holdsLease } from './leases.ts';
import { relationRecord, withRelationRecord, withUniter } from './record.ts';

/**
 * Commits a hook to the unit's record, with what follows for scopes and secrets. Without randomness the
 * next update-status comes after its exact interval.
 */
export function commitHook(
  model: Model,
  unit: UnitName,
  hook: HookInfo,
  now: Millis,
  random: Random | null,
): Model {
  const before: UniterState = {
    ...unitNamed(model, unit).uniter,
    kind: 'continue',
    step: 'pending',
    hook: null,
    failure: null,
  };
  const recorded = withUniter(
    model,
    unit,
    remember(before, hook, () => nextStatus(model, now, random)),
  );
  const seen = rememberOwnWriting(recorded, unit, now);
  return forgetGoneRelations(withConsequences(seen, unit, hook, now), unit);
}

/** The unit's record after this hook. */
function remember(before: UniterState, hook: HookInfo, updateStatusAt: () => Millis): UniterState {
  if ('relation' in hook) return rememberRelation(before, hook);
  switch (hook.kind) {
    case 'install':
      return { ...before, installed: true };
    case 'upgrade-charm':
      return queue(before, 'config-changed');
    case 'config-changed':
      // Nothing comes between the first config-changed and start (L24).
      return before.started ? before : queue(before, 'start');
    case 'start':
      return { ...before, started: true, updateStatusAt: updateStatusAt() };
    case 'update-status':
      return { ...before, updateStatusAt: updateStatusAt() };
    case 'stop':
      return { ...before, stopped: true };
    case 'remove':
      return { ...before, removed: true };
    case 'leader-elected':
      return before;
    case 'storage-attached':
      return { ...before, storage: withKey(before.storage, hook.storage, 'attached') };
    case 'storage-detaching':
      return { ...before, storage: withKey(before.storage, hook.storage, 'detached') };
    case 'secret-changed':
    case 'secret-rotate':
    case 'secret-expired':
      return before;
    case 'secret-remove': {
      const removed = `${hook.secret}/${hook.revision ?? 0}`;
      const { secretRevisionsRemoved } = before;
      return { ...before, secretRevisionsRemoved: withKey(secretRevisionsRemoved, removed, true) };
    }
    default:
      return hook satisfies never;
  }
}

function rememberRelation(
  before: UniterState,
  hook: Extract<HookInfo, { readonly relation: string }>,
): UniterState {
  const record = relationRecord(before, hook.relation);
  const { members, applications, changedPending } = record;
  const change = ((): Partial<typeof record> => {
    switch (hook.kind) {
      case 'relation-created':
        return { created: true, left: false };
      case 'relation-joined':
        return {
          members: withKey(members, hook.remoteUnit, hook.changeVersion),
          changedPending: hook.remoteUnit,
        };
      case 'relation-changed':
        if (hook.remoteUnit === '') {
          return {
            applications: withKey(applications, hook.remoteApplication, hook.changeVersion),
          };
        }
        return {
          members: withKey(members, hook.remoteUnit, hook.changeVersion),
          changedPending: changedPending === hook.remoteUnit ? null : changedPending,
        };
      case 'relation-departed':
        return { members: withoutKey(members, hook.remoteUnit) };
      case 'relation-broken':
        // A suspended relation may resume and is then created anew (L48).
        return { created: false, members: {}, applications: {}, changedPending: null, left: true };
      default:
        return hook satisfies never;
    }
  })();
  return withRelationRecord(before, hook.relation, change);
}

/** What a done hook means for the rest of the model. */
function withConsequences(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  if (hook.kind === 'remove') return leaveAllScopes(model, unit);
  if (hook.kind === 'relation-broken' && Object.hasOwn(model.relations, hook.relation)) {
    return leaveScope(model, unit, hook.relation);
  }
  const secret = 'secret' in hook ? own(model.secrets, hook.secret) : undefined;
  if (secret === undefined) return model;
  return { ...model, secrets: withKey(model.secrets, secret.id, told(secret, hook, now)) };
}

/** A unit stays in its peer relations to the end: no broken hook takes it out of them (L46). */
export function leaveAllScopes(model: Model, unit: UnitName): Model {
  return Object.values(model.relations)
    .filter((relation) => isInScope(relation, unit))
    .reduce((result, relation) => leaveScope(result, unit, relation.id), model);
}

/**
 * A leader's writes to its application's bag in a peer relation are not news to itself, neither now nor
 * once another unit leads (L44).
 */
function rememberOwnWriting(model: Model, unit: UnitName, now: Millis): Model {
  const { uniter, application } = unitNamed(model, unit);
  if (!uniter.leader || !holdsLease(model, unit, now)) return model;
  const peers = Object.values(model.relations).filter(
    (relation) =>
      isPeer(relation) &&
      isInScope(relation, unit) &&
      Object.hasOwn(relation.applicationBags, application),
  );
  return peers.reduce((result, relation) => {
    const record = unitNamed(result, unit).uniter;
    const { version } = applicationBag(relation, application);
    const applications = withKey(
      relationRecord(record, relation.id).applications,
      application,
      version,
    );
    return withUniter(result, unit, withRelationRecord(record, relation.id, { applications }));
  }, model);
}

/** Numbers are never used again (L49), so the record of a relation that has gone is of no use. */
function forgetGoneRelations(model: Model, unit: UnitName): Model {
  const { relations } = unitNamed(model, unit).uniter;
  const kept = Object.entries(relations).filter(([id]) => Object.hasOwn(model.relations, id));
  if (kept.length === Object.keys(relations).length) return model;
  return withUniter(model, unit, { relations: Object.fromEntries(kept) });
}

/**
 * A secret after its owner was told of it. A charm that did nothing about an expiry or a rotation is told
 * again (L72), yet not at once: the date is put off.
 */
function told(secret: Secret, hook: HookInfo, now: Millis): Secret {
  const later = now + secretRetryDelay;
  const isDue = (at: Millis | null): boolean => at !== null && at <= now;
  const withRevision = (change: (each: SecretRevision) => Partial<SecretRevision>): Secret => ({
    ...secret,
    revisions: secret.revisions.map((each) =>
      'revision' in hook && each.revision === hook.revision ? { ...each, ...change(each) } : each,
    ),
  });
  if (hook.kind === 'secret-rotate' && isDue(secret.nextRotateAt)) {
    return { ...secret, nextRotateAt: later };
  }
  if (hook.kind === 'secret-expired') {
    return withRevision((each) => (isDue(each.expiresAt) ? { expiresAt: later } : {}));
  }
  return hook.kind === 'secret-remove' ? withRevision(() => ({ obsoleteTold: true })) : secret;
}

function queue(before: UniterState, kind: 'config-changed' | 'start'): UniterState {
  return { ...before, kind: 'run-hook', step: 'queued', hook: { kind } };
}

function nextStatus(model: Model, now: Millis, random: Random | null): Millis {
  return now + updateStatusDelay(model.config.updateStatusHookInterval, random);
}
