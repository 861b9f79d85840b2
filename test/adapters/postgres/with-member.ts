// One or two PostgreSQL of a test's own under the agent's control, in directories and on addresses of their own,
// gone with the test.

import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockPort, LogPort, StartOptions, StopOptions } from '#adapters/ports/agent-ports.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { openRoleSession } from '#adapters/postgres/member-connections.ts';
import { MemberPostgres } from '#adapters/postgres/member-postgres.ts';
import { createOrUpdateRole, grantRewindRights } from '#adapters/postgres/roles.ts';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { Upstream } from '#core/ha/values.ts';
import {
  freeAddress,
  installedBinDirectory,
  serverIdentity,
  temporaryDirectory,
} from '../pg/with-postgres.ts';

/** Everything people put into passwords. */
export const superuserPassword = String.raw`a'b"$$%\n c`;
export const replicationPassword = 'rep:\\pass $$';
export const rewindPassword = "rewind'secret";

export const testClock: ClockPort = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  delay: async (delayMs, signal) => {
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  },
};

export interface TestMember extends AsyncDisposable {
  readonly member: MemberPostgres;
  readonly name: string;
  readonly config: AgentConfig;
  readonly directory: string;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly lines: string[];
  readonly serverLog: string;
  /** As another one follows it. */
  readonly upstream: Upstream;
  /** Another agent for the same server, as after a restart of the agent. */
  again(otherwise?: AgentConfig): MemberPostgres;
  /** The configuration with this laid over the section `postgresql`. */
  configured(postgresql: JsonObject, dynamic?: JsonObject): AgentConfig;
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<void>;
  initialize(): Promise<void>;
  cloneFrom(other: TestMember): Promise<void>;
}

export const asPrimary: StartOptions = {
  role: 'primary',
  upstream: null,
  timeoutMs: 30_000,
  callback: null,
};

export function asStandbyOf(upstream: Upstream | 'none'): StartOptions {
  return { role: 'replica', upstream, timeoutMs: 30_000, callback: null };
}

export const fastStop: StopOptions = {
  mode: 'fast',
  checkpointFirst: false,
  timeoutMs: 20_000,
  callback: null,
};

function collectingLog(lines: string[]): LogPort {
  const take =
    (level: string) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      lines.push(`${level} ${message} ${fields === undefined ? '' : JSON.stringify(fields)}`);
    };
  return {
    debug: take('DEBUG'),
    info: take('INFO'),
    warning: take('WARNING'),
    error: take('ERROR'),
    critical: take('CRITICAL'),
  };
}

const hba = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.0/8 scram-sha-256',
  'host replication all 127.0.0.0/8 scram-sha-256',
];

