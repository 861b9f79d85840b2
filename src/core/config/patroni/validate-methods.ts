// Checks that each method by which a cluster or a replica is to be made is described.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { isJsonObject, section, textsOf } from './json-fields.ts';
import { bootstrapKeys } from './known-keys.ts';

/** Names of the mappings that hold a command. */
function described(parent: JsonObject): readonly string[] {
  return Object.keys(parent).filter((name) => {
    const value = parent[name];
    return isJsonObject(value) && typeof value['command'] === 'string' && value['command'] !== '';
  });
}

/** A method that is misspelled must not end in an empty new cluster where a backup was to be restored. */
export function validateBootstrap(file: JsonObject): readonly ConfigFault[] {
  const bootstrap = section(file, 'bootstrap');
  const faults: ConfigFault[] = [];
  if (bootstrap['users'] !== undefined) {
    const message =
      'does nothing: create users by bootstrap.post_bootstrap, as Patroni asks since its version 4';
    faults.push(fault('bootstrap.users', bootstrap['users'], message, 'warning'));
  }
  const { method } = bootstrap;
  if (typeof method !== 'string' || method === 'initdb') return faults;
  const section_ = bootstrap[method];
  const isUsable = described(bootstrap).includes(method) && !bootstrapKeys.has(method);
  if (isUsable) return [...faults, ...checkRecoveryTarget(method, section_)];
  if (isJsonObject(section_) && !bootstrapKeys.has(method)) {
    return [...faults, fault(`bootstrap.${method}.command`, undefined, 'is not defined.')];
  }
  const known = ['initdb', ...described(bootstrap).filter((name) => !bootstrapKeys.has(name))];
  const message =
    `is no bootstrap method: it takes ${known.join(' or ')}, ` +
    'or the name of a section of bootstrap with a command';
  return [...faults, fault('bootstrap.method', method, message)];
}

function checkRecoveryTarget(
  method: string,
  methodSection: JsonObject[string] | undefined,
): readonly ConfigFault[] {
  const recoveryConf = isJsonObject(methodSection) ? section(methodSection, 'recovery_conf') : {};
  if (recoveryConf['recovery_target_action'] !== 'pause') return [];
  return [
    fault(
      `bootstrap.${method}.recovery_conf.recovery_target_action`,
      'pause',
      'lets the bootstrap wait until somebody ends the recovery by hand: use promote',
      'warning',
    ),
  ];
}

/** Methods nobody describes are passed over when a replica is made, so the others still count. */
export function validateReplicaMethods(file: JsonObject): readonly ConfigFault[] {
  const postgresql = section(file, 'postgresql');
  const key = 'create_replica_methods';
  return (textsOf(postgresql[key]) ?? []).flatMap((method, index) =>
    method === 'basebackup' || described(postgresql).includes(method)
      ? []
      : [
          fault(
            `postgresql.${key}.${index}`,
            method,
            `is passed over: postgresql.${method}.command is not defined.`,
            'warning',
          ),
        ],
  );
}
