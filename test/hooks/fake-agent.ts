// An agent for the charm in memory: keeps what it was asked, and tells what the test says.

import type { AgentFacts } from '#core/ha/agent-facts.ts';
import { printAgentFacts } from '#core/ha/agent-facts.ts';
import type { Problem } from '#core/access/problem.ts';
import type { AgentServices } from '#hooks/agent-services.ts';
import type {
  ApplyCommand,
  CheckCommand,
  ClusterAnswer,
  RequestAnswer,
  RequestCommand,
  StopAgentCommand,
} from '#hooks/cluster/commands.ts';

export class FakeAgent implements AgentServices {
  readonly applies: ApplyCommand[] = [];
  readonly checks: CheckCommand[] = [];
  readonly stopped: StopAgentCommand[] = [];
  readonly requests: RequestCommand[] = [];
  /** What it tells; null before it told anything. */
  facts: AgentFacts | null = null;
  isUp = false;
  /** The supervisor runs, and the agent ends again and again. */
  isCrashing = false;
  applyProblem: Problem | null = null;
  checkProblem: Problem | null = null;
  /** Answers of the REST API by method and path; others are answered with 200 and `done`. */
  readonly answers = new Map<string, readonly [status: number, text: string]>();
  version = '1';

  get lastConfig(): string {
    const last = this.applies.at(-1);
    if (last === undefined) throw new Error('pg-cluster was not asked to run the agent');
    return last.config;
  }

  apply(command: ApplyCommand): ClusterAnswer {
    this.applies.push(command);
    this.isUp ||= this.applyProblem === null;
    return { ok: this.applyProblem === null, did: ['Applied it'], problem: this.applyProblem };
  }

  check(command: CheckCommand): ClusterAnswer {
    this.checks.push(command);
    return { ok: this.checkProblem === null, did: [], problem: this.checkProblem };
  }

  stop(command: StopAgentCommand): ClusterAnswer {
    this.stopped.push(command);
    this.isUp = false;
    return { ok: true, did: ['Stopped the agent'], problem: null };
  }

  request(command: RequestCommand): RequestAnswer {
    this.requests.push(command);
    const path = command.url.replace(/^http:\/\/[^/]*/u, '');
    const [status, text] = this.answers.get(`${command.method} ${path}`) ?? [200, 'done'];
    return { ok: true, did: [], problem: null, status, text };
  }

  readFacts(): string | null {
    return this.facts === null ? null : printAgentFacts(this.facts);
  }

  isSupervised(): boolean {
    return this.isUp;
  }

  isRunning(): boolean {
    return this.isUp && !this.isCrashing;
  }

  lastWords(): string {
    return 'ttl is no number';
  }

  memoryBytes(): number {
    return 4 * 1024 ** 3;
  }

  userName(): string {
    return 'root';
  }

  charmVersion(): string {
    return this.version;
  }
}

/** Facts of postgresql-0, the primary of a cluster of `standbys` others, with what the test says otherwise. */
export function primaryFacts(
  standbys: readonly string[] = [],
  fields: Partial<AgentFacts> = {},
): AgentFacts {
  const member = (name: string, role: string, state: string) => ({
    name,
    role,
    state,
    host: `10.0.0.${10 + Number(name.at(-1))}`,
    port: 5432,
    timeline: 1,
    lagBytes: role === 'primary' ? null : 0,
    isSynchronous: false,
  });
  return {
    name: 'postgresql-0',
    scope: 'postgresql',
    role: 'primary',
    state: 'running',
    leader: 'postgresql-0',
    members: [
      member('postgresql-0', 'primary', 'running'),
      ...standbys.map((name) => member(name, 'replica', 'streaming')),
    ],
    timeline: 1,
    lagBytes: null,
    systemId: '7412345678901234567',
    serverVersion: 150_018,
    isPaused: false,
    isStoreReachable: true,
    pendingRestart: [],
    problems: [],
    progress: null,
    rule: '201',
    why: 'I am the leader with the lock',
    ...fields,
  };
}
