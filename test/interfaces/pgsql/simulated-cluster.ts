// A server charm over a cluster that exists only in memory. Each unit acts on what it last heard of the
// cluster, which may be long out of date; a wake brings it up to date. Used with two-sides.ts.

import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import { serviceUserName } from '#interfaces/pgsql/user-names.ts';
import type { ServerAddress } from '#interfaces/pgsql/offer.ts';
import type { EndpointPort } from '#interfaces/ports.ts';

/** What is true, or what a unit believes to be. */
export interface ClusterFacts {
  readonly primary: string;
  readonly password: string;
  /** Address of each member. */
  readonly members: Readonly<Record<string, ServerAddress>>;
}

/** What the primary has done in SQL for a relation, which the others may mirror. */
interface Created {
  readonly database: string;
  readonly roles: string;
  readonly extensions: string;
}

export class SimulatedCluster {
  facts: ClusterFacts;
  readonly believed: Map<string, ClusterFacts> = new Map();
  readonly #created: Map<number, Created> = new Map();
  /** Called when the others should be woken. */
  onNews: () => void = () => undefined;

  constructor(facts: ClusterFacts) {
    this.facts = facts;
  }

  change(change: Partial<ClusterFacts>): void {
    this.facts = { ...this.facts, ...change };
    this.onNews();
  }

  /** The hook code of a server unit. A hook that is not of the endpoint is a wake with news. */
  readonly hook = (endpoint: EndpointPort): void => {
    const unit = endpoint.localUnit;
    if (endpoint.event === null || !this.believed.has(unit)) this.believed.set(unit, this.facts);
    const facts = this.believed.get(unit) ?? this.facts;
    const server = new PostgreSQL(endpoint);
    server.manageFlags();
    for (const request of server.requests()) {
      const { relationId, text, database } = request;
      if (request.problems.length > 0) {
        server.withdraw(relationId, request.problems.join('; '));
        continue;
      }
      if (facts.primary === unit && this.facts.primary === unit) {
        const before = this.#created.get(relationId);
        const created = { database, roles: text.roles, extensions: text.extensions };
        this.#created.set(relationId, created);
        if (JSON.stringify(before) !== JSON.stringify(created)) this.onNews();
      }
      this.#publish(server, relationId, request.application, unit, facts);
    }
    for (const { relationId, application } of server.served()) {
      this.#publish(server, relationId, application, unit, facts);
    }
  };

  #publish(
    server: PostgreSQL,
    relationId: number,
    application: string,
    unit: string,
    facts: ClusterFacts,
  ): void {
    const created = this.#created.get(relationId);
    const own = facts.members[unit];
    const master = facts.members[facts.primary];
    if (created === undefined || own === undefined || master === undefined) return;
    const standbys = Object.keys(facts.members).filter((member) => member !== facts.primary);
    const alone = standbys.length === 0 ? 'standalone' : 'master';
    server.publish(relationId, {
      ...created,
      user: serviceUserName(application, 'ordinary', () => ''),
      password: facts.password,
      ...own,
      state: unit === facts.primary ? alone : 'hot standby',
      version: '18',
      master,
      standbys: standbys.flatMap((member) => facts.members[member] ?? []),
    });
  }
}
