// The unit's status from what is known now: what is wrong, since when, and what to do about it.

import { active, blocked, maintenance, type Status, waiting, worst } from '#charm/status/status.ts';
import type { Problem } from '#core/access/problem.ts';
import { type ClusterStatusFacts, clusterStatus } from './cluster-status.ts';
import type { RelationProblem, ServerFacts, Trouble } from './facts.ts';

export interface Facts {
  readonly unit: string;
  readonly isStopping: boolean;
  /** Of a unit of a cluster; left out for a single server. */
  readonly cluster?: ClusterStatusFacts;
  readonly settingsProblems: readonly string[];
  readonly isInstalled: boolean;
  readonly installTrouble: Trouble | null;
  /** Unit that runs the primary, as the leader decided; null before it did. */
  readonly primary: string | null;
  /** The decision about this unit was there before this hook began. */
  readonly isPrimary: boolean;
  /** Unit that ran the primary and left for good. */
  readonly primaryGone: string | null;
  readonly hasStorage: boolean;
  readonly server: ServerFacts | null;
  readonly isAlive: boolean;
  readonly serverTrouble: Trouble | null;
  readonly refusedSettings: readonly Problem[];
  readonly refusedAddresses: readonly RelationProblem[];
  readonly refusedClients: readonly (RelationProblem & { readonly isServed: boolean })[];
  /** Relations whose password the leader, another unit, has still to choose. */
  readonly withoutPassword: readonly string[];
}

/** What is wrong and what to do about it, as one line. */
export function sentenceOf({ message, hint }: Problem): string {
  return [message, hint].filter((part) => part !== '').join('. ');
}

/** The beginning stands before the hint: a long message loses its end, which is better the hint's. */
function troubleStatus({ problem, since }: Trouble): Status {
  const beginning = `${new Date(since).toISOString().slice(0, 16)}Z`;
  const message = `${problem.message} (since ${beginning})`;
  return blocked(sentenceOf({ ...problem, message }));
}

function serverStatus(facts: Facts): Status {
  if (!facts.hasStorage) {
    return facts.server === null
      ? waiting('Waiting for storage pgdata')
      : blocked(
          "Storage pgdata was taken away and PostgreSQL is stopped: attach it again with 'juju attach-storage'",
        );
  }
  if (facts.serverTrouble !== null) return troubleStatus(facts.serverTrouble);
  if (facts.server === null) return waiting('Waiting to create the cluster');
  const { version, host, port, pendingRestart } = facts.server;
  if (!facts.isAlive) {
    return blocked(
      `PostgreSQL ${version} is not running; it is started again at the next event, see its log below the storage`,
    );
  }
  const restart =
    pendingRestart.length === 0 ? '' : `; restart needed for ${pendingRestart.join(', ')}`;
  return active(`Primary, PostgreSQL ${version} at ${host}:${port}${restart}`);
}

/** The storage and the programs come first: without them the agent can't say anything. */
function memberStatus(facts: Facts, cluster: ClusterStatusFacts): Status {
  if (facts.primary === null)
    return waiting('Waiting for the leader to choose who makes the cluster');
  if (!facts.hasStorage) {
    return facts.server === null
      ? waiting('Waiting for storage pgdata')
      : blocked(
          "Storage pgdata was taken away and PostgreSQL is stopped: attach it again with 'juju attach-storage'",
        );
  }
  const own = clusterStatus(cluster);
  return facts.serverTrouble === null ? own : worst(own, troubleStatus(facts.serverTrouble));
}

function roleStatus(facts: Facts): Status {
  const { primary, unit, cluster } = facts;
  if (cluster !== undefined) return memberStatus(facts, cluster);
  if (primary === null) return waiting('Waiting for the leader to choose the primary');
  if (primary === unit) {
    return facts.isPrimary ? serverStatus(facts) : waiting('Waiting to create the cluster');
  }
  return facts.primaryGone === primary
    ? blocked(
        `${primary} had the databases and is gone, and this unit has no copy: deploy anew and restore a backup`,
      )
    : waiting(
        `Waiting: ${primary} is the primary, and this unit has no part until replication is available`,
      );
}

/** Null once the programs are there. */
function programsStatus(facts: Facts): Status | null {
  if (facts.isInstalled) return null;
  return facts.installTrouble === null
    ? maintenance('Installing PostgreSQL')
    : troubleStatus(facts.installTrouble);
}

function clientStatuses(facts: Facts): readonly Status[] {
  const refused = facts.refusedClients.map(({ relation, problem, isServed }) =>
    blocked(`Relation ${relation} ${isServed ? 'keeps what it has' : 'is not served'}: ${problem}`),
  );
  const addresses = facts.refusedAddresses.map(({ relation, problem }) =>
    blocked(`Relation ${relation} is not let in from everywhere: ${problem}`),
  );
  const waiters = facts.withoutPassword.map((relation) =>
    waiting(`Waiting for the leader to choose the password of relation ${relation}`),
  );
  return [...refused, ...addresses, ...waiters];
}

export function statusOf(facts: Facts): Status {
  if (facts.isStopping) return maintenance('Stopping PostgreSQL');
  return worst(
    // First, since it is the last thing a person did, maybe to mend one of the others.
    ...facts.settingsProblems.map((problem) => blocked(problem)),
    programsStatus(facts) ?? roleStatus(facts),
    ...facts.refusedSettings.map((problem) => blocked(sentenceOf(problem))),
    ...clientStatuses(facts),
  );
}
