// Who leads an application. A lease is held for a minute and renewed by the holder's agent, never by its
// charm, so a leader whose hooks fail stays leader (D7) and one whose machine is frozen loses the lease
// when it runs out (D6). Nothing here tells a charm that it lost: no hook does (D10).

import type { Choose } from '../../random.ts';
import { unitsOf } from '../find.ts';
import type { Application, ApplicationName, Lease, Millis, Model, UnitName } from '../model.ts';
import { compareText } from '../names.ts';
import { own, withKey } from '../own.ts';

/** What `is-leader` promises when it says True (D2, D3). */
export const leadershipGuarantee: Millis = 30_000;
export const leaseDuration: Millis = 2 * leadershipGuarantee;

export interface Leadership {
  readonly leader: boolean;
  /** With the lease claimed or renewed where that was needed to give the answer. */
  readonly model: Model;
  /** Why it can't be told, when it can't. */
  readonly unknown?: string;
}

/** True while the unit's agent lives and reaches the controller. */
export function agentRuns(model: Model, name: UnitName): boolean {
  const unit = own(model.units, name);
  if (unit === undefined || unit.life === 'dead' || unit.uniter.removed) return false;
  return own(model.machines, unit.machine)?.condition === 'started';
}

/**
 * What all agents together do about leases at this instant: holders renew in good time, and a lease that
 * is free, has run out or whose holder has gone goes to one of the units that wait for it.
 */
export function claimLeases(model: Model, now: Millis, choose: Choose): Model {
  let result = model;
  for (const name of Object.keys(model.applications).sort(compareText)) {
    const application = own(result.applications, name);
    if (application === undefined) continue;
    result = withLease(result, application, leaseAt(result, application, now, choose));
  }
  return result;
}

function leaseAt(
  model: Model,
  application: Application,
  now: Millis,
  choose: Choose,
): Lease | null {
  const held = heldLease(model, application, now);
  if (held !== null) {
    const due = held.expiresAt - now <= leadershipGuarantee;
    return due && mayHold(model, application.name, held.holder) ? leaseFor(held.holder, now) : held;
  }
  const waiting = contenders(model, application.name);
  return waiting.length === 0 ? null : leaseFor(choose(waiting), now);
}

/**
 * What `is-leader` answers for a unit. True is good for 30 s from `now`: a lease with less than that left
 * is renewed, or the answer is false when it can't be (D3). A free lease goes to the unit that asks.
 */
export function leadershipOf(model: Model, unit: UnitName, now: Millis): Leadership {
  const application = applicationOfUnit(model, unit);
  if (application === null || !agentRuns(model, unit)) {
    const unknown = `the agent of ${unit} cannot reach the controller`;
    return { leader: false, model, unknown };
  }
  const held = heldLease(model, application, now);
  if (held !== null && held.holder !== unit) return { leader: false, model };
  if (held !== null && held.expiresAt - now >= leadershipGuarantee) return { leader: true, model };
  if (!mayHold(model, application.name, unit)) return { leader: false, model };
  return { leader: true, model: withLease(model, application, leaseFor(unit, now)) };
}

/** Whether the unit holds its application's lease at this instant; claims and renews nothing. */
export function holdsLease(model: Model, unit: UnitName, now: Millis): boolean {
  const application = applicationOfUnit(model, unit);
  return application !== null && heldLease(model, application, now)?.holder === unit;
}

/**
 * Ends the lease before its time, as if the holder's agent had been cut off for a minute. Another unit
 * gets it when there is one that can take it; otherwise it is free, for whoever claims it next.
 */
export function expireLease(
  model: Model,
  name: ApplicationName,
  now: Millis,
  choose: Choose,
): Model {
  const application = own(model.applications, name);
  if (application === undefined) return model;
  const others = contenders(model, name).filter((unit) => unit !== application.lease?.holder);
  const lease = others.length === 0 ? null : leaseFor(choose(others), now);
  return withLease(model, application, lease);
}

/**
 * When `claimLeases` has something to do next, or null when no lease will ever change by itself. A time
 * that has passed, 0 among them, means at once.
 */
export function nextLeaseChange(model: Model): Millis | null {
  const due = Object.values(model.applications).flatMap((application): readonly Millis[] => {
    const { lease, name } = application;
    const mayRenew = lease !== null && mayHold(model, name, lease.holder);
    if (mayRenew) return [lease.expiresAt - leadershipGuarantee];
    if (lease !== null && Object.hasOwn(model.units, lease.holder)) return [lease.expiresAt];
    return contenders(model, name).length === 0 ? [] : [0];
  });
  return due.length === 0 ? null : Math.min(...due);
}

/** The lease, unless it has run out or its holder has left the model (D6). */
function heldLease(model: Model, application: Application, now: Millis): Lease | null {
  const { lease } = application;
  if (lease === null || lease.expiresAt <= now) return null;
  return Object.hasOwn(model.units, lease.holder) ? lease : null;
}

/** Units that would take the lease if it were free. */
function contenders(model: Model, application: ApplicationName): readonly UnitName[] {
  return unitsOf(model, application).filter((unit) => mayHold(model, application, unit));
}

/**
 * A dying unit lets the lease run out as long as a living one can follow (L62). The last ones of an
 * application may lead to the end, so that somebody can still write its bags while it is torn down.
 */
function mayHold(model: Model, application: ApplicationName, unit: UnitName): boolean {
  if (!agentRuns(model, unit)) return false;
  if (own(model.units, unit)?.life === 'alive') return true;
  return unitsOf(model, application).every((other) => own(model.units, other)?.life !== 'alive');
}

function leaseFor(holder: UnitName, now: Millis): Lease {
  return { holder, expiresAt: now + leaseDuration };
}

function withLease(model: Model, application: Application, lease: Lease | null): Model {
  if (lease === application.lease) return model;
  const applications = withKey(model.applications, application.name, { ...application, lease });
  return { ...model, applications };
}

function applicationOfUnit(model: Model, unit: UnitName): Application | null {
  const found = own(model.units, unit);
  return found === undefined ? null : (own(model.applications, found.application) ?? null);
}
