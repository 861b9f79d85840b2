// Looks up the addresses of host names, and remembers them: a request waits for a name server at most once in a
// while, and one that is out of reach does not shut out who was let in before.

import { lookup } from 'node:dns/promises';

/** The addresses of a name; none where it is not known. Never rejects. */
export type NameResolver = (name: string) => Promise<readonly string[]>;

interface Known {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

async function lookUp(name: string): Promise<readonly string[] | null> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return null;
  }
}

/** `keptMs`: how long an answer counts before the name server is asked again. */
export function rememberingResolver(
  keptMs = 60_000,
  ask: (name: string) => Promise<readonly string[] | null> = lookUp,
): NameResolver {
  const known = new Map<string, Known>();
  return async (name) => {
    const before = known.get(name);
    if (before !== undefined && performance.now() < before.untilMs) return before.addresses;
    const found = await ask(name);
    const addresses = found ?? before?.addresses ?? [];
    known.set(name, { addresses, untilMs: performance.now() + keptMs });
    return addresses;
  };
}
