// The command line of a custom replica creation method, and what its flags say about the data directory.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { argumentText } from './argument-text.ts';
import { isOn } from './is-on.ts';
import { methodCommand } from './method-command.ts';
import type { MethodCommand } from './method-command.ts';

export interface ReplicaMethod {
  readonly command: MethodCommand;
  /** What is in the data directory stays, before the method and after it failed, whatever else is set. */
  readonly isKeepingData: boolean;
}

export interface ReplicaMethodContext {
  readonly scope: string;
  readonly dataDirectory: string;
  /** Without a password; empty where there is no source. */
  readonly connstring: string;
}

/** Flags for us. Scripts written for Patroni know them as parameters, unless they want none of ours. */
const flags: readonly string[] = ['no_params', 'no_master', 'no_leader', 'keep_data'];

/**
 * The method's command, or its name where it has none; its section's keys as `--key=value`; and the scope, the
 * role, the directory and the source, unless the section has `no_params`.
 */
export function replicaMethodArguments(
  name: string,
  section: JsonObject,
  context: ReplicaMethodContext,
): ReplicaMethod {
  const hasOurParameters = !isOn(section['no_params']);
  const ours = {
    scope: context.scope,
    role: 'replica',
    datadir: context.dataDirectory,
    connstring: context.connstring,
  };
  const passed = Object.entries(section).filter(
    ([key]) =>
      key !== 'command' && (hasOurParameters ? !Object.hasOwn(ours, key) : !flags.includes(key)),
  );
  const parameters = [...passed, ...(hasOurParameters ? Object.entries(ours) : [])].map(
    ([key, value]) => `--${key}=${argumentText(value)}`,
  );
  return {
    command: methodCommand(`postgresql.${name}.command`, section['command'] ?? name, parameters),
    isKeepingData: isOn(section['keep_data']),
  };
}
