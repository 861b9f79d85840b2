// The flags of this charm. One that is not here does not compile.

import type { ConfigFlags, EndpointFlags } from '#charm/reactive/reactive.ts';
import type { CharmConfig } from './charm-files.gen.ts';

export type Flag =
  /** Salt's tables are in the database that is related now. */
  | 'job-cache.ready'
  /** The unit is on its way out, or Juju stops it for a while: nothing is started. */
  | 'job-cache.stopping'
  | `db.${'connected' | 'departed'}`
  | `db.${'database' | 'master' | 'standbys'}.${'available' | 'changed'}`
  | EndpointFlags<'db'>
  | ConfigFlags<keyof CharmConfig>;
