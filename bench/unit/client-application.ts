// A client of the unit: an application of its own with one unit, related to `db`, that asks for a
// database of its own.

import { Client } from 'pg';
import { type BenchUnit, networkKeys, type HookRun } from './bench-unit.ts';
import { localUnit, relationName, type RelationEnd } from './hook.ts';

/** All clients of the bench live on this address. */
const clientAddress = '127.0.0.1';

/** The three hooks by which one client is served. */
export interface Serving {
  readonly created: HookRun;
  readonly joined: HookRun;
  /** The one that creates the database and publishes how to reach it. */
  readonly changed: HookRun;
}

/** The relation with the client of this number, from 1 on. */
export function clientRelation(number: number): RelationEnd {
  const application = `client${number}`;
  return { endpoint: 'db', number, application, unit: `${application}/0` };
}

/**
 * Relates the client and runs the hooks Juju would, each once.
 *
 * @param probe variables for the last of the three hooks
 * @throws Error where the client is not served after the last
 */
export async function serveClient(
  unit: BenchUnit,
  number: number,
  probe: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const relation = clientRelation(number);
  const { answers } = unit;
  answers.addRelation(relation);
  answers.setBag(relation, localUnit, networkKeys(unit.host));
  answers.setBag(relation, relation.unit, networkKeys(clientAddress));
  const created = await unit.run({ kind: 'relation', event: 'created', relation });
  answers.join(relation);
  const joined = await unit.run({ kind: 'relation', event: 'joined', relation });
  const request = { ...networkKeys(clientAddress), database: relation.application };
  answers.setBag(relation, relation.unit, request);
  const changed = await unit.run({ kind: 'relation', event: 'changed', relation }, probe);
  if (answers.bag(relation, localUnit)['database'] !== relation.application) {
    throw new Error(
      `Cannot count ${relationName(relation)} as served: nothing was published to it. The unit says "${answers.status()}"`,
    );
  }
  return { created, joined, changed };
}

/** Logs in as the client with what was published to it. @throws what `pg` throws */
export async function logIn(unit: BenchUnit, number: number): Promise<void> {
  const bag = unit.answers.bag(clientRelation(number), localUnit);
  const client = new Client({
    host: bag['host'],
    port: Number(bag['port']),
    database: bag['database'],
    user: bag['user'],
    password: bag['password'],
    ssl: false,
  });
  try {
    await client.connect();
    await client.query('CREATE TABLE greeting (word text)');
  } finally {
    await client.end();
  }
}
