// What the charm needs of the machine for a cluster: the program that runs the agent, and a look at the agent.

import { totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import { callProgram } from '#charm/program/call-program.ts';
import type { AgentPlace } from './agent/place.ts';
import type {
  ApplyCommand,
  CheckCommand,
  ClusterAnswer,
  ClusterCommand,
  RequestAnswer,
  RequestCommand,
  StopAgentCommand,
} from './cluster/commands.ts';
import { lastWordsIn, readTextIfThere } from '#adapters/supervise/last-words.ts';
import { readPidFile } from '#adapters/supervise/pid-file.ts';

export interface AgentServices {
  apply(command: ApplyCommand): ClusterAnswer;
  check(command: CheckCommand): ClusterAnswer;
  stop(command: StopAgentCommand): ClusterAnswer;
  request(command: RequestCommand): RequestAnswer;
  /** Text of the file the agent tells about itself in; null where there is none. */
  readFacts(path: string): string | null;
  /** Whether something keeps the agent running. Costs a read of two small files. */
  isSupervised(place: AgentPlace): boolean;
  /** Whether the agent itself runs, as far as can be told without asking anybody. */
  isRunning(place: AgentPlace): boolean;
  /** The last line of the agent's log; empty where it has none, as under systemd. */
  lastWords(place: AgentPlace): string;
  /** Memory of the machine or the container, bytes. */
  memoryBytes(): number;
  /** Name of the user the charm runs as. */
  userName(): string;
  /** Version of the charm, with the digest of what it runs on. */
  charmVersion(): string;
}

/** Longer than a stop of the agent may take. */
const timeoutMs = 5 * 60_000;

/** `charmDir` is where Juju unpacked the charm. */
export function createAgentServices(charmDir: string): AgentServices {
  const call = (command: ClusterCommand): unknown =>
    callProgram(join(charmDir, 'lib/pg-cluster.cjs'), command, { timeoutMs });
  /** Left by the program where systemd runs the agent, which then sees to all of it. */
  const isOfSystemd = (place: AgentPlace): boolean =>
    readTextIfThere(join(place.supervisor, '../version')) !== null;
  return {
    apply: (command) => call(command) as ClusterAnswer,
    check: (command) => call(command) as ClusterAnswer,
    stop: (command) => call(command) as ClusterAnswer,
    request: (command) => call(command) as RequestAnswer,
    readFacts: readTextIfThere,
    isSupervised: (place) => isOfSystemd(place) || readPidFile(place.supervisorPid) !== null,
    isRunning: (place) => isOfSystemd(place) || readPidFile(place.agentPid) !== null,
    lastWords: (place) => lastWordsIn(place.log),
    memoryBytes() {
      const limit = process.constrainedMemory();
      return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
    },
    userName: () => userInfo().username,
    charmVersion: () => (readTextIfThere(join(charmDir, 'version')) ?? '').trim(),
  };
}
