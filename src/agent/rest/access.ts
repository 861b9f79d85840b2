// Who may change something over REST: from which addresses, with which certificate, with which password. Checked in
// this order, before a body is read.

import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

import type { NameResolver } from '#adapters/peers/resolve-name.ts';
import { readAddress } from '#core/access/address.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';
import { text } from './rest-message.ts';
import type { RestRequest, RestResponse } from './rest-message.ts';

export interface AccessRules {
  readonly hasAllowlist: boolean;
  readonly networks: BlockList;
  readonly hostNames: readonly string[];
  readonly isIncludingMembers: boolean;
  readonly isCertificateRequired: boolean;
  /** Digest of what the header must say; null: no password is asked for. */
  readonly keyDigest: Buffer | null;
}

/** Members in need call these, maybe when nobody knows who is a member: their addresses are asked for by the allowlist only. */
const openToMembers: ReadonlySet<string> = new Set(['/failsafe', '/wake']);

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** An IPv4 address in IPv6's clothes, as a socket for both shows it, without them. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/iu, '').replace(/%.*$/u, '');
}

/** `faults`: entries of the allowlist that let in nobody, in words for the log. */
export function compileAccess(config: RestApiConfig): {
  readonly rules: AccessRules;
  readonly faults: readonly string[];
} {
  const networks = new BlockList();
  const hostNames: string[] = [];
  const faults: string[] = [];
  for (const entry of config.allowlist) {
    const address = readAddress(entry);
    if (address === null) {
      faults.push(`restapi.allowlist: '${entry}' is no address, no network and no host name`);
    } else if (address.kind === 'host') hostNames.push(address.text);
    else {
      const [network = '', bits = ''] = address.text.split('/');
      networks.addSubnet(network, Number(bits), family(network));
    }
  }
  const { authentication } = config;
  const key =
    authentication === null
      ? null
      : Buffer.from(`${authentication.username}:${authentication.password}`).toString('base64');
  const rules = {
    hasAllowlist: config.allowlist.length > 0,
    networks,
    hostNames,
    isIncludingMembers: config.isAllowlistIncludingMembers,
    isCertificateRequired: config.certfile !== null && config.verifyClient !== 'none',
    keyDigest: key === null ? null : digest(key),
  };
  return { rules, faults };
}

function hostOf(apiUrl: string): string | null {
  if (!URL.canParse(apiUrl)) return null;
  const { hostname } = new URL(apiUrl);
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

async function isOneOf(
  address: string,
  hosts: readonly string[],
  resolve: NameResolver,
): Promise<boolean> {
  const list = new BlockList();
  for (const host of hosts) {
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    for (const each of addresses) list.addAddress(plainAddress(each), family(plainAddress(each)));
  }
  return list.check(address, family(address));
}

async function isAllowedAddress(
  rules: AccessRules,
  request: Pick<RestRequest, 'path' | 'peerAddress'>,
  apiUrls: readonly string[],
  resolve: NameResolver,
): Promise<boolean> {
  if (!rules.hasAllowlist && !rules.isIncludingMembers) return true;
  if (!rules.hasAllowlist && openToMembers.has(request.path)) return true;
  const address = plainAddress(request.peerAddress);
  if (isIP(address) === 0) return false;
  if (rules.networks.check(address, family(address))) return true;
  const members = rules.isIncludingMembers ? apiUrls.map(hostOf) : [];
  const hosts = [...rules.hostNames, ...members.filter((host) => host !== null)];
  return isOneOf(address, hosts, resolve);
}

function passwordRefusal(rules: AccessRules, header: string | undefined): RestResponse | null {
  if (rules.keyDigest === null) return null;
  const refuse = (why: string): RestResponse => {
    const answer = text(401, why);
    const headers = { ...answer.headers, 'WWW-Authenticate': 'Basic realm="Patroni"' };
    return { ...answer, headers };
  };
  if (header === undefined) return refuse('no auth header received');
  const [, key = ''] = /^Basic (.*)$/u.exec(header) ?? [];
  // Digests have one length, so that neither the time nor the length tells anything of the password.
  return timingSafeEqual(digest(key), rules.keyDigest) ? null : refuse('not authenticated');
}

/**
 * The answer that refuses a request which changes something; null where it may. `apiUrls`: the API addresses of all
 * members that are known.
 */
export async function refuseAccess(
  rules: AccessRules,
  request: Pick<RestRequest, 'path' | 'peerAddress' | 'hasClientCertificate' | 'headers'>,
  apiUrls: readonly string[],
  resolve: NameResolver,
): Promise<RestResponse | null> {
  if (!(await isAllowedAddress(rules, request, apiUrls, resolve))) {
    return text(403, 'Access is denied');
  }
  if (rules.isCertificateRequired && !request.hasClientCertificate) {
    return text(403, 'client certificate required');
  }
  return passwordRefusal(rules, request.headers.get('authorization'));
}
