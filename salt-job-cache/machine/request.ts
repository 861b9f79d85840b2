// What the hooks ask of the program beside them that works on this machine: the Salt master's files and the service.
// One JSON document in, one out. A hook imports this file for its types only.

import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import type { Problem } from '#core/access/problem.ts';
import type { MachinePlace } from './place.ts';

export interface UnitFacts {
  /** For example `salt-job-cache/0`. */
  readonly unit: string;
  readonly charmDir: string;
  /** Version of the charm: when it changes the service is replaced. */
  readonly version: string;
  /** The machine's address is of a loopback network: a model that lives on one machine and ends with it. */
  readonly isLoopback: boolean;
}

/** What the Salt master is to be told. */
export interface MasterFiles {
  /** Directory of job-cache.conf; it is not made where it is missing. */
  readonly directory: string;
  /** Text of job-cache.conf; holds a password. */
  readonly text: string;
  /** User the master runs as: its group may read the file. */
  readonly user: string;
  /** Text of the drop-in of salt-master.service, for systemd. */
  readonly dropIn: string;
  /** The file names several servers, so the master has to be told by its environment which to take. */
  readonly hasSeveralServers: boolean;
  /** A master that runs with the file as it was before can't work on. */
  readonly isRestartNeeded: boolean;
  /** Another server is the first of the file. */
  readonly isPrimaryNew: boolean;
}

export interface ConfigureRequest {
  readonly command: 'configure';
  readonly unit: UnitFacts;
  readonly place: MachinePlace;
  /** Text of the service's configuration; holds a password. */
  readonly service: string;
  /** Null where the configuration names no directory for it. */
  readonly master: MasterFiles | null;
  readonly mayRestartMaster: boolean;
  /** Masters that were found to run with an old file before. */
  readonly outdated: readonly NamedProcess[];
}

export interface RemoveRequest {
  /** `forget` takes only the master's file away. */
  readonly command: 'remove' | 'forget';
  readonly unit: UnitFacts;
  readonly place: MachinePlace;
  /** Directory the master's file is in; null where there is none. */
  readonly directory: string | null;
  readonly mayRestartMaster: boolean;
}

export type MachineRequest = ConfigureRequest | RemoveRequest;

export type MasterState =
  | 'written'
  /** No directory of a Salt master: it is not on this machine, or not yet. */
  | 'absent'
  /** None was asked for. */
  | 'none';

export interface MachineAnswer {
  /** Whether there is no `problem`. */
  readonly ok: boolean;
  /** What was changed, a sentence each. */
  readonly did: readonly string[];
  readonly problem: Problem | null;
  readonly master: MasterState;
  /** Masters that run with an old file and have to be restarted. */
  readonly outdated: readonly NamedProcess[];
}
