// What a unit of a cluster says of itself: its role, how far behind it is, what is not as it should be, and what to do
// about it. From what its agent told last. Pure.

import type { AgentFacts } from '#core/ha/agent-facts.ts';
import { active, blocked, maintenance, type Status, waiting } from '#charm/status/status.ts';
import { unitOfMember } from './agent/agent-yaml.ts';

export interface ClusterStatusFacts {
  /** The leader chose the passwords without which there is no cluster. */
  readonly hasPasswords: boolean;
  /** Something keeps the agent running. */
  readonly isSupervised: boolean;
  /** It runs, as far as can be told; one that ended is started again and again. */
  readonly isRunning: boolean;
  /** What it said last; read only where it does not run. */
  readonly lastWords: string;
  readonly agent: AgentFacts | null;
  /** Unit that is to make the cluster. */
  readonly maker: string | null;
  /** For example `15.18 at 10.0.0.10:5432`; null before the server was seen. */
  readonly server: string | null;
}

/** `16384` as `16 kB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toFixed(1))} ${units[unit]}`;
}

function progressText({ progress }: AgentFacts): string {
  if (progress === null) return '';
  const { action, phase, bytesDone, bytesTotal, expectedEndInMs } = progress;
  const part =
    bytesTotal === null || bytesTotal === 0
      ? bytesText(bytesDone)
      : `${Math.floor((100 * bytesDone) / bytesTotal)} % of ${bytesText(bytesTotal)}`;
  const end = expectedEndInMs === null ? '' : `, ${Math.ceil(expectedEndInMs / 1000)} s left`;
  return `${action}: ${phase === '' ? '' : `${phase}, `}${part}${end}`;
}

/** What is not as it should be, in the agent's own words, and what this charm's answer to it is. */
function degraded({ problems, isPaused, pendingRestart }: AgentFacts): string {
  const actions = [
    ...(isPaused ? ["run action 'resume'"] : []),
    ...(pendingRestart.length === 0 ? [] : ["run action 'restart'"]),
  ];
  return [...problems, ...actions].map((sentence) => `; ${sentence}`).join('');
}

function standbysText({ name: own, members }: AgentFacts): string {
  const others = members.filter(({ name }) => name !== own);
  if (others.length === 0) return '; no standby, nobody could take over: add a unit';
  const well = others.filter(({ state }) => state === 'running' || state === 'streaming');
  return `, ${well.length} ${well.length === 1 ? 'standby' : 'standbys'}`;
}

function runningStatus(facts: AgentFacts, server: string | null): Status {
  const what = `PostgreSQL ${server ?? ''}`.trimEnd();
  if (facts.role === 'primary' && facts.leader === facts.name) {
    return active(`Primary, ${what}${standbysText(facts)}${degraded(facts)}`);
  }
  if (facts.leader === null) {
    return waiting(`No primary: ${facts.why}${degraded(facts)}`);
  }
  const lag = facts.lagBytes === null ? 'lag not known' : `lag ${bytesText(facts.lagBytes)}`;
  return active(`Standby of ${unitOfMember(facts.leader)}, ${what}, ${lag}${degraded(facts)}`);
}

/** How the unit stands, its clients and options aside. */
export function clusterStatus(facts: ClusterStatusFacts): Status {
  const { agent } = facts;
  if (!facts.hasPasswords) {
    return waiting('Waiting for the leader to choose the passwords of the cluster');
  }
  if (!facts.isSupervised) {
    return agent === null
      ? waiting('Waiting to start the agent')
      : blocked(
          'The agent is not running; it is started again at the next event, see its log below the storage',
        );
  }
  if (!facts.isRunning) {
    return blocked(
      `The agent ends again and again, saying "${facts.lastWords}"; see its log below the storage`,
    );
  }
  if (agent === null) return maintenance('Starting the agent');
  if (agent.state === 'running') return runningStatus(agent, facts.server);
  if (agent.progress !== null) return maintenance(progressText(agent));
  if ((agent.systemId ?? '') === '') {
    const { maker } = facts;
    return maintenance(
      maker === null || maker === unitOfMember(agent.name)
        ? `Making the cluster: ${agent.why}`
        : `Waiting for ${maker} to make the cluster`,
    );
  }
  const text = `PostgreSQL is ${agent.state}: ${agent.why}${degraded(agent)}`;
  const isOnItsWay = ['starting', 'restarting', 'stopping', 'creating replica'].includes(
    agent.state,
  );
  return isOnItsWay ? maintenance(text) : blocked(`${text}; see the agent's log below the storage`);
}
