// Puts the store together as the section `etcd3` of the configuration says.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { EtcdConfig } from '#core/config/patroni/agent-config.ts';
import { createAgents } from './agents.ts';
import { EtcdDcs } from './etcd-dcs.ts';
import { EtcdGateway } from './gateway.ts';
import type { HostSource } from './host-list.ts';
import { HttpTransport } from './http-transport.ts';
import type { ResolveSrv } from './srv-hosts.ts';
import { srvHosts } from './srv-hosts.ts';
import type { EtcdTransport } from './transport.ts';

export interface EtcdDcsOptions {
  readonly config: EtcdConfig;
  readonly namespace: string;
  readonly scope: string;
  /** Number of the Citus group; left out without Citus. */
  readonly group?: number | null;
  readonly name: string;
  readonly ttlSeconds: number;
  readonly retryTimeoutSeconds: number;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** In the place of HTTP to the hosts of the configuration. */
  readonly transport?: EtcdTransport;
  /** In the place of DNS. */
  readonly resolveSrv?: ResolveSrv;
}

export function createEtcdDcs(options: EtcdDcsOptions): EtcdDcs {
  const { config, clock, group = null } = options;
  const transport =
    options.transport ??
    new HttpTransport({
      hosts: hostSource(config, options.resolveSrv),
      areHostsFixed: config.isUsingProxies,
      agents: async () => createAgents(config),
      clock,
    });
  const { username, password } = config;
  const gateway = new EtcdGateway({ transport, username, password });
  return new EtcdDcs({ ...options, group, gateway, transport });
}

/** SRV records first; the hosts of the configuration where there are none. */
function hostSource(config: EtcdConfig, resolve: ResolveSrv | undefined): HostSource {
  const configured = config.hosts.map(({ host, port }) => {
    return `${config.protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  });
  const { srv } = config;
  if (srv === null) return async () => Promise.resolve(configured);
  const fromDns = srvHosts(srv, config.srvSuffix, resolve);
  return async () => {
    const found = await fromDns();
    return found.length > 0 ? found : configured;
  };
}
