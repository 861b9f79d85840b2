// The addresses a client unit will be seen from, as ranges, and which range covers which. Pure text and
// arithmetic: host names are never looked up, they only equal themselves.

import type { Settings } from '../ports.ts';
import { settingOf, splitList } from './settings.ts';

/** A range as arithmetic sees it: the first `prefix` of `bits` bits of `address`. */
interface AddressRange {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly prefix: number;
}

/** A single address becomes a range of its own; ranges, host names and what is neither stay as they are. */
export function addressRange(address: string): string {
  if (address.includes('/')) return address;
  if (parseIpv4(address) !== null) return `${address}/32`;
  return address.includes(':') ? `${address}/128` : address;
}

/**
 * Ranges of one client unit from its bag: what Juju says it is seen from, else its own addresses for
 * older Jujus. Empty where the bag has none of them, and then the unit can't be let in.
 */
export function rangesOfUnit(settings: Settings): readonly string[] {
  const egress = egressOf(settings);
  if (egress.length > 0) return egress;
  const address =
    settingOf(settings, 'ingress-address').trim() || settingOf(settings, 'private-address').trim();
  return address === '' ? [] : [addressRange(address)];
}

/** What Juju says this unit is seen from, as ranges; empty under Jujus that do not say. */
export function egressOf(settings: Settings): readonly string[] {
  const ranges = splitList(settingOf(settings, 'egress-subnets')).map((each) => addressRange(each));
  return [...new Set(ranges)];
}

/** True where every address of `inner` lies in `outer` (T10). Texts that are no ranges must be equal. */
export function covers(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  const wide = parseRange(outer);
  const narrow = parseRange(inner);
  if (wide === null || narrow === null) return false;
  if (wide.bits !== narrow.bits || wide.prefix > narrow.prefix) return false;
  const ignored = BigInt(wide.bits - wide.prefix);
  return wide.address >> ignored === narrow.address >> ignored;
}

/** Reads `address` or `address/prefix`; null where it is neither. */
function parseRange(text: string): AddressRange | null {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  if (rest.length > 0) return null;
  const ipv4 = parseIpv4(addressText);
  const address = ipv4 ?? parseIpv6(addressText);
  if (address === null) return null;
  const bits = ipv4 === null ? 128 : 32;
  if (prefixText === undefined) return { bits, address, prefix: bits };
  if (!/^[0-9]{1,3}$/.test(prefixText) || Number(prefixText) > bits) return null;
  return { bits, address, prefix: Number(prefixText) };
}

/** Four decimal numbers; null for anything else. */
function parseIpv4(text: string): bigint | null {
  // Leading zeros are refused: half of the world reads them as octal.
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(
    text,
  );
  if (match === null) return null;
  let address = 0n;
  for (const octet of match.slice(1)) {
    if (Number(octet) > 255) return null;
    address = (address << 8n) | BigInt(octet);
  }
  return address;
}

/** Eight groups, or fewer with one double colon; null for anything else, zones included. */
function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : ipv6Groups(half)));
  if (head === undefined || head === null || tail === null) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // The double colon stands for at least one group; without it all eight are written out.
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...(tail ?? [])];
  return groups.reduce((address, group) => (address << 16n) | group, 0n);
}

/** Groups of 16 bits; the last one may be an IPv4 address, which makes two. */
function ipv6Groups(text: string): bigint[] | null {
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : null;
    if (ipv4 !== null) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return null;
  }
  return groups;
}
