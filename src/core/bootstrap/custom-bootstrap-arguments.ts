// The command line of a custom bootstrap method.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { argumentText } from './argument-text.ts';
import { isOn } from './is-on.ts';
import { methodCommand } from './method-command.ts';
import type { MethodCommand } from './method-command.ts';

/** Keys of the section that are for us, and names of the parameters that are ours. */
const ownKeys: readonly string[] = [
  'command',
  'no_params',
  'keep_existing_recovery_conf',
  'recovery_conf',
  'scope',
  'datadir',
];

/**
 * The command, `--scope` and `--datadir` unless the section has `no_params`, and its other keys as
 * `--key=value`.
 */
export function customBootstrapArguments(
  method: string,
  section: JsonObject,
  scope: string,
  dataDirectory: string,
): MethodCommand {
  const parameters = isOn(section['no_params'])
    ? []
    : [`--scope=${scope}`, `--datadir=${dataDirectory}`];
  for (const [key, value] of Object.entries(section)) {
    if (!ownKeys.includes(key)) parameters.push(`--${key}=${argumentText(value)}`);
  }
  return methodCommand(`bootstrap.${method}.command`, section['command'], parameters);
}
