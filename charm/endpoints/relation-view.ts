// One relation as a protocol sees it. Reads and writes go through the hook's tools, which read each
// bag once and send what differs at the end of the hook.

import type { RelationPort, Settings, SettingsChange } from '#interfaces/ports.ts';
import { HookToolError } from '../tools/errors.ts';
import type { RelationTools } from '../tools/relation-tools.ts';
import type { BagMemory } from './bag-memory.ts';
import type { RelationMembers } from './membership.ts';

export interface RelationViewTools extends Pick<RelationTools, 'relationGet' | 'relationSet'> {
  isLeader(): boolean;
}

export interface RelationViewOptions {
  readonly endpoint: string;
  readonly members: RelationMembers;
  readonly localUnit: string;
  readonly localApplication: string;
  readonly tools: RelationViewTools;
  readonly memory: BagMemory;
}

export class RelationView implements RelationPort {
  readonly name: string;
  readonly id: number;
  readonly endpoint: string;
  readonly remoteApplication: string;
  readonly remoteUnits: readonly string[];
  readonly #options: RelationViewOptions;

  constructor(options: RelationViewOptions) {
    this.name = options.members.name;
    this.id = options.members.id;
    this.endpoint = options.endpoint;
    this.remoteApplication = options.members.remoteApplication;
    this.remoteUnits = options.members.units;
    this.#options = options;
  }

  remoteUnitSettings(unit: string): Settings {
    return this.#read(unit) ?? this.#options.memory.copy(this.id, unit);
  }

  remoteApplicationSettings(): Settings {
    return (
      this.#read(this.remoteApplication) ??
      this.#options.memory.copy(this.id, this.remoteApplication)
    );
  }

  ownUnitSettings(): Settings {
    return this.#read(this.#options.localUnit) ?? {};
  }

  ownApplicationSettings(): Settings | null {
    const { localApplication, tools } = this.#options;
    // Only among peers may everybody read the application's bag (T24). Asking first is cheaper than
    // being refused: whether we lead is known in most hooks.
    const isPeer = this.remoteApplication === localApplication;
    return isPeer || tools.isLeader() ? this.#read(localApplication) : null;
  }

  setUnit(change: SettingsChange): void {
    this.#options.tools.relationSet(this.name, change);
  }

  setApplication(change: SettingsChange): void {
    this.#options.tools.relationSet(this.name, change, { application: true });
  }

  /** Null where Juju does not give the bag: not yet in scope (T1), relation gone (T20), not ours. */
  #read(target: string): Settings | null {
    try {
      return this.#options.tools.relationGet(this.name, target);
    } catch (error) {
      if (!(error instanceof HookToolError)) throw error;
      if (error.kind === 'notFound' || error.kind === 'permissionDenied') return null;
      throw error;
    }
  }
}
