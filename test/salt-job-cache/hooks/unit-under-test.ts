// A unit of the salt-job-cache charm that lives through one event after another, beside a program that
// keeps what it was asked and answers as the test says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import { runCharm as program } from '#charm/main.ts';
import type { Explanation } from '#charm/reactive/explain.ts';
import type { CharmState, RelationState } from '#charm/testing/charm-state.ts';
import { charmState, relationState, withoutJujuKeys } from '#charm/testing/charm-state.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import { type Outcome, runCharm } from '#charm/testing/run-charm.ts';
import type { Settings } from '#interfaces/ports.ts';
import { charm } from '#salt-job-cache/hooks/charm.ts';
import type { CliAnswer } from '#salt-job-cache/hooks/call-cli.ts';
import type { Services } from '#salt-job-cache/hooks/services.ts';
import type { MachinePlace } from '#salt-job-cache/machine/place.ts';
import type { MachineAnswer, MachineRequest } from '#salt-job-cache/machine/request.ts';
import type { OldRows } from '#salt-job-cache/src/retention/count-old-rows.ts';
import type {
  ProgramAnswer,
  ProgramProblem,
  ProgramRequest,
} from '#salt-job-cache/program/request.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../../salt-job-cache/${name}`, import.meta.url), 'utf8');

const files = {
  metadata: textOf('metadata.yaml'),
  config: textOf('config.yaml'),
  actions: textOf('actions.yaml'),
};
const main = program(charm);

export const password = 'OpenSesame17';

export class FakeProgram implements Services {
  readonly requests: ProgramRequest[] = [];
  problem: ProgramProblem | null = null;
  readonly machineRequests: MachineRequest[] = [];
  /** Fields of the next answers that are other than usual. */
  machineAnswer: Partial<MachineAnswer> = {};
  readonly cliCalls: (readonly string[])[] = [];
  cliAnswer: Partial<CliAnswer> = {};
  isKept = true;
  /** What is in the tables and older than the options keep it. */
  old: OldRows = { jobs: 0, returns: 0, events: 0 };
  /** Text of the service's status file. */
  status: string | null = null;
  readonly directories: Set<string> = new Set();
  /** Process ids that run. */
  readonly running: Set<number> = new Set();
  version = '1';

  machine(request: MachineRequest): MachineAnswer {
    this.machineRequests.push(request);
    const isWritten = request.command === 'configure' && request.master !== null;
    const master = isWritten ? 'written' : 'none';
    return { ok: true, did: [], problem: null, master, outdated: [], ...this.machineAnswer };
  }

  cli(_place: MachinePlace, args: readonly string[]): CliAnswer {
    this.cliCalls.push(args);
    return { isDone: true, output: '', problem: '', isCut: false, ...this.cliAnswer };
  }

  exportTo(place: MachinePlace, path: string, args: readonly string[]): CliAnswer {
    return this.cli(place, [...args, `> ${path}`]);
  }

  isServiceKept(): boolean {
    return this.isKept;
  }

  readStatus(): string | null {
    return this.status;
  }

  lastWords(): string {
    return 'cannot go on';
  }

  isRunning({ pid }: NamedProcess): boolean {
    return this.running.has(pid);
  }

  isDirectory(path: string): boolean {
    return this.directories.has(path);
  }

  sizeOf(): number {
    return 2048;
  }

  hostName(): string {
    return 'salt1';
  }

  charmVersion(): string {
    return this.version;
  }

  jobCache(request: ProgramRequest): ProgramAnswer {
    this.requests.push(request);
    const { problem } = this;
    const done = { ok: problem === null, did: problem === null ? ['did it'] : [], problem };
    if (problem !== null) return done;
    if (request.command === 'check') return { ...done, jid: '20240102030405678901' };
    return request.keep === undefined ? done : { ...done, old: this.old };
  }
}

/** A server's bag for this client, as the postgresql charm writes it. */
export function offer(change: Settings = {}): Settings {
  const parts = { host: '10.0.3.10', database: 'salt', ...change };
  const port = change['port'] ?? '5432';
  return {
    port,
    user: 'juju_cache',
    password,
    state: 'standalone',
    version: '15',
    'allowed-units': 'cache/0',
    'allowed-subnets': '10.0.0.10/32',
    master: `dbname=${parts.database} host=${parts.host} password=${password} port=${port} user=juju_cache`,
    ...parts,
  };
}

export class UnitUnderTest {
  readonly program = new FakeProgram();
  state: CharmState;

  constructor(fields: Partial<CharmState> = {}) {
    this.state = charmState({ unit: 'cache/0', leader: true, ...fields });
  }

  async run(event: CharmEvent): Promise<Outcome<Explanation>> {
    const outcome = await runCharm(files, main, event, this.state, this.program);
    this.state = outcome.state;
    assert.equal(outcome.error, null, String(outcome.error));
    return outcome;
  }

  async configure(config: CharmState['config']): Promise<Outcome<Explanation>> {
    this.state = { ...this.state, config: { ...this.state.config, ...config } };
    return this.run(events.configChanged());
  }

  /** A relation comes up, with a server unit that has not offered anything yet. */
  async relate(): Promise<void> {
    const relation = relationState({ id: 1, endpoint: 'db', remoteApplication: 'pg' });
    this.state = { ...this.state, relations: [relation] };
    await this.run(events.relationCreated('db:1'));
    this.change({ units: { 'pg/0': {} } });
    await this.run(events.relationJoined('db:1', 'pg/0'));
  }

  /** The server unit writes this into its bag. */
  async serve(bag: Settings): Promise<Outcome<Explanation>> {
    this.change({ units: { 'pg/0': bag } });
    return this.run(events.relationChanged('db:1', 'pg/0'));
  }

  change(change: Partial<RelationState>): void {
    const [relation] = this.state.relations;
    assert.ok(relation !== undefined);
    this.state = { ...this.state, relations: [{ ...relation, ...change }] };
  }

  get request(): Settings {
    return withoutJujuKeys(this.state.relations[0]?.ownUnitBag ?? {});
  }

  get status(): string {
    return `${this.state.status.status}: ${this.state.status.message}`;
  }
}
