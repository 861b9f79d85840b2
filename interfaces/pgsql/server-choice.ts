// Which server a client writes to and which it may read from, out of bags that disagree for a while
// during a failover, a change of password and every join. Never names a server that no bag names, and
// in doubt between two writers names none (T13).

import type { ConnectionString } from './connection-string.ts';
import { isBeyondFirstGeneration, isWriterState } from './protocol.ts';
import { notReadyReason, silentEchoWarnings } from './readiness.ts';
import type { ClientFacts, NotReadyReason } from './readiness.ts';
import type { ServerBag } from './server-bag.ts';

export interface ServerChoice {
  readonly master: ConnectionString | null;
  /** The bag that named the master. */
  readonly masterBag: ServerBag | null;
  /** Sorted as text, never the master itself. Null while no bag is ready: not known, rather than none. */
  readonly standbys: readonly ConnectionString[] | null;
  /** Why each bag that was passed over was; the application's bag under the empty name. */
  readonly notReady: ReadonlyMap<string, NotReadyReason>;
  readonly warnings: readonly string[];
}

/** `units` in numerical order; `application` is the application's bag. */
export function chooseServers(
  application: ServerBag,
  units: readonly ServerBag[],
  client: ClientFacts,
): ServerChoice {
  const bags = [application, ...units];
  const isFirstGeneration = !bags.some((bag) => isBeyondFirstGeneration(bag.text));
  const notReady = new Map<string, NotReadyReason>();
  for (const bag of bags) {
    const reason = notReadyReason(bag, client, isFirstGeneration);
    if (reason !== null) notReady.set(bag.unit ?? '', reason);
  }
  const ready = bags.filter((bag) => !notReady.has(bag.unit ?? ''));
  const warnings = bags.flatMap((bag) => bag.warnings);
  if (isFirstGeneration) {
    warnings.push(...ready.flatMap((bag) => silentEchoWarnings(bag, client.request)));
  }

  const masterBag = isFirstGeneration ? onlyWriter(ready) : chooseClaim(ready, units);
  const master = (isFirstGeneration ? masterBag?.own : masterBag?.master) ?? null;
  return {
    master,
    masterBag,
    standbys: ready.length === 0 ? null : chooseStandbys(ready, units, masterBag, master),
    notReady,
    warnings: [...new Set(warnings)],
  };
}

/** First generation: the one unit that says it is the writer. None or several is a failover under way. */
function onlyWriter(ready: readonly ServerBag[]): ServerBag | null {
  const writers = ready.filter((bag) => bag.own !== null && isWriterState(bag.state));
  return writers.length === 1 ? (writers[0] ?? null) : null;
}

/**
 * Newer generations: every bag names the master it knows of, some of them late. A unit that is the
 * writer by its own word and names its own host knows best. Where several do, one of them is out of date
 * (perhaps dead, with its last words still in its bag), so the application's bag decides, then the
 * majority of the units. A tie names nobody.
 */
function chooseClaim(ready: readonly ServerBag[], units: readonly ServerBag[]): ServerBag | null {
  const claims = ready.filter((bag) => isReachable(bag.master, ready, units));
  const sure = claims.filter(
    (bag) => isWriterState(bag.state) && bag.text.host === bag.master?.host,
  );
  const contenders = textsOf(sure.length > 0 ? sure : claims);
  const best = contenders.size === 1 ? [...contenders][0] : arbitrate(claims, contenders);
  // Of the bags that name it, the one that knows best also knows the standbys best.
  return [...sure, ...claims].find((bag) => bag.master?.libpq === best) ?? null;
}

function textsOf(bags: readonly ServerBag[]): ReadonlySet<string> {
  return new Set(bags.flatMap((bag) => bag.master?.libpq ?? []));
}

function arbitrate(
  claims: readonly ServerBag[],
  contenders: ReadonlySet<string>,
): string | undefined {
  const leaders = claims.find((bag) => bag.unit === null)?.master?.libpq;
  if (leaders !== undefined && contenders.has(leaders)) return leaders;
  const votes = [...contenders].map((text) => ({
    text,
    count: claims.filter((bag) => bag.unit !== null && bag.master?.libpq === text).length,
  }));
  const most = Math.max(0, ...votes.map(({ count }) => count));
  const winners = votes.filter(({ count }) => count === most);
  return winners.length === 1 ? winners[0]?.text : undefined;
}

/**
 * False where the server's own unit is at hand and has not let us in yet, or has not done what we asked:
 * others may know of it, but a connection would be refused.
 */
function isReachable(
  string: ConnectionString | null,
  ready: readonly ServerBag[],
  units: readonly ServerBag[],
): boolean {
  if (string === null) return false;
  const owners = units.filter((bag) => bag.text.host !== '' && bag.text.host === string.host);
  return owners.length === 0 || owners.some((bag) => ready.includes(bag));
}

function chooseStandbys(
  ready: readonly ServerBag[],
  units: readonly ServerBag[],
  masterBag: ServerBag | null,
  master: ConnectionString | null,
): readonly ConnectionString[] {
  const publishers = ready.filter((bag) => bag.standbys.length > 0);
  const ownWords = ready.filter((bag) => bag.state === 'hot standby').map((bag) => bag.own);
  // Servers that publish no list at all still say of themselves that they are standbys.
  const named = publishers.length === 0 ? ownWords : ((masterBag ?? publishers[0])?.standbys ?? []);
  const byText = new Map<string, ConnectionString>();
  for (const standby of named) {
    if (standby === null || standby.equals(master)) continue;
    if (isReachable(standby, ready, units)) byText.set(standby.libpq, standby);
  }
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}
