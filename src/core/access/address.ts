// Reads the addresses pg_hba.conf is to let in: an address, a network, or a host name. What is none of
// these is refused here, as PostgreSQL would take it for a host name and never match it (T54).

export type HbaAddress =
  | { readonly kind: 'network'; readonly text: string }
  | { readonly kind: 'host'; readonly text: string };

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part) && Number(part) < 256)
  );
}

/** Number of 16-bit groups in one half of an IPv6 address, or null where it is none. */
function ipv6Groups(half: string, isLast: boolean): number | null {
  if (half === '') return 0;
  const parts = half.split(':');
  let groups = 0;
  for (const [index, part] of parts.entries()) {
    const isTail = isLast && index === parts.length - 1;
    if (/^[0-9a-f]{1,4}$/iu.test(part)) groups += 1;
    else if (isTail && isIpv4(part)) groups += 2;
    else return null;
  }
  return groups;
}

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const [left = '', right] = halves;
  if (right === undefined) return ipv6Groups(left, true) === 8;
  const leftGroups = ipv6Groups(left, false);
  const rightGroups = ipv6Groups(right, true);
  return leftGroups !== null && rightGroups !== null && leftGroups + rightGroups <= 7;
}

/** A host name, or with a leading dot the names that end in it, as pg_hba.conf has it. */
function isHostName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = (text.startsWith('.') ? text.slice(1) : text).split('.');
  const areLabels = labels.every((label) =>
    /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/iu.test(label),
  );
  // A last label of digits alone is a mistyped IPv4 address, for example 10.0.0.256 or 10.0.1.
  return areLabels && !/^\d+$/u.test(labels.at(-1) ?? '');
}

/** Words pg_hba.conf gives a meaning of its own, which quoting takes away. */
const keywords: ReadonlySet<string> = new Set(['all', 'samehost', 'samenet']);

/**
 * Reads one address, trimmed. A bare address becomes the network of it alone.
 * Returns null where the text is no address, no network and no host name.
 */
export function readAddress(text: string): HbaAddress | null {
  const trimmed = text.trim();
  const slash = trimmed.indexOf('/');
  const address = slash === -1 ? trimmed : trimmed.slice(0, slash);
  const isFour = isIpv4(address);
  if (isFour || isIpv6(address)) {
    const bitsMax = isFour ? 32 : 128;
    const bits = slash === -1 ? String(bitsMax) : trimmed.slice(slash + 1);
    if (!/^(?:0|[1-9]\d{0,2})$/u.test(bits) || Number(bits) > bitsMax) return null;
    return { kind: 'network', text: `${address}/${bits}` };
  }
  if (slash !== -1 || keywords.has(trimmed.toLowerCase()) || !isHostName(trimmed)) return null;
  return { kind: 'host', text: trimmed };
}
