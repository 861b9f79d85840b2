// What the unit remembers between hooks beyond its flags, typed, each under one key of the unit data.

import type { Problem } from '#core/access/problem.ts';
import { fact, type Fact } from '#charm/state/fact.ts';
import type { StorePort } from '#interfaces/ports.ts';
import type { Settings } from './settings.ts';

type Store = Pick<StorePort, 'get' | 'set' | 'unset'>;

export interface Installed {
  /** Major version, for example `15`. */
  readonly version: string;
  readonly binDirectory: string;
}

/** Where this machine can be reached, as Juju tells. */
export interface Network {
  /** Addresses to listen on, separated by commas. */
  readonly listenAddress: string;
  /** Address clients are told, unless a relation sees us at another one. */
  readonly host: string;
}

/** The server as it was found after the last look. */
export interface ServerFacts {
  /** Full version, for example `15.18`. */
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Parameters that wait for a restart. */
  readonly pendingRestart: readonly string[];
}

/** A problem, and since when there has been one of its kind. */
export interface Trouble {
  readonly problem: Problem;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** A relation, for example `db:7`, and what is wrong with it. */
export interface RelationProblem {
  readonly relation: string;
  readonly problem: string;
}

/** What was written in a hook, and is not known to have been accepted by Juju at its end. */
export interface Unconfirmed {
  /** Relations that were published to, for example `db:7`. */
  readonly relations: readonly string[];
  /** Port that was opened; null for none. */
  readonly port: number | null;
}

export const installed: Fact<Installed> = fact('postgresql.installed');
export const installTrouble: Fact<Trouble> = fact('postgresql.trouble.install');
/** Where the storage is mounted; null while there is none. */
export const storageLocation: Fact<string> = fact('postgresql.storage');
export const network: Fact<Network> = fact('postgresql.network');
/** The last settings that were all usable; null before there were any. */
export const settingsInForce: Fact<Settings> = fact('postgresql.settings');
/** Sentences of options that can't be used as they are configured now. */
export const settingsProblems: Fact<readonly string[]> = fact('postgresql.problem.settings');
/** How the cluster was made; null before. */
export const clusterMade: Fact<{ readonly version: string; readonly locale: string }> =
  fact('postgresql.cluster');
export const serverFacts: Fact<ServerFacts> = fact('postgresql.server');
/** What stopped the server from being as desired. */
export const serverTrouble: Fact<Trouble> = fact('postgresql.trouble.server');
/** Parts of the configuration that PostgreSQL refused. */
export const refusedSettings: Fact<readonly Problem[]> = fact('postgresql.problem.refused');
/** Relations some address of which can't be let in. */
export const refusedAddresses: Fact<readonly RelationProblem[]> = fact(
  'postgresql.problem.addresses',
);
/** What the last hooks wrote that Juju may have refused since. */
export const unconfirmed: Fact<Unconfirmed> = fact('postgresql.unconfirmed');
/** The unit that ran the primary and left for good. */
export const primaryGone: Fact<string> = fact('postgresql.primary-gone');

/** Keeps a trouble, with its beginning as long as it stays of one kind; null ends it. */
export function noteTrouble(
  trouble: Fact<Trouble>,
  store: Store,
  problem: Problem | null,
  now: number,
): void {
  const before = trouble.read(store);
  const isSame = before !== null && before.problem.code === problem?.code;
  trouble.write(store, problem === null ? null : { problem, since: isSame ? before.since : now });
}
