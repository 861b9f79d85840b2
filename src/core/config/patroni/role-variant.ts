// Which of the settings that differ by role count for a member.

import type { Role } from '#core/dcs/cluster.ts';

export type RoleVariant = 'primary' | 'replica' | 'standby_leader';

export const roleVariants: readonly RoleVariant[] = ['primary', 'replica', 'standby_leader'];

/** A member that is being promoted already counts as a primary. */
export function roleVariantOf(role: Role): RoleVariant {
  switch (role) {
    case 'primary':
    case 'promoted':
      return 'primary';
    case 'standby_leader':
      return 'standby_leader';
    case 'replica':
    case 'demoted':
    case 'uninitialized':
      return 'replica';
    default:
      return role satisfies never;
  }
}
