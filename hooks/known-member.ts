// What this unit of a cluster is to run, from what it knows of the server, the peers and the leader's choices.

import { canonicalJson } from '#charm/reactive/data-changed.ts';
import type { AgentPasswords } from './agent/agent-yaml.ts';
import { configuredParameters } from './agent/dynamic-config.ts';
import type { AgentPlace } from './agent/place.ts';
import { agentPasswords } from './agent-passwords.ts';
import { agentPlace, checkedParameters, memberNetwork } from './cluster-facts.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import type { Context } from './context.ts';
import { knownServer } from './known-server.ts';
import type { Network } from './facts.ts';
import type { Settings } from './settings.ts';
import type { DesiredServer } from './setup/desired.ts';

export interface KnownMember {
  readonly server: DesiredServer;
  /** With parameters PostgreSQL takes only. */
  readonly settings: Settings;
  readonly cluster: ClusterSettings;
  readonly network: Network;
  /** Where the other members find this one. */
  readonly host: string;
  readonly place: AgentPlace;
  readonly passwords: AgentPasswords;
  /** Units beside this one. */
  readonly standbys: number;
}

/** Asks Juju where the other units find this one, after a change of address and where it is not known. */
function readMemberNetwork(
  context: Context,
): { readonly bind: string; readonly host: string } | null {
  const known = memberNetwork.read(context.data);
  const mayHaveMoved = ['config-changed', 'upgrade-charm'].includes(context.hook.dispatchName);
  if (known !== null && !mayHaveMoved) return known;
  const { bindAddress, ingressAddress } = context.tools.networkGet('cluster');
  const host = ingressAddress ?? bindAddress;
  const bind = bindAddress ?? ingressAddress;
  if (host === undefined || host === null || bind === undefined || bind === null) return known;
  const found = { bind, host };
  memberNetwork.write(context.data, found);
  return found;
}

/**
 * The settings with parameters PostgreSQL takes: those configured, once it was asked about them; else the last
 * it took. Costs a call of a program where they changed.
 */
function usableSettings(context: Context, settings: Settings, server: DesiredServer): Settings {
  const { parameters } = settings;
  const known = checkedParameters.read(context.data);
  const isSame = (other: Readonly<Record<string, string>> | undefined): boolean =>
    other !== undefined && canonicalJson(other) === canonicalJson(parameters);
  if (isSame(known?.good)) return settings;
  const good = known?.good ?? {};
  if (isSame(known?.refused?.parameters)) return { ...settings, parameters: good };
  const { problem } = context.services.agent.check({
    command: 'check',
    binDirectory: server.binDirectory,
    parameters: configuredParameters(settings, 0),
  });
  const refused = problem === null ? null : { parameters, problem };
  checkedParameters.write(context.data, { good: problem === null ? parameters : good, refused });
  return problem === null ? settings : { ...settings, parameters: good };
}

/** Null while anything of it is missing; the status says what. */
export function knownMember(context: Context): KnownMember | null {
  const known = knownServer(context);
  const place = agentPlace(context);
  const cluster = known?.settings.cluster;
  if (known === null || place === null || cluster === undefined) return null;
  const passwords = agentPasswords(context);
  const member = readMemberNetwork(context);
  if (passwords === null || member === null) return null;
  const { network } = known;
  const addresses = new Set([...network.listenAddress.split(','), member.bind]);
  return {
    server: { ...known.server, listenAddress: [...addresses].join(',') },
    settings: usableSettings(context, known.settings, known.server),
    cluster,
    network,
    host: member.host,
    place,
    passwords,
    standbys: context.endpoints.cluster.units.length,
  };
}
