// What a relation's user needs: the role itself, its attributes, its password, its memberships.
// The names are those of the helpers charms have used since 2015: createUser, resetUserRoles.

import type {
  AccessFacts,
  DesiredAccess,
  GrantableFacts,
  Power,
  RoleFacts,
} from './access-model.ts';
import { ownerOfMarker } from './marker.ts';
import { roleNameProblem, userNameProblem } from './names.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from './problem.ts';
import { problem } from './problem.ts';
import type { AccessStep } from './steps.ts';

/** Attributes a user of such a relation has, and no others: least privilege unless it is an administrator. */
export function userPowers(admin: boolean): readonly Power[] {
  return admin ? ['LOGIN', 'SUPERUSER'] : ['LOGIN'];
}

function samePowers(left: readonly Power[], right: readonly Power[]): boolean {
  return left.length === right.length && left.every((power) => right.includes(power));
}

/** T30: why this user can't be the relation's, or null. */
export function userProblem(actual: AccessFacts, desired: DesiredAccess): Problem | null {
  const named = userNameProblem(desired.user);
  if (named !== null) return named;
  if (actual.user === null) return null;
  const owner = ownerOfMarker(actual.user.comment);
  if (owner === desired.owner) return null;
  const whose = owner === null ? 'was not made for a relation' : `belongs to application ${owner}`;
  return problem(
    'USER_OWNED_BY_ANOTHER',
    `Cannot give user ${shown(desired.user)} to relation ${desired.relation}: it is there already and ${whose}`,
    'Rename or drop that role in PostgreSQL, or remove the relation it belongs to',
  );
}

/** Makes the user if it is missing, else sets its attributes and password right where they are not. */
export function createUser(actual: AccessFacts, desired: DesiredAccess): readonly AccessStep[] {
  const { user, relation, owner } = desired;
  const powers = userPowers(desired.admin);
  if (actual.user === null) {
    const why = `relation ${relation} has no user yet`;
    return [{ kind: 'create-user', user, owner, powers, why }];
  }
  const steps: AccessStep[] = [];
  if (!samePowers(actual.user.powers, powers) || !actual.user.inherits) {
    const found = actual.user.powers.join(', ') || 'none';
    const inheriting = actual.user.inherits ? '' : ' without INHERIT';
    steps.push({
      kind: 'alter-user',
      user,
      powers,
      why: `its attributes were ${found}${inheriting}`,
    });
  }
  if (actual.user.password !== 'matches') {
    const why =
      actual.user.password === 'expires'
        ? 'the one it had was going to expire'
        : 'the one it had does not match what the relation was told';
    steps.push({ kind: 'set-password', user, why });
  }
  return steps;
}

function powerOf(role: RoleFacts): string | null {
  if (role.name.startsWith('pg_')) return `${shown(role.name)}, which is PostgreSQL's own`;
  const owner = ownerOfMarker(role.comment);
  if (owner !== null) return `${shown(role.name)}, the user of application ${owner}`;
  const first = role.powers[0];
  return first === undefined ? null : `${shown(role.name)}, which has ${first}`;
}

/**
 * T6: a role that can log in, has an attribute of power, or leads to one that does, would hand a related
 * application what nobody meant to give it. Looking through memberships matters as much as at the role.
 */
function grantProblem(role: GrantableFacts, relation: string): Problem | null {
  for (const reached of [role, ...role.through]) {
    const power = powerOf(reached);
    if (power !== null) {
      return problem(
        'ROLE_NOT_GRANTABLE',
        `Cannot grant role ${shown(role.name)} to relation ${relation}: it gives the powers of ${power}`,
        'Ask for another role, or take those powers from this one in PostgreSQL',
      );
    }
  }
  return null;
}

/** Why the roles asked for can't be had, or null. */
export function rolesProblem(actual: AccessFacts, desired: DesiredAccess): Problem | null {
  for (const name of desired.roles) {
    const named = roleNameProblem(name, desired.user);
    if (named !== null) return named;
    const role = actual.roles.get(name);
    const refused = role === undefined ? null : grantProblem(role, desired.relation);
    if (refused !== null) return refused;
  }
  return null;
}

/**
 * T58: makes the user a member of exactly the roles asked for. Missing roles are made, without LOGIN;
 * memberships nobody asks for any more are revoked, the roles themselves stay.
 */
export function resetUserRoles(actual: AccessFacts, desired: DesiredAccess): readonly AccessStep[] {
  const { user, relation } = desired;
  const wanted = [...new Set(desired.roles)];
  const held = new Set(actual.memberships.map((membership) => membership.role));
  const steps: AccessStep[] = [];
  for (const role of wanted) {
    if (!actual.roles.has(role)) {
      steps.push({ kind: 'create-role', role, why: `relation ${relation} asks for it` });
    }
  }
  for (const role of wanted) {
    if (!held.has(role)) {
      steps.push({ kind: 'grant-role', role, user, why: `relation ${relation} asks for it` });
    }
  }
  for (const { role, grantor } of actual.memberships) {
    if (!wanted.includes(role)) {
      const why = `relation ${relation} does not ask for it`;
      steps.push({ kind: 'revoke-role', role, user, grantor, why });
    }
  }
  return steps;
}
