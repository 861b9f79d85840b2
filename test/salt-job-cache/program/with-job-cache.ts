// A database as the postgresql charm hands it out, on a real server, and the program's connection to it.

import { answer } from '#salt-job-cache/program/answer.ts';
import type { ProgramAnswer, ProgramRequest } from '#salt-job-cache/program/request.ts';
import type { AgeLimits } from '#salt-job-cache/src/retention/count-old-rows.ts';
import type { TestServer } from '../../adapters/pg/with-postgres.ts';
import { withPostgres } from '../../adapters/pg/with-postgres.ts';

export const password = 'OpenSesame17';

export interface JobCache extends AsyncDisposable {
  readonly server: TestServer;
  /** Name of the user and the database. */
  readonly user: string;
  conninfo(change?: Readonly<Record<string, string | number>>): string;
  /** As the superuser, in the database of the job cache. */
  sql(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  ask(
    request:
      | {
          readonly command: 'migrate';
          readonly readers?: readonly string[];
          readonly keep?: AgeLimits;
        }
      | { command: 'check' },
    conninfo?: string,
  ): Promise<ProgramAnswer>;
}

/** The server is made once for a file; each job cache on it is a database of its own. */
export async function startServer(): Promise<TestServer> {
  return withPostgres();
}

let made = 0;

export async function withJobCache(server: TestServer): Promise<JobCache> {
  made += 1;
  const user = `salt${made}`;
  await using admin = await server.session();
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  await admin.query(`CREATE DATABASE ${user}`);
  await admin.query(`GRANT ALL ON DATABASE ${user} TO ${user}`);
  const inside = await server.session(user);
  await inside.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${user}`);
  const conninfo: JobCache['conninfo'] = (change = {}) => {
    const parts = { host: server.host, port: server.port, dbname: user, user, password, ...change };
    return Object.entries(parts)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
  };
  return {
    server,
    user,
    conninfo,
    sql: async (statement) => inside.query(statement),
    async ask(request, connection = conninfo()) {
      const whole: ProgramRequest =
        request.command === 'check'
          ? { command: 'check', connection }
          : { readers: [], ...request, connection };
      return answer(JSON.stringify(whole), BigInt(Date.now()) * 1000n);
    },
    async [Symbol.asyncDispose]() {
      await inside[Symbol.asyncDispose]();
    },
  };
}

/** One with Salt's tables in it. */
export async function migratedJobCache(server: TestServer): Promise<JobCache> {
  const cache = await withJobCache(server);
  await cache.ask({ command: 'migrate' });
  return cache;
}
