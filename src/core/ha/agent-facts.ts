// What an agent tells the machine it runs on: a small file, written anew as a whole whenever something in it
// changes, and read by whoever must not wait for an answer, such as a hook. It holds no secret.

import type { PostgresState, Progress, Role } from '#core/dcs/cluster.ts';

/** Variable of the agent's environment that names the file; without it none is written. */
export const agentFactsVariable = 'PG_AGENT_FACTS';

/**
 * Variable that names a file to be made whenever there is news (factsNews), after the facts were written: its
 * being there asks somebody to look at them. Whoever looks takes it away.
 */
export const agentWakeVariable = 'PG_AGENT_WAKE';

/** Shape of the file. A reader that meets another one knows nothing rather than something wrong. */
const format = 1;

/** A member as the configuration store has it. */
export interface MemberFacts {
  readonly name: string;
  readonly role: string;
  /** As published: `running`, `streaming`, `stopped` and so on. */
  readonly state: string;
  /** Where its PostgreSQL is; null where its key does not say. */
  readonly host: string | null;
  readonly port: number | null;
  readonly timeline: number | null;
  /** Bytes of WAL it has not replayed yet of what the leader published; null where it can't be told. */
  readonly lagBytes: number | null;
  /** Whether a commit waits for it. */
  readonly isSynchronous: boolean;
}

export interface AgentFacts {
  /** This member's own name, for example `postgresql-0`. */
  readonly name: string;
  readonly scope: string;
  readonly role: Role;
  readonly state: PostgresState;
  /** Name of the member that holds the leader key; null while nobody does, or the store does not answer. */
  readonly leader: string | null;
  readonly members: readonly MemberFacts[];
  readonly timeline: number | null;
  readonly lagBytes: number | null;
  /** The cluster's identifier as the store has it; null before there is a cluster. */
  readonly systemId: string | null;
  /** For example 150018; 0 while it is not known. */
  readonly serverVersion: number;
  readonly isPaused: boolean;
  /** Whether the store answered when it was last asked. */
  readonly isStoreReachable: boolean;
  /** Parameters that wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** What is not as it should be and what to do about it, a sentence each; most urgent first. */
  readonly problems: readonly string[];
  /** Of a long action; null while there is none. */
  readonly progress: Progress | null;
  /** The last decision: number of its rule and its reason in words. */
  readonly rule: string;
  readonly why: string;
}

/** The text of the file. The same facts give the same text, so that a writer can tell whether they changed. */
export function printAgentFacts(facts: AgentFacts): string {
  return `${JSON.stringify({ format, ...facts })}\n`;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => check(item));

function shaped(shape: Readonly<Record<string, Check>>): Check {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(
      ([key, check]) => Object.hasOwn(value, key) && check((value as Record<string, unknown>)[key]),
    );
}

const isMember = shaped({
  name: isText,
  role: isText,
  state: isText,
  host: orNull(isText),
  port: orNull(isNumber),
  timeline: orNull(isNumber),
  lagBytes: orNull(isNumber),
  isSynchronous: isFlag,
} satisfies Record<keyof MemberFacts, Check>);

const isProgress = shaped({
  action: isText,
  bytesDone: isNumber,
  bytesTotal: orNull(isNumber),
  bytesPerSecond: orNull(isNumber),
  expectedEndInMs: orNull(isNumber),
  phase: isText,
} satisfies Record<keyof Progress, Check>);

const isFacts = shaped({
  name: isText,
  scope: isText,
  role: isText,
  state: isText,
  leader: orNull(isText),
  members: listOf(isMember),
  timeline: orNull(isNumber),
  lagBytes: orNull(isNumber),
  systemId: orNull(isText),
  serverVersion: isNumber,
  isPaused: isFlag,
  isStoreReachable: isFlag,
  pendingRestart: listOf(isText),
  problems: listOf(isText),
  progress: orNull(isProgress),
  rule: isText,
  why: isText,
} satisfies Record<keyof AgentFacts, Check>);

/** Reads the file; null where it is none of this shape, as half a file or one of another version. */
export function parseAgentFacts(text: string): AgentFacts | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFacts(value)) return null;
  const { format: found, ...facts } = value as AgentFacts & { readonly format?: unknown };
  // Every key was looked at above.
  return found === format ? facts : null;
}

/**
 * What of the facts is news to somebody who hears of each change once: roles, states and places, but not how far
 * somebody is behind, nor how far a long action is, which change all the time. Compared as text.
 */
export function factsNews(facts: AgentFacts): string {
  const { role, state, leader, timeline, systemId, members, progress } = facts;
  const { isPaused, isStoreReachable, pendingRestart } = facts;
  return JSON.stringify([
    [role, state, leader, timeline, systemId, isPaused, isStoreReachable, pendingRestart],
    members.map(({ lagBytes: _lag, ...rest }) => rest),
    progress?.action ?? null,
  ]);
}

/** Whether PostgreSQL on this member accepts writes as the cluster's primary. */
export function isPrimaryFacts(facts: AgentFacts | null): boolean {
  return facts?.role === 'primary' && facts.state === 'running' && facts.leader === facts.name;
}
