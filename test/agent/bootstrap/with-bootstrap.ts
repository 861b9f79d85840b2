// A member's PostgreSQL and its `Bootstrap` for real, in a directory and on an address of the test's own, gone with
// the test.

import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '#core/dcs/cluster.ts';
import { MemberPostgres } from '#adapters/postgres/member-postgres.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import type { CloneSource } from '#agent/bootstrap-port.ts';
import type { Bootstrap } from '#agent/bootstrap/bootstrap.ts';
import { createBootstrap } from '#agent/bootstrap/create-bootstrap.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import {
  freeAddress,
  installedBinDirectory,
  serverIdentity,
  temporaryDirectory,
} from '../../adapters/pg/with-postgres.ts';
import { fastStop, testClock } from '../../adapters/postgres/with-member.ts';
import type { KeptLog } from './bootstrap-parts.ts';
import { keptLog, member } from './bootstrap-parts.ts';

/** What people put into passwords; the first one holds a line break. */
export const passwords = {
  superuser: `su'p"er$$%s\\1\n&x`,
  replication: `re'p:l"$$%\\2`,
  rewind: `re'w$$%\\3`,
};

export interface RealMember extends AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly binDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly identity: Identity;
  readonly postgres: MemberPostgres;
  readonly bootstrap: Bootstrap;
  readonly log: KeptLog;
  readonly progress: readonly Progress[];
  /** As another member sees it. */
  readonly source: CloneSource;
  /** Writes a script into the directory; returns its path. */
  script(name: string, text: string): Promise<string>;
}

export interface RealParts {
  readonly bootstrap?: (directory: string) => JsonObject;
  readonly postgresql?: (directory: string) => JsonObject;
  readonly passwords?: typeof passwords;
}

export async function withRealMember(name: string, parts: RealParts = {}): Promise<RealMember> {
  const identity = await serverIdentity();
  const binDirectory = await installedBinDirectory();
  const temporary = await temporaryDirectory();
  const directory = temporary.path;
  await chown(directory, identity.uid, identity.gid);
  const { host, port } = await freeAddress();
  const dataDirectory = join(directory, 'data');
  const secrets = parts.passwords ?? passwords;
  const { config } = buildAgentConfig({
    file: {
      name,
      scope: 'batman',
      restapi: { listen: '127.0.0.1:8008', connect_address: '127.0.0.1:8008' },
      bootstrap: {
        initdb: ['data-checksums', 'no-sync', { encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
        ...parts.bootstrap?.(directory),
      },
      postgresql: {
        listen: `${host}:${port}`,
        connect_address: `${host}:${port}`,
        data_dir: dataDirectory,
        bin_dir: binDirectory,
        pgpass: join(directory, 'pgpass'),
        use_unix_socket: true,
        authentication: {
          superuser: { username: 'admin', password: secrets.superuser },
          replication: { username: 'replicator', password: secrets.replication },
          rewind: { username: 'rewinder', password: secrets.rewind },
        },
        parameters: { unix_socket_directories: directory, fsync: 'off', shared_buffers: '8MB' },
        pg_hba: [
          'local all all scram-sha-256',
          'host all all 127.0.0.0/8 scram-sha-256',
          'host replication replicator 127.0.0.0/8 scram-sha-256',
        ],
        ...parts.postgresql?.(directory),
      },
    },
    environment: {},
    dynamic: { postgresql: { parameters: { max_connections: 30 } } },
    homeDirectory: directory,
  });
  const log = keptLog();
  const postgres = new MemberPostgres({
    config,
    identity,
    clock: testClock,
    log,
    serverLog: join(directory, 'server.log'),
  });
  const progress: Progress[] = [];
  const setProgress = postgres.setProgress.bind(postgres);
  postgres.setProgress = (one) => {
    if (one !== null) progress.push(one);
    setProgress(one);
  };
  return {
    directory,
    dataDirectory,
    binDirectory,
    host,
    port,
    identity,
    postgres,
    bootstrap: createBootstrap({ postgres, clock: testClock, log }),
    log,
    progress,
    source: {
      kind: 'member',
      member: member(name, `postgres://${host}:${port}/postgres`),
      isLeader: true,
    },
    async script(file, text) {
      const path = join(directory, file);
      await writeFile(path, text, { mode: 0o755 });
      return path;
    },
    async [Symbol.asyncDispose]() {
      await postgres.observe().catch(() => null);
      await postgres.stop({ ...fastStop, mode: 'immediate', timeoutMs: 5000 });
      await temporary[Symbol.asyncDispose]();
    },
  };
}
