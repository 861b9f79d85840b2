// A machine for the charm in memory: it keeps what pg-setup was asked, and answers as a PostgreSQL would
// that does all it is told, but for what the test says goes wrong.

import type { Services } from '#hooks/services.ts';
import type { InstallAnswer, ServerAnswer, SetupAnswer } from '#hooks/setup/answer.ts';
import type {
  AccessCommand,
  ConvergeCommand,
  InstallCommand,
  StopCommand,
} from '#hooks/setup/desired.ts';
import { FakeAgent } from './fake-agent.ts';
import { problem, type Problem, type ProblemCode } from '#core/access/problem.ts';

export function trouble(code: ProblemCode, message = `Cannot do it: ${code}`): Problem {
  return problem(code, message, 'Do something about it');
}

export class FakeMachine implements Services {
  readonly installs: InstallCommand[] = [];
  readonly converges: ConvergeCommand[] = [];
  readonly stops: StopCommand[] = [];
  /** Of every user that was made and not shut out: its password. */
  readonly users = new Map<string, string>();

  /** What is wrong with the packages, the server as a whole, and parts of the configuration. */
  installProblem: Problem | null = null;
  serverProblem: Problem | null = null;
  /** State the server is in while there is a problem with it. */
  stateInTrouble: ServerAnswer['state'] = 'stopped';
  refused: readonly Problem[] = [];
  pendingRestart: readonly string[] = [];
  stopProblem: Problem | null = null;
  /** What can't be done for single relations, by `db:7`; and for users to shut out, by name. */
  readonly relationProblems = new Map<string, Problem>();
  readonly revokeProblems = new Map<string, Problem>();
  /** Thrown by converge after it did its work, as a killed program would leave it. */
  crash: Error | null = null;
  version = '15.18';
  isAlive = false;
  readonly agent = new FakeAgent();
  readonly accesses: AccessCommand[] = [];
  #passwords = 0;

  get lastConverge(): ConvergeCommand {
    const last = this.converges.at(-1);
    if (last === undefined) throw new Error('pg-setup was not asked to converge');
    return last;
  }

  install(command: InstallCommand): InstallAnswer {
    this.installs.push(command);
    const found = this.installProblem;
    const { version } = this;
    if (found !== null)
      return { ok: false, did: [], version: '', binDirectory: '', problem: found };
    return { ok: true, did: ['Installed it'], version, binDirectory: '/opt/pg/bin', problem: null };
  }

  converge(command: ConvergeCommand): SetupAnswer {
    this.converges.push(command);
    const server = this.serverProblem;
    if (server !== null) return this.#failure(command, server);
    this.isAlive = true;
    for (const { user } of command.revoke) {
      if (!this.revokeProblems.has(user)) this.users.delete(user);
    }
    const access = command.access.map(({ relation, user, password }) => {
      const found = this.relationProblems.get(relation) ?? null;
      if (found === null) this.users.set(user, password);
      return { relation, ok: found === null, did: [], problem: found };
    });
    if (this.crash !== null) throw this.crash;
    const first = this.refused[0] ?? null;
    return {
      ok: first === null,
      did: ['Did it'],
      server: this.#server('running'),
      problem: first,
      refused: this.refused,
      access,
      revoked: command.revoke.map((one) => {
        const found = this.revokeProblems.get(one.user) ?? null;
        return { ...one, ok: found === null, did: [], problem: found };
      }),
    };
  }

  get lastAccess(): AccessCommand {
    const last = this.accesses.at(-1);
    if (last === undefined) throw new Error('pg-setup was not asked for access');
    return last;
  }

  access(command: AccessCommand): SetupAnswer {
    this.accesses.push(command);
    const server = this.serverProblem;
    const refused = this.refused.filter(({ code }) => code === 'HBA_LINE_INVALID');
    const [first = null] = refused;
    if (server !== null || first !== null) {
      return { ...this.#failure(command, server ?? first), refused };
    }
    for (const { user } of command.revoke) this.users.delete(user);
    const access = command.access.map(({ relation, user, password }) => {
      const found = this.relationProblems.get(relation) ?? null;
      if (found === null) this.users.set(user, password);
      return { relation, ok: found === null, did: [], problem: found };
    });
    const revoked = command.revoke.map((one) => ({ ...one, ok: true, did: [], problem: null }));
    const running = this.#server('running');
    return { ok: true, did: [], server: running, problem: null, refused: [], access, revoked };
  }

  stop(command: StopCommand): SetupAnswer {
    this.stops.push(command);
    this.isAlive = this.stopProblem !== null;
    return {
      ...this.#failure({ ...this.lastConverge, access: [], revoke: [] }, this.stopProblem),
      did: ['Stopped PostgreSQL'],
    };
  }

  isServerAlive(): boolean {
    return this.isAlive;
  }

  newPassword(): string {
    this.#passwords += 1;
    return `Secret${this.#passwords}`;
  }

  #server(state: ServerAnswer['state']): ServerAnswer {
    const { version, pendingRestart } = this;
    const versionNumber = Number(version.replace('.', '00'));
    return {
      state,
      version,
      versionNumber,
      systemIdentifier: '7',
      inRecovery: false,
      pendingRestart: state === 'running' ? pendingRestart : [],
    };
  }

  #failure(
    command: Pick<ConvergeCommand, 'access' | 'revoke'>,
    found: Problem | null,
  ): SetupAnswer {
    return {
      ok: found === null,
      did: [],
      server: this.#server(this.stateInTrouble),
      problem: found,
      refused: [],
      access: command.access.map(({ relation }) => ({
        relation,
        ok: false,
        did: [],
        problem: found,
      })),
      revoked: command.revoke.map((one) => ({ ...one, ok: false, did: [], problem: found })),
    };
  }
}
