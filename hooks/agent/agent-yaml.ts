// Writes the configuration of this unit's agent: Patroni's YAML, from the charm's options, the peers and what
// the leader chose. The same facts give the same text, so that a hook can tell whether anything changed. Pure.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { identMap } from '#core/access/hba-quote.ts';
import { managedParameters } from '#core/config/managed-parameters.ts';
import { compareText } from '#core/access/relation-order.ts';
import { hbaQuote } from '#core/access/hba-quote.ts';
import type { ClusterSettings } from '../cluster-settings.ts';
import type { Settings } from '../settings.ts';
import type { DesiredServer } from '../setup/desired.ts';
import { hbaLines, replicationUser, rewindUser } from './agent-hba.ts';
import { configuredParameters, dynamicConfig, sharedParameters } from './dynamic-config.ts';
import type { AgentPlace } from './place.ts';
import { yamlText } from '#core/config/quoted-yaml.ts';

/** Passwords of the cluster's own users, the same on all units. */
export interface AgentPasswords {
  readonly superuser: string;
  readonly replication: string;
  readonly rewind: string;
  /** For what changes something in the REST API. */
  readonly restapi: string;
}

/** User of the REST API. */
export const restUser = 'juju';

export interface AgentInputs {
  /** For example `postgresql/0`. */
  readonly unit: string;
  readonly application: string;
  readonly server: DesiredServer;
  readonly settings: Settings;
  readonly cluster: ClusterSettings;
  readonly place: AgentPlace;
  /** Address the other members find this one at. */
  readonly memberHost: string;
  readonly passwords: AgentPasswords;
  /** Text of pg_hba.conf. */
  readonly hba: string;
  /** Users of the machine that may come in as the superuser over the socket. */
  readonly machineUsers: readonly string[];
  /** Units beside this one. */
  readonly standbys: number;
  /** Whether this unit is to make the cluster. No other one ever may: it would be an empty one. */
  readonly mayBootstrap: boolean;
  readonly memoryBytes: number;
}

/** `postgresql/0` as a name in etcd, where a slash would be a folder. */
export function memberName(unit: string): string {
  return unit.replaceAll('/', '-');
}

/** The unit a member's name stands for. */
export function unitOfMember(member: string): string {
  return member.replace(/-(?=\d+$)/u, '/');
}

export function scopeOf(application: string, cluster: ClusterSettings): string {
  return cluster.name === '' ? application : cluster.name;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Parameters of this member's own file, sorted; what is shared comes from etcd. */
function ownParameters(inputs: AgentInputs): JsonObject {
  const { server, settings, standbys, memoryBytes } = inputs;
  const managed = managedParameters({ ...server, memoryBytes });
  const all = { ...managed, ...configuredParameters(settings, standbys) };
  // The agent gives these on the server's command line, out of other parts of its configuration.
  const given = new Set([
    ...sharedParameters,
    'cluster_name',
    'hot_standby',
    'listen_addresses',
    'port',
  ]);
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => !given.has(name))
      .sort(([left], [right]) => compareText(left, right)),
  );
}

function bootstrap(inputs: AgentInputs): JsonObject {
  if (!inputs.mayBootstrap) return {};
  const { encoding, locale } = inputs.server;
  return {
    bootstrap: {
      dcs: dynamicConfig(inputs),
      initdb: [
        { encoding },
        { locale },
        'data-checksums',
        { 'auth-local': 'peer' },
        { 'auth-host': 'scram-sha-256' },
      ],
    },
  };
}

function postgresql(inputs: AgentInputs): JsonObject {
  const { server, place, memberHost, passwords, hba, machineUsers } = inputs;
  return {
    listen: `${server.listenAddress}:${server.port}`,
    connect_address: hostPort(memberHost, server.port),
    data_dir: server.dataDirectory,
    bin_dir: server.binDirectory,
    pgpass: place.pgpass,
    use_unix_socket: true,
    authentication: {
      superuser: { username: 'postgres', password: passwords.superuser },
      replication: { username: replicationUser, password: passwords.replication },
      rewind: { username: rewindUser, password: passwords.rewind },
    },
    parameters: ownParameters(inputs),
    pg_hba: hbaLines(hba),
    pg_ident: [...new Set(machineUsers)].map((user) => `${identMap} ${hbaQuote(user)} postgres`),
  };
}

/** The whole file. It holds passwords. */
export function agentYaml(inputs: AgentInputs): string {
  const { unit, application, cluster, memberHost, passwords } = inputs;
  const api = hostPort(memberHost, cluster.apiPort);
  return yamlText({
    scope: scopeOf(application, cluster),
    name: memberName(unit),
    log: { level: 'INFO' },
    restapi: {
      listen: api,
      connect_address: api,
      authentication: { username: restUser, password: passwords.restapi },
    },
    etcd3: {
      hosts: cluster.etcd.endpoints.map(({ host, port }) => hostPort(host, port)),
      protocol: cluster.etcd.protocol,
    },
    ...bootstrap(inputs),
    postgresql: postgresql(inputs),
  });
}
