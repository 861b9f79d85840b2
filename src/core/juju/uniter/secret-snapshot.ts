// Which secret events wait for a unit (L70-L74). An owner's events go to the unit that owns the secret,
// and for an application's secret to its leader alone; a consumer's go to each unit that tracks it.

import type { Millis, Secret, SecretRevision, Unit } from '../model.ts';
import { compareText } from '../names.ts';
import { own } from '../own.ts';

export interface SecretEvent {
  /** Bare id. */
  readonly secret: string;
  /** Null where the hook tells none (E44). */
  readonly revision: number | null;
  readonly label: string;
}

export interface SecretSnapshot {
  readonly expired: readonly SecretEvent[];
  readonly rotate: readonly SecretEvent[];
  readonly changed: readonly SecretEvent[];
  /** Revisions nobody tracks any more, of which the owner was not told yet. */
  readonly obsolete: readonly SecretEvent[];
}

/** Events in the order of the secrets' ids, and of revisions within one. */
export function secretSnapshot(
  secrets: readonly Secret[],
  unit: Unit,
  leader: boolean,
  now: Millis,
): SecretSnapshot {
  const known = [...secrets].sort((left, right) => compareText(left.id, right.id));
  const managed = known.filter((secret) => manages(secret, unit, leader));
  return {
    expired: managed.flatMap((secret) => expiredRevisions(secret, now)),
    rotate: managed
      .filter((secret) => secret.nextRotateAt !== null && secret.nextRotateAt <= now)
      .map((secret) => ownerEvent(secret, null)),
    changed: known.flatMap((secret) => changedFor(secret, unit)),
    obsolete: managed.flatMap((secret) => obsoleteRevisions(secret, unit)),
  };
}

/** The number of the newest revision, 0 for a secret that has none. */
export function latestRevisionNumber(secret: Secret): number {
  return Math.max(0, ...secret.revisions.map((each) => each.revision));
}

/** When a secret this unit manages expires or is to be rotated next, after `now`. */
export function nextSecretChange(
  secrets: readonly Secret[],
  unit: Unit,
  leader: boolean,
  now: Millis,
): readonly Millis[] {
  const dates = secrets.flatMap((secret) =>
    manages(secret, unit, leader)
      ? [secret.nextRotateAt, ...secret.revisions.map((each) => each.expiresAt)]
      : [],
  );
  return dates.filter((at) => at !== null).filter((at) => at > now);
}

function manages(secret: Secret, unit: Unit, leader: boolean): boolean {
  switch (secret.owner.kind) {
    case 'unit':
      return secret.owner.name === unit.name;
    case 'application':
      return leader && secret.owner.name === unit.application;
    case 'model':
      return false;
    default:
      return secret.owner.kind satisfies never;
  }
}

/** Only the newest revision counts: a charm that added one has acted on the expiry before it (L72). */
function expiredRevisions(secret: Secret, now: Millis): readonly SecretEvent[] {
  const latest = latestRevisionNumber(secret);
  return secret.revisions
    .filter((each) => each.revision === latest)
    .filter((each) => each.expiresAt !== null && each.expiresAt <= now)
    .map((each) => ownerEvent(secret, each.revision));
}

/** One event per newer revision, unless the unit has moved on to it by itself meanwhile. */
function changedFor(secret: Secret, unit: Unit): readonly SecretEvent[] {
  const consumer = own(secret.consumers, unit.name);
  if (consumer === undefined || secret.owner.name === unit.name) return [];
  const seen = Math.max(consumer.revision, own(unit.uniter.secretsSeen, secret.id) ?? 0);
  if (latestRevisionNumber(secret) <= seen) return [];
  return [{ secret: secret.id, revision: null, label: consumer.label }];
}

function obsoleteRevisions(secret: Secret, unit: Unit): readonly SecretEvent[] {
  const tracked = Object.values(secret.consumers).map((consumer) => consumer.revision);
  const latest = latestRevisionNumber(secret);
  const isNews = (each: SecretRevision): boolean =>
    !each.obsoleteTold &&
    !Object.hasOwn(unit.uniter.secretRevisionsRemoved, `${secret.id}/${each.revision}`);
  return secret.revisions
    .filter((each) => each.revision < latest && !tracked.includes(each.revision) && isNews(each))
    .map((each) => ownerEvent(secret, each.revision));
}

function ownerEvent(secret: Secret, revision: number | null): SecretEvent {
  return { secret: secret.id, revision, label: secret.label };
}
