// What `pg-setup` answers: one of these, as JSON on its standard output. No answer holds a secret.

import type { Problem } from '#core/access/problem.ts';

export interface ServerAnswer {
  /** `absent`: no cluster yet. `unusable`: what is there can't be run, and is left as it is. */
  readonly state: 'running' | 'stopped' | 'absent' | 'unusable';
  /** For example `15.18`; empty where no server is installed. */
  readonly version: string;
  /** For example 150018; 0 where no server is installed. */
  readonly versionNumber: number;
  /** Tells clusters apart. Empty where there is none. */
  readonly systemIdentifier: string;
  readonly inRecovery: boolean;
  /** Parameters whose change waits for a restart, by name. */
  readonly pendingRestart: readonly string[];
}

/** How one relation fared; another's problem never changes it. */
export interface RelationAnswer {
  readonly relation: string;
  readonly ok: boolean;
  readonly did: readonly string[];
  readonly problem: Problem | null;
}

export interface RevokeAnswer extends RelationAnswer {
  readonly user: string;
}

export interface SetupAnswer {
  /** Whether there is no `problem`. Relations have an `ok` of their own. */
  readonly ok: boolean;
  /** What was changed, a sentence each; empty where all was right already. */
  readonly did: readonly string[];
  readonly server: ServerAnswer;
  /** What stopped the server from being set up, else the first of `refused`. */
  readonly problem: Problem | null;
  /** Parts of the configuration that were refused while everything else went on. */
  readonly refused: readonly Problem[];
  /** One for each relation of `access`, and for those of `clients` something is wrong with. */
  readonly access: readonly RelationAnswer[];
  readonly revoked: readonly RevokeAnswer[];
}

export interface InstallAnswer {
  readonly ok: boolean;
  readonly did: readonly string[];
  readonly version: string;
  readonly binDirectory: string;
  readonly problem: Problem | null;
}
