// Which Salt masters have to be restarted: a master reads its configuration and its environment once. Pure.

import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import type { SaltMaster } from './salt-masters.ts';

export interface Change {
  /** What runs with the file as it was before can't work on. */
  readonly isRestartNeeded: boolean;
  /** Another server is the first of the file. */
  readonly isPrimaryNew: boolean;
  readonly hasSeveralServers: boolean;
  /** Systemd starts the master, with the environment of the drop-in. */
  readonly isOfSystemd: boolean;
}

/** Of several servers it would take the first that answers, also one that only reads. */
function missesPrimary({ findsPrimary }: SaltMaster, change: Change): boolean {
  if (!change.hasSeveralServers || findsPrimary === true) return false;
  // One that a person starts is not told by a restart either; it is right until the first server is another one.
  return change.isOfSystemd ? findsPrimary === false : change.isPrimaryNew;
}

/**
 * @param masters that run now with this configuration
 * @param before found to be outdated earlier
 */
export function outdatedMasters(
  masters: readonly SaltMaster[],
  before: readonly NamedProcess[],
  change: Change,
): readonly NamedProcess[] {
  const isBefore = ({ pid, startedAt }: NamedProcess): boolean =>
    before.some((one) => one.pid === pid && one.startedAt === startedAt);
  return masters
    .filter((master) => change.isRestartNeeded || isBefore(master) || missesPrimary(master, change))
    .map(({ pid, startedAt }) => ({ pid, startedAt }));
}
