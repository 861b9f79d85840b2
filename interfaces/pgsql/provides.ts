// The server's side as the interface of 2015 had it: databases and roles asked for by service, provided
// and acknowledged. It sits on the relation server and differs from the original where that could not
// work: two relations of one service are told apart, and acknowledgements reach the client.

import { requestInForce } from './client-request.ts';
import type { ClientRequest } from './client-request.ts';
import { PgsqlError } from './errors.ts';
import { isWriterState } from './protocol.ts';
import type { ServerState } from './protocol.ts';
import { RelationServer } from './relation-server.ts';
import type { PendingKind } from './server-ledger.ts';
import { splitList } from './settings.ts';
import { shown } from './shown.ts';

/** A relation by its number, or by the application at the other end, which may have several. */
export type Service = string | number;

export interface ProvidedDatabase {
  readonly service: Service;
  readonly host: string;
  readonly port: number | string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly schemaUser: string | null;
  readonly schemaPassword: string | null;
  /** Null while the unit does not know what it is: then nothing is published and the request waits. */
  readonly state: ServerState | null;
}

export class PostgreSQL extends RelationServer {
  /** Name of the endpoint, for example `db`. */
  relationName(): string {
    return this.endpoint.name;
  }

  /** The database asked for; empty where the server is to choose its name. Throws `UNKNOWN_RELATION`. */
  requestedDatabase(service: Service): string {
    const ids = this.#relationsOf(service);
    const pending = ids.find((id) => this.ledger.isPending('database', id));
    return this.#request(pending ?? ids[0] ?? -1).text.database;
  }

  /**
   * Service, database and relation number of each request that waits and may be carried out. Two
   * relations of one service are two entries.
   */
  requestedDatabases(): readonly (readonly [
    service: string,
    database: string,
    relationId: number,
  ])[] {
    return this.#pending('database').map(
      ({ application, text, relationId }) => [application, text.database, relationId] as const,
    );
  }

  /** The database last provided, null for never. Throws `UNKNOWN_RELATION`. */
  previousDatabase(service: Service): string | null {
    const [first = -1] = this.#relationsOf(service);
    return this.#request(first).previousDatabase;
  }

  /**
   * Publishes a database. Of several relations of one service, the one is meant that waits for this very
   * name, then the first that waits, then the one that has it already. Throws `UNKNOWN_RELATION`,
   * `AMBIGUOUS_RELATION` or `INVALID_OFFER` before anything is written.
   */
  provideDatabase(provided: ProvidedDatabase): void {
    const { service, host, port, database, user, password, state } = provided;
    const relationId = this.#meantBy(service, database);
    if (state === null) return;
    const record = this.knownRecord(relationId);
    const { request } = requestInForce(record);
    const isAcknowledged = record.answered.roles === request.roles;
    // This interface knows nothing of other units, so only the writer can name a master: itself.
    const isPublished = this.publish(relationId, {
      host,
      port,
      database,
      user,
      password,
      state,
      schemaUser: provided.schemaUser ?? '',
      schemaPassword: provided.schemaPassword ?? '',
      master: isWriterState(state) ? { host, port } : null,
      // What nobody asked for needs no acknowledgement; the rest is echoed once acknowledged.
      roles: isAcknowledged ? request.roles : null,
      extensions: record.answered.extensions === request.extensions ? request.extensions : null,
    });
    // Roles wait for their own acknowledgement, even where none are asked for.
    if (isPublished && !isAcknowledged) {
      const now = this.knownRecord(relationId);
      this.keepRecord({ ...now, answered: { ...now.answered, roles: record.answered.roles } });
      this.updateFlags();
    }
  }

  /** Roles a service asks for, of all its relations, in the order asked, empty items dropped. */
  requestedRoles(service: Service): readonly string[];
  /** Service, roles and relation number of each request for roles that waits and may be carried out. */
  requestedRoles(): readonly (readonly [
    service: string,
    roles: readonly string[],
    relationId: number,
  ])[];
  requestedRoles(
    service?: Service,
  ):
    | readonly string[]
    | readonly (readonly [service: string, roles: readonly string[], relationId: number])[] {
    if (service === undefined) {
      return this.#pending('roles').map(
        ({ application, text, relationId }) =>
          [application, rolesIn(text.roles), relationId] as const,
      );
    }
    const ids = this.#relationsOf(service);
    const [only] = ids;
    if (only !== undefined && ids.length === 1) return rolesIn(this.#request(only).text.roles);
    return [...new Set(ids.flatMap((id) => rolesIn(this.#request(id).text.roles)))];
  }

  /** Roles last acknowledged, null for never. Throws `UNKNOWN_RELATION`. */
  previousRoles(service: Service): readonly string[] | null {
    const [first = -1] = this.#relationsOf(service);
    return this.knownRecord(first).roles;
  }

  /**
   * The service's user has these roles now. A relation all of whose roles are among them is answered,
   * and its request echoed, which is what newer clients wait for.
   */
  ackRoles(service: Service, roles: readonly string[]): void {
    for (const relationId of this.#relationsOf(service)) {
      const record = this.knownRecord(relationId);
      this.keepRecord({ ...record, roles });
      const wanted = splitList(requestInForce(record).request.roles);
      if (wanted.every((role) => roles.includes(role))) this.#answer(relationId, 'roles');
    }
    this.updateFlags();
  }

  /** The requested extensions are installed in the service's database. */
  ackExtensions(service: Service): void {
    for (const relationId of this.#relationsOf(service)) this.#answer(relationId, 'extensions');
    this.updateFlags();
  }

  #answer(relationId: number, key: 'roles' | 'extensions'): void {
    const record = this.knownRecord(relationId);
    const text = requestInForce(record).request[key];
    // Before anything is published there is nothing to echo beside; publishing will echo it.
    this.writeEcho(record, key, text);
    // The echo may have found the relation gone, and then there is no record to keep.
    if (this.ledger.record(relationId) === null) return;
    this.keepRecord({ ...record, answered: { ...record.answered, [key]: text } });
  }

  #pending(kind: PendingKind): readonly ClientRequest[] {
    return this.ledger
      .pending(kind)
      .map((relationId) => this.#request(relationId))
      .filter(({ problems }) => problems.length === 0);
  }

  #request(relationId: number): ClientRequest {
    return this.describe(this.knownRecord(relationId));
  }

  #relationsOf(service: Service): readonly number[] {
    if (typeof service === 'number') {
      this.knownRecord(service);
      return [service];
    }
    const relations = this.ledger.relationsOf(service);
    if (relations.length > 0) return relations;
    throw new PgsqlError(
      'UNKNOWN_RELATION',
      `Cannot serve ${JSON.stringify(service)}: no relation of ${this.relationName()} is known to lead there`,
      'Pass a service, or a relation number, as requestedDatabases() gives it',
    );
  }

  #meantBy(service: Service, database: string): number {
    const ids = this.#relationsOf(service);
    const waiting = ids.filter((id) => this.ledger.isPending('database', id));
    const meant =
      waiting.find((id) => this.#request(id).text.database === database) ??
      waiting[0] ??
      ids.find((id) => this.knownRecord(id).database === database) ??
      (ids.length === 1 ? ids[0] : undefined);
    if (meant !== undefined) return meant;
    throw new PgsqlError(
      'AMBIGUOUS_RELATION',
      `Cannot provide ${shown(database)} to ${service}: relations ${ids.join(', ')} lead there`,
      'Pass the number of the relation as the service',
    );
  }
}

/** As the original: empty items dropped, nothing else changed. */
function rolesIn(text: string): readonly string[] {
  return text.split(',').filter((role) => role !== '');
}
