// The surroundings of `Bootstrap` in a test: a configuration, a log that is kept, a clock that does not wait, a
// PostgreSQL that notes what it is asked, and programs that end as the test says.

import { mkdtemp, rm, chmod, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClockPort, LogPort, ProgressPort } from '#adapters/ports/agent-ports.ts';
import type { Connection } from '#adapters/postgres/connection.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import type { CommandCall, CommandEnd } from '#adapters/process/run-command-group.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { Bootstrap } from '#agent/bootstrap/bootstrap.ts';
import type { BootstrapPostgres } from '#agent/bootstrap/bootstrap-postgres.ts';
import type {
  AgentConfig,
  BootstrapConfig,
  PostgresqlConfig,
} from '#core/config/patroni/agent-config.ts';
import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import type { Member, Progress } from '#core/dcs/cluster.ts';
import type { StartOutcome } from '#core/ha/values.ts';

export interface ConfigParts {
  readonly postgresql?: Partial<PostgresqlConfig>;
  readonly bootstrap?: Partial<BootstrapConfig> | null;
  readonly standbyCluster?: StandbyCluster;
}

const noCredentials = { username: null, password: null, connection: {} };

/** Only what bootstrap reads; the rest of a configuration is not there. */
export function makeConfig(dataDir: string, parts: ConfigParts = {}): AgentConfig {
  const postgresql: Partial<PostgresqlConfig> = {
    dataDir,
    database: 'postgres',
    superuser: { ...noCredentials, username: 'postgres', password: 'super' },
    replication: { ...noCredentials, username: 'replicator', password: 'repl' },
    rewind: { ...noCredentials, username: 'rewinder', password: 'rew' },
    parameters: {},
    pgHba: null,
    pgCtlTimeoutSeconds: 60,
    createReplicaMethods: [],
    methods: {},
    basebackup: {},
    ...parts.postgresql,
  };
  const bootstrap =
    parts.bootstrap === null
      ? null
      : {
          dcs: {},
          method: 'initdb',
          initdb: [],
          methods: {},
          postBootstrap: null,
          pgHba: [],
          ...parts.bootstrap,
        };
  const global = { standbyCluster: parts.standbyCluster ?? null };
  return { name: 'm1', scope: 'batman', postgresql, bootstrap, global } as unknown as AgentConfig;
}

export interface KeptLog extends LogPort {
  readonly lines: { readonly level: string; readonly message: string }[];
  /** All of it in one text. */
  text(): string;
}

export function keptLog(): KeptLog {
  const lines: { level: string; message: string }[] = [];
  const level = (name: string) => (message: string) => void lines.push({ level: name, message });
  return {
    lines,
    text: () => lines.map((line) => `${line.level} ${line.message}`).join('\n'),
    debug: level('debug'),
    info: level('info'),
    warning: level('warning'),
    error: level('error'),
    critical: level('critical'),
  };
}

/** Waits end at once; timers never fire. What was waited for is kept. */
export function instantClock(): ClockPort & { readonly delays: number[] } {
  let nowMs = 0;
  const delays: number[] = [];
  return {
    delays,
    now: () => 1_700_000_000_000,
    monotonicMs: () => (nowMs += 1),
    after: () => ({ cancel: () => undefined }),
    async delay(delayMs, signal) {
      signal?.throwIfAborted();
      delays.push(delayMs);
    },
  };
}

export interface NotedPostgres extends BootstrapPostgres {
  readonly calls: string[];
  /** Statements of role sessions. */
  readonly statements: string[];
  outcome: StartOutcome;
  isPending: boolean;
  majorVersion: number;
}

function notedSession(statements: string[]): Connection {
  return {
    isUsable: true,
    destroy: () => undefined,
    async query(text) {
      statements.push(text);
      return [];
    },
    async [Symbol.asyncDispose]() {},
  };
}

