// Decides whether this member may drop one of its slots at all, whatever the reason to.

import type { GlobalConfig } from '#core/config/patroni/global-config.ts';
import { isIgnoredSlot } from './ignored-slots.ts';
import type { SlotInfo } from './slot-info.ts';
import { isLeftToServer } from './slot-info.ts';

/** Why it has to stay, as the end of a sentence; null where it may be dropped. */
export type DropRights = (slot: SlotInfo) => string | null;

interface Situation {
  readonly isInRecovery: boolean;
  readonly hasLeaderKey: boolean;
  readonly leaderName: string | null;
  readonly config: Pick<GlobalConfig, 'isPaused' | 'ignoreSlots'>;
}

export function dropRights({
  isInRecovery,
  hasLeaderKey,
  leaderName,
  config,
}: Situation): DropRights {
  return (slot) => {
    if (isIgnoredSlot(slot, config.ignoreSlots)) return 'ignore_slots fits it';
    if (isLeftToServer(slot)) return 'the server itself keeps it';
    if (slot.isActive) return 'it is in use';
    if (config.isPaused) return 'the cluster is in maintenance mode';
    if (leaderName === null) return 'nobody leads the cluster';
    // Another one leads, so what this primary has will be rewound or is being stopped.
    return !isInRecovery && !hasLeaderKey ? 'this primary does not hold the leader key' : null;
  };
}
