// Hosts of an etcd from DNS SRV records, under the names Patroni looks for.

import { resolveSrv } from 'node:dns/promises';
import { errorCode } from '#adapters/files/error-code.ts';
import type { HostSource } from './host-list.ts';

export type ResolveSrv = (
  name: string,
) => Promise<readonly { readonly name: string; readonly port: number }[]>;

/** Services that speak to clients, and whether they do so over TLS; the first with records counts. */
const services = [
  { label: '-client-ssl', protocol: 'https' },
  { label: '-client', protocol: 'http' },
  { label: '-ssl', protocol: 'https' },
  { label: '', protocol: 'http' },
] as const;

/** With a suffix the names are `_etcd-client-ssl-SUFFIX._tcp.DOMAIN` and so on. */
export function srvHosts(
  domain: string,
  suffix: string | null,
  resolve: ResolveSrv = resolveSrv,
): HostSource {
  return async () => {
    for (const { label, protocol } of services) {
      const name = `_etcd${label}${suffix === null ? '' : `-${suffix}`}._tcp.${domain}`;
      const found = await lookUp(name, resolve);
      if (found.length > 0) {
        return found.map((record) => `${protocol}://${record.name}:${record.port}`);
      }
    }
    return [];
  };
}

/** A name without records, and a server of DNS that does not answer, give none; then the next name is tried. */
async function lookUp(name: string, resolve: ResolveSrv): ReturnType<ResolveSrv> {
  try {
    return await resolve(name);
  } catch (error) {
    if (errorCode(error) === '') throw error;
    return [];
  }
}
