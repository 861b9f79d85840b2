// Decides what to do so that one relation has its database, user, roles and extensions. The plan is made
// from a snapshot; when it is cut off anywhere, planning again from the new snapshot goes on from there.

import type { AccessFacts, DesiredAccess } from './access-model.ts';
import {
  databaseProblem,
  ensureDatabase,
  ensureExtensions,
  extensionsProblem,
  grantDatabase,
} from './plan-database.ts';
import { createUser, resetUserRoles, rolesProblem, userProblem } from './plan-user.ts';
import type { Problem } from './problem.ts';
import type { AccessStep } from './steps.ts';

export type AccessPlan =
  | { readonly kind: 'refused'; readonly problem: Problem }
  | {
      readonly kind: 'steps';
      /** To be done one by one, in the server's own database: CREATE DATABASE allows no transaction. */
      readonly outside: readonly AccessStep[];
      /** To be done in one transaction inside the relation's database. */
      readonly inside: readonly AccessStep[];
    };

/**
 * The steps from `actual` to `desired`, in order, each with its reason; none where all is right.
 * A request that can't be met in full is refused in full: what the relation had stays as it was.
 */
export function planAccess(actual: AccessFacts, desired: DesiredAccess): AccessPlan {
  const refused =
    databaseProblem(actual, desired) ??
    userProblem(actual, desired) ??
    rolesProblem(actual, desired) ??
    extensionsProblem(actual, desired);
  if (refused !== null) return { kind: 'refused', problem: refused };
  return {
    kind: 'steps',
    outside: ensureDatabase(actual, desired),
    inside: [
      ...createUser(actual, desired),
      ...resetUserRoles(actual, desired),
      ...grantDatabase(actual, desired),
      ...ensureExtensions(actual, desired),
    ],
  };
}
