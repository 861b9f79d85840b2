// Rules about leadership. The lease moves without the uniter (leases.ts); here the unit takes note of it,
// which may be long after (D8).

import type { Rule } from './rule.ts';
import { isFree } from './rule.ts';

/**
 * Forgets that the unit led: silently, since no hook tells of it (D10). A dying unit forgets it too,
 * while the lease itself lasts a little longer (L62).
 */
export const resignLeadership: Rule = {
  name: 'resign-leadership',
  decide: ({ local, remote }) => {
    if (!local.installed || !local.leader) return null;
    if (remote.leader && remote.life === 'alive') return null;
    const why = remote.leader
      ? 'the leader is dying'
      : 'the lease is held by another unit or by none';
    return { operation: { kind: 'resign-leadership' }, why };
  },
};

/** Leads to leader-elected, once for each time the record turns from no to yes (D8). */
export const acceptLeadership: Rule = {
  name: 'accept-leadership',
  decide: (view) => {
    const { local, remote } = view;
    if (!local.installed || !isFree(view) || local.leader) return null;
    if (!remote.leader || remote.life !== 'alive') return null;
    return { operation: { kind: 'accept-leadership' }, why: 'the unit holds the lease' };
  },
};
