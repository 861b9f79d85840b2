// What the unit remembers of the service and of the Salt master's files between hooks.

import { fact, type Fact } from '#charm/state/fact.ts';
import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import type { Problem } from '#core/access/problem.ts';
import type { MasterState } from '../machine/request.ts';
import type { CacheStats } from './cache-stats.ts';
import type { Server } from './servers.ts';

export interface Applied {
  /** Hash of all that was asked for. */
  readonly digest: string;
  readonly master: MasterState;
  /** Directory the master's file was written into; null where it was not. */
  readonly directory: string | null;
  /** When, milliseconds since the epoch. */
  readonly at: number;
}

/** What the service and the master's files were last made to be. */
export const applied: Fact<Applied> = fact('machine.applied');

export interface Told {
  /** Hash of all but the servers. */
  readonly keys: string;
  readonly servers: readonly Server[];
}

/** What the service, and a master that was started since, were told of. */
export const told: Fact<Told> = fact('machine.told');

/** Masters that run with an old file. */
export const outdated: Fact<readonly NamedProcess[]> = fact('machine.outdated');

/** Why the machine could not be made as it is to be. */
export const machineProblem: Fact<Problem> = fact('machine.problem');

/** The address other units see, as Juju told last. */
export const address: Fact<string> = fact('machine.address');

/** What the database said at the last look. */
export const cacheStats: Fact<CacheStats> = fact('cache.stats');
