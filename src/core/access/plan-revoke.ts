// What becomes of a user whose relation is gone. It owns tables, so it stays; it just can't come in.

import type { MembershipFacts, UserFacts } from './access-model.ts';
import { ownerOfMarker } from './marker.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from './problem.ts';
import { problem } from './problem.ts';
import type { AccessStep } from './steps.ts';

export interface RevokeRequest {
  readonly relation: string;
  /** Application the user is of. */
  readonly owner: string;
  readonly user: string;
}

export interface RevokeFacts {
  /** Null where there is no such role. */
  readonly user: (UserFacts & { readonly hasPassword: boolean; readonly sessions: number }) | null;
  readonly memberships: readonly MembershipFacts[];
}

export type RevokePlan =
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'steps'; readonly steps: readonly AccessStep[] };

/** Takes login, powers, password, memberships and running sessions from the user; never drops anything. */
export function planRevoke(actual: RevokeFacts, request: RevokeRequest): RevokePlan {
  const { user, relation } = request;
  const found = actual.user;
  if (found === null) return { kind: 'steps', steps: [] };
  const owner = ownerOfMarker(found.comment);
  if (owner !== request.owner) {
    const whose =
      owner === null ? 'was not made for a relation' : `belongs to application ${owner}`;
    return {
      kind: 'refused',
      problem: problem(
        'USER_OWNED_BY_ANOTHER',
        `Cannot close user ${shown(user)} of relation ${relation}: it ${whose}`,
        'Close it in PostgreSQL by hand if nobody needs it',
      ),
    };
  }
  const why = `relation ${relation} is gone`;
  const steps: AccessStep[] = [];
  if (found.powers.length > 0) steps.push({ kind: 'alter-user', user, powers: [], why });
  if (found.hasPassword) steps.push({ kind: 'clear-password', user, why });
  for (const { role, grantor } of actual.memberships) {
    steps.push({ kind: 'revoke-role', role, user, grantor, why });
  }
  // Last, so that a session that is ended finds the door shut when it comes again.
  if (found.sessions > 0) steps.push({ kind: 'end-sessions', user, why });
  return { kind: 'steps', steps };
}
