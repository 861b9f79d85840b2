// Which methods may make this replica, in their order.

import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { isOn } from './is-on.ts';

/** The method that is built in. */
export const basebackupMethod = 'basebackup';

export interface ConfiguredMethods {
  /** `postgresql.create_replica_methods`. */
  readonly own: readonly string[];
  /** Their sections, by name; a method may have none. */
  readonly sections: Readonly<Record<string, JsonObject>>;
  /** Not null on members of a standby cluster, whose methods come from its section alone. */
  readonly standbyCluster: StandbyCluster | null;
}

/** `no_master` is what old configurations call it. */
function worksWithoutLeader(configured: ConfiguredMethods, name: string): boolean {
  const section = configured.sections[name];
  if (name === basebackupMethod || section === undefined) return false;
  return isOn(section['no_leader']) || isOn(section['no_master']);
}

function listed(configured: ConfiguredMethods): readonly string[] {
  const { standbyCluster } = configured;
  return standbyCluster === null ? configured.own : (standbyCluster.createReplicaMethods ?? []);
}

/** Whether a replica can be made while nobody can be asked for a base backup. */
export function hasMethodWithoutLeader(configured: ConfiguredMethods): boolean {
  return listed(configured).some((name) => worksWithoutLeader(configured, name));
}

/** `source`: whether there is a server to copy from. Empty: there is no way to make a replica now. */
export function chooseMethods(
  configured: ConfiguredMethods,
  source: 'connection' | 'none',
  fromLeaderOnly: boolean,
): readonly string[] {
  const names = listed(configured);
  const candidates = fromLeaderOnly || names.length === 0 ? [basebackupMethod] : names;
  return source === 'connection'
    ? candidates
    : candidates.filter((name) => worksWithoutLeader(configured, name));
}
