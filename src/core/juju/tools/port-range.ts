// One range of ports: read from an argument, written as text, compared (3.17).

import type { PortRange } from '../model.ts';
import { goQuote } from './go-quote.ts';
import { usageError } from './tool.ts';

/** A range without the endpoint it is opened for. ICMP has no ports; -1 stands for them. */
export type Ports = Pick<PortRange, 'protocol' | 'from' | 'to'>;

const icmpPort = -1;
const highestPort = 65_535;

/** Reads `80`, `80/udp`, `8000-9000/tcp` or `icmp`. Exit 2 for anything else (H141). */
export function parsePorts(argument: string): Ports {
  const text = argument.toLowerCase();
  const slash = text.indexOf('/');
  const range = slash < 0 ? text : text.slice(0, slash);
  const [first = '', second, ...rest] = range.split('-');
  if (rest.length > 0) throw usageError(`invalid port range ${goQuote(range)}`);
  const isIcmp = range === 'icmp';
  const from = isIcmp ? icmpPort : portNumber(first);
  const to = second === undefined ? from : portNumber(second);
  const protocol = isIcmp ? 'icmp' : protocolNamed(slash < 0 ? 'tcp' : text.slice(slash + 1));
  if (protocol === 'icmp') {
    if (!isIcmp) throw usageError(`protocol "icmp" doesn't support any ports; got "${from}"`);
    return { protocol, from, to };
  }
  if (from > to) throw usageError(`invalid port range ${portsText({ protocol, from, to })}`);
  if (from < 0 || to > highestPort) {
    throw usageError(`port range bounds must be between 0 and ${highestPort}, got ${from}-${to}`);
  }
  return { protocol, from, to };
}

/** Go's own words for a text that is no number. */
function portNumber(text: string): number {
  if (/^[+-]?[0-9]+$/u.test(text)) return Number(text);
  const reason = `strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`;
  throw usageError(`invalid port ${goQuote(text)}: ${reason}`);
}

function protocolNamed(name: string): PortRange['protocol'] {
  if (name === 'tcp' || name === 'udp' || name === 'icmp') return name;
  throw usageError(`invalid protocol ${goQuote(name)}, expected "tcp", "udp", or "icmp"`);
}

/** `80/tcp`, `8000-9000/udp` or `icmp`. */
export function portsText(ports: Ports): string {
  if (ports.protocol === 'icmp') return 'icmp';
  const range = ports.from === ports.to ? `${ports.from}` : `${ports.from}-${ports.to}`;
  return `${range}/${ports.protocol}`;
}

/** By protocol, then by number. */
export function comparePorts(left: Ports, right: Ports): number {
  if (left.protocol !== right.protocol) return left.protocol < right.protocol ? -1 : 1;
  return left.from - right.from || left.to - right.to;
}

export function samePorts(left: Ports, right: Ports): boolean {
  return comparePorts(left, right) === 0;
}

export function sameRange(left: PortRange, right: PortRange): boolean {
  return samePorts(left, right) && left.endpoint === right.endpoint;
}

/** ICMP overlaps itself, since all of it is one range. */
export function overlap(left: Ports, right: Ports): boolean {
  return left.protocol === right.protocol && left.to >= right.from && right.to >= left.from;
}
