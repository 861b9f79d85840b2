// Which servers the Salt master and the service are told of, and in which order. Pure.
//
// An unmodified returner passes its host to libpq as it is, so that a list of them lets it find the new primary after
// a failover, where its environment says to take none that only reads. It reads the list once, when it starts: a
// server is therefore kept in it for as long as nothing else asks for a restart, also while it is away.

import type { ClientView } from '#interfaces/pgsql/client-view.ts';
import type { ConnectionString } from '#interfaces/pgsql/connection-string.ts';

export interface Server {
  readonly host: string;
  readonly port: string;
}

function serverOf(target: ConnectionString): readonly Server[] {
  const { host, port } = target;
  // A name with a comma would be several to libpq.
  if (host === null || port === null || /[,\s]/u.test(host + port)) return [];
  return [{ host, port }];
}

function isSame(left: Server, right: Server): boolean {
  return left.host === right.host && left.port === right.port;
}

function unique(servers: readonly Server[]): readonly Server[] {
  return servers.filter(
    (server, index) => servers.findIndex((one) => isSame(one, server)) === index,
  );
}

/** Servers a relation offers now, the primary first. */
export function serversOf({ master, standbys }: ClientView): readonly Server[] {
  return unique([...(master === null ? [] : [master]), ...(standbys ?? [])].flatMap(serverOf));
}

/**
 * Servers to name: those there are now, then those that were named before and are away. Where one of now was not
 * named yet, a master has to be told anew in any case, and those that are away are forgotten.
 *
 * @param now the primary first
 */
export function serversToName(now: readonly Server[], named: readonly Server[]): readonly Server[] {
  const areKnown = now.every((server) => named.some((one) => isSame(one, server)));
  return areKnown ? unique([...now, ...named]) : now;
}

/** Whether a program that was told of `named` knows all of `servers`. */
export function knowsAll(named: readonly Server[], servers: readonly Server[]): boolean {
  return servers.every((server) => named.some((one) => isSame(one, server)));
}

/** The servers as libpq's `host` and `port`. One port is good for all where they have the same. */
export function hostAndPort(servers: readonly Server[]): {
  readonly host: string;
  readonly port: string;
} {
  const ports = new Set(servers.map(({ port }) => port));
  return {
    host: servers.map(({ host }) => host).join(','),
    port: ports.size === 1 ? (servers[0]?.port ?? '') : servers.map(({ port }) => port).join(','),
  };
}
