// What a server hands to one relation, and its text in the bags. The connection strings are made here
// from hosts and ports, so that database, user and password can't differ between the keys of one write.

import { ConnectionString } from './connection-string.ts';
import { printConnectionStringList } from './connection-string-list.ts';
import { PgsqlError } from './errors.ts';
import { compareNumbered, compareText } from './numeric-order.ts';
import { encodeServerText, isPort } from './protocol.ts';
import type { ServerChange, ServerState } from './protocol.ts';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number | string;
}

/** The facts of an offer that are no secret; what is remembered between hooks. */
export interface OfferFacts {
  readonly database: string;
  readonly user: string;
  /** Address and state of the unit that writes. */
  readonly host: string;
  readonly port: number | string;
  readonly state: ServerState;
  /** The server that accepts writes, null where none is known. */
  readonly master: ServerAddress | null;
  readonly standbys: readonly ServerAddress[];
  /** Version of PostgreSQL, for example `18`; empty leaves the key out. */
  readonly version: string;
  /** Texts of the request that were carried out, to be echoed to the byte; empty echoes nothing (T8). */
  readonly roles: string;
  readonly extensions: string;
  /** Client units and ranges that are let in, in any order. */
  readonly allowedUnits: readonly string[];
  readonly allowedSubnets: readonly string[];
  /** Further libpq keywords for the connection strings, for example `sslmode`. */
  readonly connectionOptions: Readonly<Record<string, string>>;
}

export interface Offer extends OfferFacts {
  readonly password: string;
  /** Both empty leaves the deprecated keys out. */
  readonly schemaUser: string;
  readonly schemaPassword: string;
}

/** Throws `INVALID_OFFER` where a client could not use it, or would be misled. */
export function checkOffer(offer: Offer): void {
  const problem = offerProblem(offer);
  if (problem === null) return;
  throw new PgsqlError(
    'INVALID_OFFER',
    `Cannot publish a database as ${problem}`,
    'Nothing was written; publish when the fact is known',
    { database: offer.database },
  );
}

function offerProblem(offer: Offer): string | null {
  if (offer.database === '') return 'its name is empty';
  if (offer.user === '') return 'the user is empty';
  // A user without a password would look like credentials that can never work (T29).
  if (offer.password === '') return 'the password is not known yet';
  if ((offer.schemaUser === '') !== (offer.schemaPassword === '')) {
    return 'of schema user and schema password only one is given';
  }
  // One bad address makes the whole offer useless to whoever picks it, so all of them are looked at.
  const own = { host: offer.host, port: offer.port };
  const others = [...(offer.master === null ? [] : [offer.master]), ...offer.standbys];
  for (const { host, port } of [own, ...others]) {
    if (host.trim() === '') return 'a host is empty';
    if (!isPort(String(port))) return `a port is not a number from 1 to 65535: ${port}`;
  }
  return null;
}

/** The writes of an offer that passed `checkOffer`. The same facts always give the same text. */
export function encodeOffer(offer: Offer): ServerChange {
  // Every string differs in its address only.
  const connect = (address: ServerAddress): ConnectionString =>
    new ConnectionString({
      ...offer.connectionOptions,
      dbname: offer.database,
      host: address.host,
      port: address.port,
      user: offer.user,
      password: offer.password,
    });
  const master = offer.master === null ? null : connect(offer.master);
  // A master among the standbys would send readers to the writer; facts gathered at different times can say so.
  const standbys = offer.standbys
    .map((address) => connect(address))
    .filter((standby) => !standby.equals(master));
  return encodeServerText({
    host: offer.host,
    port: String(offer.port),
    database: offer.database,
    user: offer.user,
    password: offer.password,
    schemaUser: offer.schemaUser,
    schemaPassword: offer.schemaPassword,
    state: offer.state,
    allowedUnits: [...new Set(offer.allowedUnits)].sort(compareNumbered).join(' '),
    allowedSubnets: [...new Set(offer.allowedSubnets)].sort(compareText).join(','),
    master: master?.libpq ?? '',
    standbys: printConnectionStringList(standbys),
    roles: offer.roles,
    extensions: offer.extensions,
    version: offer.version,
  });
}
