// One member of a cluster: its files, its agent's process, its postmaster, its REST API and its SQL.

import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { stringify } from 'yaml';
import { errorCode } from '#adapters/files/error-code.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import { readProcess, signalProcess } from '#adapters/system/process-table.ts';
import { agentProgram, type AgentName } from './agent-program.ts';
import {
  callbackScript,
  dataDirectoryOf,
  type MemberPlace,
  merged,
  superuser,
  type YamlMap,
} from './member-document.ts';
import { type Method, rest, type RestAnswer } from './rest.ts';
import { StartedProcess } from './started-process.ts';
import type { WorkDirectory } from './work-directory.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A commit may wait for a synchronous standby, which reports every 10 s where nothing else happens. */
const sqlTimeoutMs = 20_000;

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
}

export class Member {
  readonly place: MemberPlace;
  readonly #directory: WorkDirectory;
  #document: YamlMap;
  /** Which agent the next start takes. */
  agent: AgentName;
  #process: StartedProcess | null = null;

  constructor(directory: WorkDirectory, place: MemberPlace, document: YamlMap, agent: AgentName) {
    this.#directory = directory;
    this.place = place;
    this.#document = document;
    this.agent = agent;
  }

  get name(): string {
    return this.place.name;
  }

  get configFile(): string {
    return join(this.place.directory, 'member.yml');
  }

  get dataDirectory(): string {
    return dataDirectoryOf(this.place);
  }

  get restUrl(): string {
    return `http://${this.place.host}:${this.place.restPort}`;
  }

  get document(): YamlMap {
    return this.#document;
  }

  /** What the agent calls the role of a primary. */
  get primaryRole(): string {
    return agentProgram(this.agent).primaryRole;
  }

  /** Writes the member's directory and its configuration. */
  async create(): Promise<void> {
    await this.makeDirectory('.');
    await this.writeFile('callback.sh', callbackScript(this.place), 0o755);
    await this.configure({});
  }

  /** Merges a change into the configuration file. The agent reads it when it is started or told to reload. */
  async configure(change: YamlMap): Promise<void> {
    this.#document = merged(this.#document, change);
    await this.writeFile('member.yml', stringify(this.#document), 0o600);
  }

  /** Writes a file into the member's directory; returns its path. */
  async writeFile(name: string, text: string, mode = 0o644): Promise<string> {
    const path = join(this.place.directory, name);
    await writeFile(path, text, { mode });
    await chmod(path, mode);
    await this.#give(path);
    return path;
  }

  async makeDirectory(name: string): Promise<string> {
    const path = join(this.place.directory, name);
    await mkdir(path, { mode: 0o755 });
    await this.#give(path);
    return path;
  }

  async #give(path: string): Promise<void> {
    const { identity } = this.#directory;
    if (identity.isOther) await chown(path, identity.uid, identity.gid);
  }

  // The agent.

  /** Starts the agent, with variables beside its file where given; does not wait for what it then does. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    assert.ok(this.#process === null || this.#process.ending !== null, `${this.name} runs already`);
    this.#process = await StartedProcess.start(this.#directory, {
      file: agentProgram(this.agent).file,
      args: [this.configFile],
      logFile: join(this.place.directory, 'agent.log'),
      environment,
    });
  }

  get #agentProcess(): StartedProcess {
    assert.ok(this.#process, `the agent of ${this.name} was never started`);
    return this.#process;
  }

  get agentPid(): number {
    return this.#agentProcess.pid;
  }

  get isAgentRunning(): boolean {
    return this.#process !== null && this.#process.ending === null;
  }

  /** As systemd stops it: SIGTERM, and PostgreSQL ends with it. No effect where it has ended. */
  async stop(): Promise<void> {
    if (!this.isAgentRunning) return;
    this.#agentProcess.signal('SIGTERM');
    await this.#agentProcess.ended(40);
  }

  /** The agent is gone at once; PostgreSQL goes on without it. */
  async killAgent(): Promise<void> {
    await this.#agentProcess.kill();
  }

  /** Agent and PostgreSQL are gone at once, as with the machine. */
  async killAll(): Promise<void> {
    this.#agentProcess.signal('SIGSTOP');
    await this.signalPostmaster('SIGKILL');
    await this.#agentProcess.kill();
  }

  /** SIGSTOP to freeze it, SIGCONT to let it go on, SIGHUP to reload it. */
  signalAgent(signal: NodeJS.Signals): void {
    this.#agentProcess.signal(signal);
  }

  /** How the agent ended by itself. */
  async agentEnded(seconds: number): Promise<number | null> {
    return (await this.#agentProcess.ended(seconds)).code;
  }

  async agentLog(): Promise<string> {
    return readOrEmpty(join(this.place.directory, 'agent.log'));
  }

  async postgresLog(): Promise<string> {
    return readOrEmpty(join(this.place.directory, 'postgresql.log'));
  }

  /** Lines `ACTION ROLE SCOPE` of the callbacks so far. */
  async callbacks(): Promise<readonly string[]> {
    const text = await readOrEmpty(join(this.place.directory, 'callback.log'));
    return text.split('\n').filter((line) => line !== '');
  }

  // PostgreSQL.

  /** Process id of the postmaster; null while there is none. */
  async postmasterPid(): Promise<number | null> {
    return (await findPostmaster(this.dataDirectory))?.pid ?? null;
  }

  /** Sends it to the postmaster alone: after SIGKILL its children end by themselves. */
  async signalPostmaster(signal: NodeJS.Signals): Promise<void> {
    const pid = await this.postmasterPid();
    const entry = pid === null ? null : readProcess(pid);
    assert.ok(entry, `${this.name} has no postmaster`);
    signalProcess(entry, signal);
  }

  /** Runs statements as the superuser, over TCP and with its password, as a user's tool would. */
  async sql(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.sqlIn('postgres', text, values);
  }

  /** The same in another database. */
  async sqlIn(
    database: string,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const client = new Client({
      host: this.place.host,
      port: this.place.postgresPort,
      user: superuser.username,
      password: superuser.password,
      database,
      ssl: false,
      connectionTimeoutMillis: sqlTimeoutMs,
      query_timeout: sqlTimeoutMs,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const result = await client.query<Record<string, unknown>>(
        text,
        values.length === 0 ? undefined : [...values],
      );
      return result.rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** The first column of the only row of a query, as text. */
  async value(text: string): Promise<string> {
    const row = (await this.sql(text))[0] ?? {};
    return String(Object.values(row)[0]);
  }

  // The REST API.

  async request(method: Method, path: string, body?: unknown): Promise<RestAnswer> {
    return rest(method, `${this.restUrl}${path}`, body);
  }

  async get(path: string): Promise<RestAnswer> {
    return this.request('GET', path);
  }

  async post(path: string, body?: unknown): Promise<RestAnswer> {
    return this.request('POST', path, body);
  }

  async patch(path: string, body: unknown): Promise<RestAnswer> {
    return this.request('PATCH', path, body);
  }

  /** Status code of a GET: what a load balancer looks at. */
  async code(path: string): Promise<number> {
    return (await this.get(path)).status;
  }

  /** What /patroni says. */
  async status(): Promise<Record<string, unknown>> {
    return (await this.get('/patroni')).json();
  }
}
