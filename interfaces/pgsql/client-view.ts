// One relation as a client sees it in this hook: which servers it may use, which unit offers what, and
// why it has to wait. Computed from the bags alone, whatever hook is running.

import type { EndpointPort, RelationPort } from '../ports.ts';
import { egressOf } from './address-range.ts';
import type { ConnectionString } from './connection-string.ts';
import type { NotReadyReason } from './readiness.ts';
import { decodeServerBag } from './server-bag.ts';
import type { ServerBag } from './server-bag.ts';
import { chooseServers } from './server-choice.ts';
import type { RequestText } from './request.ts';

export interface ClientView {
  readonly relationId: number;
  /** For example `db:7`. */
  readonly relationName: string;
  readonly remoteApplication: string;
  /** What we ask for in this relation. */
  readonly request: RequestText;
  readonly master: ConnectionString | null;
  /** Null while nothing is known; empty where there are none. */
  readonly standbys: readonly ConnectionString[] | null;
  /** Version of PostgreSQL as the server writes it, null where it does not. */
  readonly version: string | null;
  /** The deprecated second pair of credentials, from the bag that named the master. */
  readonly schemaUser: string | null;
  readonly schemaPassword: string | null;
  /** Each server unit at hand and how to reach that very unit; null where it may not be used. */
  readonly units: ReadonlyMap<string, ConnectionString | null>;
  /** Why bags are passed over, by unit; the application's bag under the empty name. */
  readonly notReady: ReadonlyMap<string, NotReadyReason>;
  readonly warnings: readonly string[];
}

/** Units at the other end that are there to stay: in a departed hook, without the one that leaves. */
export function stayingUnits(endpoint: EndpointPort, relation: RelationPort): readonly string[] {
  const { event } = endpoint;
  const isLeaving = event?.kind === 'departed' && event.relation.id === relation.id;
  return isLeaving
    ? relation.remoteUnits.filter((unit) => unit !== event.remoteUnit)
    : relation.remoteUnits;
}

/** Relations there are to stay: in a broken hook, without the one that broke (T20). */
export function stayingRelations(endpoint: EndpointPort): readonly RelationPort[] {
  const { event } = endpoint;
  const broken = event?.kind === 'broken' ? event.relation.id : null;
  return endpoint.relations.filter(({ id }) => id !== broken);
}

/** Reads the bags of the other end and of our own unit, and chooses. Writes nothing. */
export function viewRelation(
  endpoint: EndpointPort,
  relation: RelationPort,
  request: RequestText,
): ClientView {
  const application = decodeServerBag(null, relation.remoteApplicationSettings());
  const units = stayingUnits(endpoint, relation).map((unit) =>
    decodeServerBag(unit, relation.remoteUnitSettings(unit)),
  );
  const client = {
    unit: endpoint.localUnit,
    egress: egressOf(relation.ownUnitSettings()),
    request,
  };
  const choice = chooseServers(application, units, client);
  const schema = schemaBag(choice.masterBag, units);
  return {
    relationId: relation.id,
    relationName: relation.name,
    remoteApplication: relation.remoteApplication,
    request,
    master: choice.master,
    standbys: choice.standbys,
    version: [application, ...units].find((bag) => bag.text.version !== '')?.text.version ?? null,
    schemaUser: schema?.text.schemaUser ?? null,
    schemaPassword: schema?.text.schemaPassword ?? null,
    units: new Map(
      units.map((bag) => [bag.unit ?? '', choice.notReady.has(bag.unit ?? '') ? null : bag.own]),
    ),
    notReady: choice.notReady,
    warnings: choice.warnings,
  };
}

/**
 * The application's bag has no schema user; a unit that offers the same user in the same database has.
 * Anything else could pair the credentials of two different moments.
 */
function schemaBag(masterBag: ServerBag | null, units: readonly ServerBag[]): ServerBag | null {
  if (masterBag === null) return null;
  const hasSchema = (bag: ServerBag): boolean =>
    bag.text.schemaUser !== '' && bag.text.schemaPassword !== '';
  if (hasSchema(masterBag)) return masterBag;
  const { database, user, password } = masterBag.text;
  const same = units.find(
    ({ text }) => text.database === database && text.user === user && text.password === password,
  );
  return same !== undefined && hasSchema(same) ? same : null;
}