export async function withMember(name = 'one', postgresql: JsonObject = {}): Promise<TestMember> {
  const identity = await serverIdentity();
  const binDirectory = await installedBinDirectory();
  const temporary = await temporaryDirectory();
  const directory = temporary.path;
  await chown(directory, identity.uid, identity.gid);
  const { host, port } = await freeAddress();
  const dataDirectory = join(directory, 'data');
  const serverLog = join(directory, 'server.log');
  const configured = (more: JsonObject, dynamic: JsonObject = {}): AgentConfig =>
    buildAgentConfig({
      file: {
        name,
        scope: 'test-cluster',
        restapi: { listen: '127.0.0.1:8008', connect_address: '127.0.0.1:8008' },
        postgresql: {
          listen: `${host}:${port}`,
          connect_address: `${host}:${port}`,
          data_dir: dataDirectory,
          bin_dir: binDirectory,
          pgpass: join(directory, 'pgpass'),
          use_unix_socket: true,
          authentication: {
            superuser: { username: 'postgres', password: superuserPassword },
            replication: { username: 'replicator', password: replicationPassword },
            rewind: { username: 'rewinder', password: rewindPassword },
          },
          parameters: {
            unix_socket_directories: directory,
            fsync: 'off',
            shared_buffers: '8MB',
            ...((postgresql['parameters'] ?? {}) as JsonObject),
          },
          pg_hba: hba,
          ...Object.fromEntries(
            Object.entries({ ...postgresql, ...more }).filter(([key]) => key !== 'parameters'),
          ),
        },
      },
      environment: {},
      dynamic: {
        ...dynamic,
        postgresql: {
          parameters: {
            max_connections: 30,
            ...((more['parameters'] ?? {}) as JsonObject),
          },
        },
      },
      homeDirectory: directory,
    }).config;
  const config = configured({});
  const lines: string[] = [];
  const made: MemberPostgres[] = [];
  const again = (otherwise: AgentConfig = config): MemberPostgres => {
    const member = new MemberPostgres({
      config: otherwise,
      identity,
      clock: testClock,
      log: collectingLog(lines),
      serverLog,
    });
    made.push(member);
    return member;
  };
  const run = async (
    program: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<void> => {
    const result = await runProgram({
      file: join(binDirectory, program),
      args,
      as: identity,
      environment,
      timeoutMs: 60_000,
    });
    if (result.exitCode !== 0) throw new Error(`${program}: ${result.stderr || result.failure}`);
  };
  const member = again();
  return {
    member,
    name,
    config,
    directory,
    dataDirectory,
    host,
    port,
    lines,
    serverLog,
    again,
    configured,
    run,
    upstream: { name, connection: { host, port: String(port) }, slotName: null },
    async initialize() {
      await run('initdb', [
        '-D',
        dataDirectory,
        '--no-sync',
        '--username=postgres',
        '--auth-local=trust',
        '--auth-host=scram-sha-256',
        '--data-checksums',
        '--locale=C.UTF-8',
      ]);
      const started = await member.start(asPrimary);
      if (started.kind !== 'running') throw new Error(`not started: ${JSON.stringify(started)}`);
      await using session = await openRoleSession(config, {
        ...config.postgresql.superuser,
        password: null,
      });
      await createOrUpdateRole(session, 'postgres', superuserPassword, ['SUPERUSER']);
      await createOrUpdateRole(session, 'replicator', replicationPassword, ['replication']);
      await createOrUpdateRole(session, 'rewinder', rewindPassword, []);
      await grantRewindRights(session, 'rewinder');
    },
    async cloneFrom(other) {
      const passfile = join(directory, 'clone-pass');
      const password = replicationPassword.replaceAll('\\', '\\\\').replaceAll(':', String.raw`\:`);
      await writeFile(passfile, `*:*:*:replicator:${password}\n`, { mode: 0o600 });
      await chown(passfile, identity.uid, identity.gid);
      await mkdir(dataDirectory, { mode: 0o700 });
      await chown(dataDirectory, identity.uid, identity.gid);
      await run(
        'pg_basebackup',
        [
          '-D',
          dataDirectory,
          '-X',
          'stream',
          '--checkpoint=fast',
          '--no-sync',
          '-d',
          `host=${other.host} port=${other.port} user=replicator`,
        ],
        { PGPASSFILE: passfile },
      );
    },
    async [Symbol.asyncDispose]() {
      for (const one of made) {
        await one.observe().catch(() => null);
        await one.stop({ ...fastStop, mode: 'immediate', timeoutMs: 5000 });
      }
      await temporary[Symbol.asyncDispose]();
    },
  };
}

export interface TwoMembers extends AsyncDisposable {
  readonly primary: TestMember;
  readonly standby: TestMember;
}

/** A primary and a standby that streams from it. */
export async function withTwoMembers(): Promise<TwoMembers> {
  const stack = new AsyncDisposableStack();
  try {
    const primary = stack.use(await withMember('one'));
    const standby = stack.use(await withMember('two'));
    await primary.initialize();
    await standby.cloneFrom(primary);
    const started = await standby.member.start(asStandbyOf(primary.upstream));
    if (started.kind !== 'running') throw new Error(`not started: ${JSON.stringify(started)}`);
    await observeUntil(standby.member, (facts) => facts.sql?.receiverState === 'streaming');
    const owned = stack.move();
    return { primary, standby, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Looks until the facts are as wanted; throws with the last ones after the time. */
export async function observeUntil(
  member: MemberPostgres,
  isWanted: (facts: PostgresFacts) => boolean,
  timeoutMs = 20_000,
): Promise<PostgresFacts> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const facts = await member.observe();
    if (isWanted(facts)) return facts;
    if (performance.now() > deadline) {
      const shown = JSON.stringify(facts, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      throw new Error(`the facts did not become as wanted: ${shown}`);
    }
    await sleep(20);
  }
}

/** Everything the server printed. */
export async function serverWords(member: TestMember): Promise<string> {
  return readFile(member.serverLog, 'utf8');
}
