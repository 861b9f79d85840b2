// Checks the addresses a member listens on and those by which others are to reach it.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { postgresqlPort } from './defaults.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { isLocalHost, isWildcard, readHostPort } from './host-port.ts';
import { section } from './json-fields.ts';

const wrongAddress = 'contains a wrong value: it takes host:port';

function checkListen(path: string, value: string, defaultPort: number | null): ConfigFault[] {
  const address = readHostPort(value, defaultPort);
  if (address === null) return [fault(path, value, wrongAddress)];
  const hosts = address.host.split(',');
  if (hosts.length > 1 && hosts.includes('*')) return [fault(path, value, "expecting '*' alone")];
  return hosts.includes('') ? [fault(path, value, wrongAddress)] : [];
}

/** An address nobody else can connect to is an error if it means everywhere, else fit for one machine. */
function checkConnect(path: string, value: string, defaultPort: number | null): ConfigFault[] {
  const address = readHostPort(value, defaultPort);
  if (address === null || address.host.includes(',')) return [fault(path, value, wrongAddress)];
  if (!isLocalHost(address.host)) return [];
  return [
    fault(
      path,
      value,
      'must not contain "127.0.0.1", "0.0.0.0", "*", "::1", "localhost": ' +
        'other members connect to it',
      isWildcard(address.host) ? 'error' : 'warning',
    ),
  ];
}

/** Without an address to connect to, the one to listen on serves, unless that is everywhere. */
function checkMissing(path: string, listen: string, defaultPort: number | null): ConfigFault[] {
  const [first = ''] = readHostPort(listen, defaultPort)?.host.split(',') ?? [];
  if (first === '') return [];
  return isWildcard(first)
    ? [fault(path, undefined, 'is not defined.')]
    : [fault(path, undefined, `is not defined. ${first} is used`, 'warning')];
}

function checkPair(file: JsonObject, name: string, port: number | null): ConfigFault[] {
  const { listen, connect_address: connect } = section(file, name);
  // Another type is the schema's to tell.
  if (typeof listen !== 'string' || listen === '') return [];
  const path = `${name}.connect_address`;
  const faults = checkListen(`${name}.listen`, listen, port);
  if (typeof connect === 'string') faults.push(...checkConnect(path, connect, port));
  else if (connect === undefined) faults.push(...checkMissing(path, listen, port));
  return faults;
}

export function validateAddresses(file: JsonObject): readonly ConfigFault[] {
  const proxy = section(file, 'postgresql')['proxy_address'];
  return [
    ...checkPair(file, 'restapi', null),
    ...checkPair(file, 'postgresql', postgresqlPort),
    ...(typeof proxy === 'string'
      ? checkConnect('postgresql.proxy_address', proxy, postgresqlPort)
      : []),
  ];
}
