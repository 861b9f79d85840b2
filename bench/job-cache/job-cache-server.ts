// A PostgreSQL of the bench's own with durable commits and default settings, and a job cache in it.

import { migrate } from '#salt-job-cache/src/schema/migrate.ts';
import type { Database } from '#salt-job-cache/src/database/database.ts';
import { openDatabase } from '#salt-job-cache/src/database/open-database.ts';
import { targetOf } from '#salt-job-cache/src/database/target.ts';
import { type TestServer, withPostgres } from '../../test/adapters/pg/with-postgres.ts';

/** Which tables: Salt's own with our repairs, or divided by time. */
export type SchemaKind = 'compatible' | 'partitioned';

export interface JobCacheServer extends AsyncDisposable {
  readonly server: TestServer;
  readonly conninfo: string;
  readonly login: { readonly user: string; readonly password: string; readonly database: string };
  /** As the superuser, in the database of the job cache. */
  sql(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  open(connections?: number): Promise<Database>;
}

const login = { user: 'salt', password: 'OpenSesame17', database: 'salt' };

/** What Debian's PostgreSQL starts with, and what `with-postgres` makes less of for tests. */
const defaults = { fsync: 'on', shared_buffers: '128MB', max_connections: '100' };

export async function startJobCache(schema: SchemaKind): Promise<JobCacheServer> {
  const server = await withPostgres(defaults);
  try {
    await using admin = await server.session();
    await admin.query(`CREATE ROLE ${login.user} LOGIN PASSWORD '${login.password}'`);
    await admin.query(`CREATE DATABASE ${login.database} OWNER ${login.user}`);
    const conninfo = Object.entries({
      host: server.host,
      port: server.port,
      dbname: login.database,
      user: login.user,
      password: login.password,
      sslmode: 'disable',
    })
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
    const open = async (connections = 4): Promise<Database> =>
      openDatabase(targetOf(conninfo), { connections });
    await using database = await open(1);
    await migrate(database, { readers: [], partitions: schema === 'partitioned' });
    const inside = await server.session(login.database);
    return {
      server,
      conninfo,
      login,
      sql: async (statement) => inside.query(statement),
      open,
      async [Symbol.asyncDispose]() {
        await inside[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
