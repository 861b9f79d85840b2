// Where everything of the unit's agent stands. What is the agent's is in one directory of the storage, beside the
// data directory. What root acts on is in the charm's directory, where only root can write. Pure.

/** Paths of the agent's files. */
export interface AgentPlace {
  readonly directory: string;
  /** Patroni's YAML, with passwords: 0600. */
  readonly config: string;
  /** What the agent tells about itself. */
  readonly facts: string;
  readonly pgpass: string;
  /** The agent makes it when there is news: its being there asks for an event of the charm. */
  readonly wake: string;
  readonly log: string;
  /** What the charm's own supervisor is to run. */
  readonly supervisor: string;
  /** Process of that supervisor: its number and the time it started. */
  readonly supervisorPid: string;
  readonly agentPid: string;
}

export function agentPlaceOf(storage: string, charmDir: string): AgentPlace {
  const directory = `${storage}/agent`;
  return {
    directory,
    config: `${directory}/config.yml`,
    facts: `${directory}/facts.json`,
    pgpass: `${directory}/pgpass`,
    wake: `${directory}/wake/role-changed`,
    log: `${directory}/agent.log`,
    supervisor: `${charmDir}/.supervisor/run.json`,
    supervisorPid: `${charmDir}/.supervisor/supervisor.pid`,
    agentPid: `${charmDir}/.supervisor/agent.pid`,
  };
}

/** Event by which the agent wakes the charm. */
export const wakeEvent = 'postgresql-role-changed';
