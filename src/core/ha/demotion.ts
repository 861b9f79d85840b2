// The ways to stop being the primary (patroni/ha.py, demote), as a table: what differs is how the server is
// stopped, whether the leader key is given up, and whom the member follows afterwards.

export type DemoteMode =
  | 'graceful'
  | 'offline'
  | 'immediate'
  | 'immediate-nolock'
  | 'demote-cluster';

export interface Demotion {
  readonly stop: 'fast' | 'immediate';
  /** A checkpoint right before the stop makes the stop short. */
  readonly isCheckpointFirst: boolean;
  readonly isKeyReleased: boolean;
  /** Must have stopped before the lease ends: nothing else keeps a second primary away. */
  readonly isBoundByLease: boolean;
}

export const demotions: Readonly<Record<DemoteMode, Demotion>> = {
  graceful: { stop: 'fast', isCheckpointFirst: false, isKeyReleased: true, isBoundByLease: false },
  offline: { stop: 'fast', isCheckpointFirst: false, isKeyReleased: false, isBoundByLease: true },
  immediate: {
    stop: 'immediate',
    isCheckpointFirst: false,
    isKeyReleased: true,
    isBoundByLease: true,
  },
  'immediate-nolock': {
    stop: 'immediate',
    isCheckpointFirst: false,
    isKeyReleased: false,
    isBoundByLease: true,
  },
  'demote-cluster': {
    stop: 'fast',
    isCheckpointFirst: false,
    isKeyReleased: false,
    isBoundByLease: false,
  },
};
