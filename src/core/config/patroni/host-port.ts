// Reads and writes `host:port` as Patroni does: the last colon counts, brackets around IPv6 addresses may
// be left out, and there may be several hosts, separated by commas, before one port.

import type { HostPort } from './agent-config.ts';

/** Null where there is no usable port, or no host. */
export function readHostPort(text: string, defaultPort: number | null): HostPort | null {
  const colon = text.lastIndexOf(':');
  // The colons of `[::1]` are its own.
  const hasPort = colon > text.lastIndexOf(']');
  const portText = hasPort ? text.slice(colon + 1).trim() : String(defaultPort ?? '');
  if (!/^\d{1,5}$/u.test(portText) || Number(portText) > 65_535) return null;
  const host = (hasPort ? text.slice(0, colon) : text)
    .split(',')
    .map((each) => each.trim().replace(/^\[(?<address>.*)\]$/u, '$<address>'))
    .join(',');
  return host === '' ? null : { host, port: Number(portText) };
}

/** `host:port`, an IPv6 address in brackets. */
export function printHostPort({ host, port }: HostPort): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Addresses by which no other machine can reach this one. */
const localHosts: ReadonlySet<string> = new Set([
  '127.0.0.1',
  '0.0.0.0',
  '*',
  '::1',
  '::',
  'localhost',
]);

export function isLocalHost(host: string): boolean {
  return localHosts.has(host);
}

/** Whether this is an address to listen on everywhere, to which nobody can connect. */
export function isWildcard(host: string): boolean {
  return host === '*' || host === '0.0.0.0' || host === '::';
}
