// The timings failover is measured at.

import type { YamlMap } from '../../test/cluster/member-document.ts';

export interface Timings {
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
}

/** The smallest Patroni 4 allows, its defaults, and a lease of 5 s, which Patroni 3.0 and pg-agent allow. */
export const allTimings: readonly Timings[] = [
  { ttl: 20, loopWait: 1, retryTimeout: 3 },
  { ttl: 30, loopWait: 10, retryTimeout: 10 },
  { ttl: 5, loopWait: 1, retryTimeout: 2 },
];

export function timingsTold({ ttl, loopWait, retryTimeout }: Timings): string {
  return `${ttl}/${loopWait}/${retryTimeout}`;
}

export function dynamicOf({ ttl, loopWait, retryTimeout }: Timings): YamlMap {
  return {
    ttl,
    loop_wait: loopWait,
    retry_timeout: retryTimeout,
    // Disks are waited for, as everywhere but in tests.
    postgresql: { parameters: { fsync: 'on', shared_buffers: '128MB' } },
  };
}
