// What units of a cluster tell each other over the peer relation: which of them the primary is, and what it has
// brought about for clients, for the others to publish the same. No secret is in it.

import { applicationOf, compareText } from '#interfaces/pgsql/numeric-order.ts';
import { rangesOfUnit } from '#interfaces/pgsql/address-range.ts';
import type { EndpointPort, RelationPort, Settings } from '#interfaces/ports.ts';

/** What the primary carried out for one relation, in the texts a client compares. */
export interface ServedEntry {
  /** For example `db:7`. */
  readonly relation: string;
  readonly database: string;
  readonly user: string;
  readonly roles: string;
  readonly extensions: string;
}

/** What a unit has to tell the others. */
export interface OwnNews {
  /** Where clients find its server. */
  readonly host: string;
  /** Timeline of the primary it runs; null where it runs none. Its change wakes the other units. */
  readonly primaryTimeline: number | null;
  /** Told by the primary only. */
  readonly served: readonly ServedEntry[];
}

const hostKey = 'db-host';
/** Only the primary has these two. */
const primaryKey = 'primary-timeline';
const servedKey = 'served';

function isEntry(value: unknown): value is ServedEntry {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['relation', 'database', 'user', 'roles', 'extensions'].every(
      (key) => typeof (value as Readonly<Record<string, unknown>>)[key] === 'string',
    )
  );
}

function readEntries(text: string): readonly ServedEntry[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => isEntry(item)) : [];
  } catch {
    return [];
  }
}

export class ClusterPeers {
  readonly #endpoint: EndpointPort;

  constructor(endpoint: EndpointPort) {
    this.#endpoint = endpoint;
  }

  get #relation(): RelationPort | null {
    return this.#endpoint.relations[0] ?? null;
  }

  /** The other units that are there, in numerical order. */
  get units(): readonly string[] {
    return this.#relation?.remoteUnits ?? [];
  }

  /** Ranges all units, this one included, are seen from, each once, sorted. */
  memberRanges(): readonly string[] {
    const relation = this.#relation;
    if (relation === null) return [];
    const bags = relation.remoteUnits.map((unit) => relation.remoteUnitSettings(unit));
    const ranges = [relation.ownUnitSettings(), ...bags].flatMap((bag) => rangesOfUnit(bag));
    return [...new Set(ranges)].sort(compareText);
  }

  /** Tells the others of this unit. */
  tell({ host, primaryTimeline, served }: OwnNews): void {
    this.#relation?.setUnit({
      [hostKey]: host,
      [primaryKey]: primaryTimeline === null ? null : String(primaryTimeline),
      [servedKey]: primaryTimeline === null ? null : JSON.stringify(served),
    });
  }

  /** Where clients find the server of a unit, as it told; null where it told nothing. */
  hostOf(unit: string): string | null {
    return this.#bag(unit)[hostKey] ?? null;
  }

  /** What a unit told that runs, or ran, the primary; empty where it told nothing. */
  servedBy(unit: string): readonly ServedEntry[] {
    return readEntries(this.#bag(unit)[servedKey] ?? '[]');
  }

  #bag(unit: string): Settings {
    const isOurs = applicationOf(unit) === this.#endpoint.localApplication;
    return (isOurs ? this.#relation?.remoteUnitSettings(unit) : undefined) ?? {};
  }
}
