// Which method makes a new cluster. A name that means nothing refuses: an empty cluster made in the place of a
// restored one is found out too late.

import type { BootstrapConfig } from '#core/config/patroni/agent-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { methodCommand } from './method-command.ts';

export type BootstrapMethod =
  | { readonly kind: 'initdb' }
  | { readonly kind: 'custom'; readonly name: string; readonly section: JsonObject }
  /** A sentence for the log; nothing is started. */
  | { readonly kind: 'refused'; readonly why: string };

function knownNames(config: BootstrapConfig): string {
  const names = Object.entries(config.methods)
    .filter(([, section]) => section['command'] !== undefined)
    .map(([name]) => `"${name}"`);
  return ['"initdb"', ...names].join(', ');
}

export function bootstrapMethod(config: BootstrapConfig): BootstrapMethod {
  const { method } = config;
  if (method === '' || method === 'initdb') return { kind: 'initdb' };
  const section = Object.hasOwn(config.methods, method) ? config.methods[method] : undefined;
  if (section === undefined) {
    return {
      kind: 'refused',
      why: `Cannot make a cluster by the method "${method}": the section bootstrap has no method of this name. Set bootstrap.method to one of ${knownNames(config)}`,
    };
  }
  const command = methodCommand(`bootstrap.${method}.command`, section['command'] ?? '', []);
  return command.kind === 'unusable'
    ? { kind: 'refused', why: `Cannot make a cluster by the method "${method}": ${command.why}` }
    : { kind: 'custom', name: method, section };
}
