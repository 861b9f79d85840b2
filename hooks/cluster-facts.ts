// What a unit of a cluster remembers between hooks, and what its agent tells it. The agent's words are read once in a
// hook, so that all handlers of it act on the same.

import {
  type AgentFacts,
  isPrimaryFacts,
  type MemberFacts,
  parseAgentFacts,
} from '#core/ha/agent-facts.ts';
import type { Problem } from '#core/access/problem.ts';
import { type AgentPlace, agentPlaceOf } from './agent/place.ts';
import { memberName } from './agent/agent-yaml.ts';
import type { Context } from './context.ts';
import { fact, type Fact } from '#charm/state/fact.ts';
import { settingsInForce, storageLocation } from './facts.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** The agent as it was last told how to run. */
export interface AppliedAgent {
  /** Digest of its configuration and of the charm's version: the configuration itself holds passwords. */
  readonly digest: string;
  /** Text of pg_hba.conf in it. */
  readonly hba: string;
}

/** Parameters PostgreSQL takes, and those it refused and why. */
export interface CheckedParameters {
  readonly good: Readonly<Record<string, string>>;
  readonly refused: {
    readonly parameters: Readonly<Record<string, string>>;
    readonly problem: Problem;
  } | null;
}

export const appliedAgent: Fact<AppliedAgent> = fact('postgresql.agent.applied');
export const checkedParameters: Fact<CheckedParameters> = fact('postgresql.agent.parameters');
/** Lines of extra-pg-auth the server refused. */
export const refusedHba: Fact<readonly string[]> = fact('postgresql.agent.refused-hba');
/** The dynamic configuration last written to etcd by this unit, as text. */
export const appliedDynamic: Fact<string> = fact('postgresql.agent.dynamic');
/** What was last told to all clients of where the servers are, as text. */
export const publishedView: Fact<string> = fact('postgresql.agent.published');
/** Where this unit listens for the other members, and where they find it. */
export const memberNetwork: Fact<{ readonly bind: string; readonly host: string }> = fact(
  'postgresql.agent.network',
);
/** Other units were there when this one began to leave: to it they all depart, but they stay. */
export const othersStay: Fact<true> = fact('postgresql.agent.others-stay');
/** What the other units were told last, as text. */
export const toldPeers: Fact<string> = fact('postgresql.agent.told');

/** The options of the cluster; null where this is a single server. */
export function clusterSettings(context: Context): ClusterSettings | null {
  return settingsInForce.read(context.data)?.cluster ?? null;
}

/** Null while there is no storage. */
export function agentPlace(context: Context): AgentPlace | null {
  const storage = storageLocation.read(context.data);
  return storage === null ? null : agentPlaceOf(storage, context.hook.charmDir);
}

const known = new WeakMap<object, AgentFacts | null>();

/** What the agent told last; null where it told nothing yet, or is not of this cluster. */
export function agentFacts(context: Context): AgentFacts | null {
  const before = known.get(context.hook);
  if (before !== undefined) return before;
  const place = agentPlace(context);
  const text = place === null ? null : context.services.agent.readFacts(place.facts);
  const found = text === null ? null : parseAgentFacts(text);
  const facts = found?.name === memberName(context.hook.unitName) ? found : null;
  known.set(context.hook, facts);
  return facts;
}

/**
 * Whether this unit's server is the primary, as its agent says. What it says counts only while it runs: one that
 * was killed can't take back what it said last.
 */
export function isPrimaryNow(context: Context): boolean {
  return isPrimaryFacts(agentFacts(context)) && isAgentRunning(context);
}

export function isAgentRunning(context: Context): boolean {
  const place = agentPlace(context);
  return place !== null && context.services.agent.isRunning(place);
}

/** A server as clients are told of it. */
export interface ServerPlace {
  readonly member: string;
  readonly host: string;
  readonly port: number;
}

/** Where the servers of the cluster are. */
export interface ClusterView {
  readonly primary: ServerPlace;
  readonly standbys: readonly ServerPlace[];
}

/** States in which a standby can be read from. */
const readableStates: ReadonlySet<string> = new Set([
  'running',
  'streaming',
  'in archive recovery',
]);

function placeOf({ name, host, port }: MemberFacts): ServerPlace | null {
  return host === null || port === null ? null : { member: name, host, port };
}

/** Null while no member is known to lead: clients then keep what they were told last. */
export function clusterView(facts: AgentFacts | null): ClusterView | null {
  const leader = facts?.members.find(({ name }) => name === facts.leader);
  const primary = leader === undefined ? null : placeOf(leader);
  if (facts === null || primary === null) return null;
  const standbys = facts.members
    .filter(({ name, state }) => name !== facts.leader && readableStates.has(state))
    .flatMap((member) => placeOf(member) ?? []);
  return { primary, standbys };
}
