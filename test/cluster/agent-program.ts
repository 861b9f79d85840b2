// Which program plays the agent, and where the two differ in what they are asked to do. The scenarios are
// written for either: CLUSTER_AGENT=patroni runs them against Debian's Patroni, which is how the scenarios
// themselves are checked.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type AgentName = 'pg-agent' | 'patroni';

interface AgentProgram {
  readonly file: string;
  /** What it calls the role of a primary, in its REST API and to its callbacks. */
  readonly primaryRole: string;
  /** A word of the process's command line that names it. */
  readonly isOurs: boolean;
}

const programs: Readonly<Record<AgentName, AgentProgram>> = {
  'pg-agent': {
    file: fileURLToPath(new URL('../../bin/pg-agent', import.meta.url)),
    primaryRole: 'primary',
    isOurs: true,
  },
  // Debian 12 has 3.0, which still says master.
  patroni: { file: '/usr/bin/patroni', primaryRole: 'master', isOurs: false },
};

let shippedFile: string | null = null;

/** Has another program play `pg-agent`, for a benchmark of what is shipped. */
export function playAgentBy(file: string | null): void {
  shippedFile = file;
}

export function agentProgram(name: AgentName): AgentProgram {
  const program = programs[name];
  return name === 'pg-agent' && shippedFile !== null ? { ...program, file: shippedFile } : program;
}

function wantedAgent(): AgentName {
  const wanted = process.env['CLUSTER_AGENT'] ?? 'pg-agent';
  if (wanted === 'pg-agent' || wanted === 'patroni') return wanted;
  throw new Error(`CLUSTER_AGENT is '${wanted}': give pg-agent or patroni`);
}

/** The agent the scenarios are about. */
export const agentUnderTest: AgentName = wantedAgent();

export const isPatroniInstalled: boolean = existsSync(programs.patroni.file);

/** For `skip:` of a scenario about what came after Debian's Patroni: false where it can run. */
export function needsPatroni4(what: string): string | false {
  return agentUnderTest === 'patroni' ? `Debian's Patroni 3.0 has no ${what}` : false;
}
