// What a hook can ask of the program `pg-cluster`: one of these, as JSON on its standard input, and what it answers
// on its standard output. A hook imports this file for its types only.

import type { Problem } from '#core/access/problem.ts';
import type { AgentPlace } from '../agent/place.ts';
import type { Endpoint } from '../cluster-settings.ts';

export interface ServiceFacts {
  /** For example `postgresql/0`. */
  readonly unit: string;
  readonly charmDir: string;
  /** Version of the charm: when it changes the agent is replaced. */
  readonly version: string;
  /** The machine's address is of a loopback network: a model that lives on one machine and ends with it. */
  readonly isLoopback: boolean;
}

export interface ApplyCommand {
  readonly command: 'apply';
  readonly place: AgentPlace;
  readonly service: ServiceFacts;
  readonly storage: string;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly logDirectory: string;
  /** Text of the agent's configuration. */
  readonly config: string;
}

export interface CheckCommand {
  readonly command: 'check';
  readonly binDirectory: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a member that leaves for good takes out of etcd. */
export interface Leave {
  readonly protocol: 'http' | 'https';
  readonly endpoints: readonly Endpoint[];
  readonly scope: string;
  readonly member: string;
  /** No other unit is left: where no member is left either, the cluster's own keys go too. */
  readonly isLast: boolean;
}

export interface StopAgentCommand {
  readonly command: 'stop';
  readonly place: AgentPlace;
  readonly service: ServiceFacts;
  readonly leave: Leave | null;
}

/** A call of the agent's REST API. */
export interface RequestCommand {
  readonly command: 'request';
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly body: unknown;
  /** Null for what anybody may ask. */
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly timeoutMs: number;
}

export type ClusterCommand = ApplyCommand | CheckCommand | StopAgentCommand | RequestCommand;

export interface ClusterAnswer {
  /** Whether there is no `problem`. */
  readonly ok: boolean;
  /** What was changed, a sentence each. */
  readonly did: readonly string[];
  readonly problem: Problem | null;
}

export interface RequestAnswer extends ClusterAnswer {
  /** 0 where the agent did not answer. */
  readonly status: number;
  readonly text: string;
}