export function notedPostgres(dataDirectory: string, identity: Identity): NotedPostgres {
  const calls: string[] = [];
  const statements: string[] = [];
  const note = (what: string) => async (): Promise<void> => void calls.push(what);
  const noted: NotedPostgres = {
    calls,
    statements,
    outcome: { kind: 'running' },
    isPending: false,
    majorVersion: 15,
    place: { dataDirectory, identity, program: (name) => name },
    setState: (state) => void calls.push(`state: ${state}`),
    setRole: (role) => void calls.push(`role: ${role}`),
    async start(options) {
      calls.push(`start${options.customBootstrap === true ? ' for a custom bootstrap' : ''}`);
      return noted.outcome;
    },
    async restart() {
      calls.push('restart');
      return noted.outcome;
    },
    reload: note('reload'),
    isRestartPending: async () => noted.isPending,
    programsMajorVersion: async () => noted.majorVersion,
    readServerParameters: note('readServerParameters'),
    appendHba: async (lines) => void calls.push(`appendHba: ${lines.join('|')}`),
    saveConfigurationFiles: note('saveConfigurationFiles'),
    restoreConfigurationFiles: note('restoreConfigurationFiles'),
    writeRecoveryConf: async (conf) =>
      void calls.push(`writeRecoveryConf: ${JSON.stringify(conf)}`),
    removeRecoveryConf: note('removeRecoveryConf'),
    removePromoteTrigger: note('removePromoteTrigger'),
    writeServerConfiguration: note('writeServerConfiguration'),
    restoreHba: note('restoreHba'),
    localConnection: () => ({
      dbname: 'postgres',
      user: 'postgres',
      host: '/tmp',
      port: '5432',
      password: 'super',
    }),
    async withRoleSession(work) {
      await work(notedSession(statements));
    },
    closeSessions: note('closeSessions'),
  };
  return noted;
}

export type Ending = CommandEnd | Error | ((call: CommandCall) => CommandEnd | Promise<CommandEnd>);

export const endedWith = (exitCode: number): CommandEnd => ({
  kind: 'exited',
  exitCode,
  lastLines: exitCode === 0 ? [] : ['the reason it gave'],
});

export interface Bench extends AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly identity: Identity;
  readonly bootstrap: Bootstrap;
  readonly postgres: NotedPostgres;
  readonly log: KeptLog;
  readonly clock: ReturnType<typeof instantClock>;
  readonly calls: CommandCall[];
  readonly reports: (Progress | null)[];
  /** For another turn with another configuration, as after a restart of the agent. */
  again(parts: ConfigParts): Bootstrap;
}

export async function serverUser(): Promise<Identity> {
  const found = await findIdentity(null);
  if (found.kind === 'impossible') throw new Error(found.problem.message);
  return found.identity;
}

/** `endings`: how the programs end, in the order in which they are run; null runs them really. */
export async function makeBench(parts: ConfigParts, endings: Ending[] | null): Promise<Bench> {
  const identity = await serverUser();
  const directory = await mkdtemp(join(tmpdir(), 'pg-bootstrap-'));
  await chmod(directory, 0o755);
  await chown(directory, identity.uid, identity.gid);
  const dataDirectory = join(directory, 'data');
  const postgres = notedPostgres(dataDirectory, identity);
  const log = keptLog();
  const clock = instantClock();
  const calls: CommandCall[] = [];
  const reports: (Progress | null)[] = [];
  const progress: ProgressPort = { report: (one) => void reports.push(one) };
  const again = (other: ConfigParts): Bootstrap =>
    new Bootstrap({
      config: () => makeConfig(dataDirectory, other),
      postgres,
      progress,
      clock,
      log,
      environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      async run(call) {
        calls.push(call);
        if (endings === null) return runCommandGroup(call);
        const ending = endings.shift() ?? endedWith(0);
        if (ending instanceof Error) throw ending;
        return typeof ending === 'function' ? ending(call) : ending;
      },
    });
  return {
    directory,
    dataDirectory,
    identity,
    bootstrap: again(parts),
    postgres,
    log,
    clock,
    calls,
    reports,
    again,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export function member(name: string, connUrl: string | null): Member {
  return {
    name,
    session: '1',
    data: {},
    connUrl,
    apiUrl: null,
    state: 'running',
    role: 'primary',
    version: null,
    tags: {},
    xlogLocation: null,
    timeline: null,
    replicationState: null,
    checkpointAfterPromote: null,
  };
}

/** A signal nobody aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
