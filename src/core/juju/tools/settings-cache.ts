// What a unit's agent remembers of remote units' bags from one hook to the next (H72). A member's bag is
// fetched on first read and kept until that unit's own joined or changed hook, so a hook may see values
// older than the controller's. One cache belongs to one unit agent, and dies with the agent's process.

import type { RelationId, UnitName } from '../model.ts';

export type Settings = Readonly<Record<string, string>>;

export interface SettingsCache {
  /** The bag as it was when it was fetched, or undefined. */
  readonly read: (relation: RelationId, unit: UnitName) => Settings | undefined;
  readonly keep: (relation: RelationId, unit: UnitName, settings: Settings) => void;
  /** Forgets one unit's bag: its own joined, changed or departed hook is being delivered. */
  readonly invalidate: (relation: RelationId, unit: UnitName) => void;
  /** Forgets what is not a member's: bags of others are kept for one hook only (H73). */
  readonly prune: (members: ReadonlyMap<RelationId, readonly UnitName[]>) => void;
}

/** An empty cache, as a freshly started agent has. */
export function createSettingsCache(): SettingsCache {
  const bags = new Map<RelationId, Map<UnitName, Settings>>();
  return {
    read: (relation, unit) => bags.get(relation)?.get(unit),
    keep: (relation, unit, settings) => {
      const ofRelation = bags.get(relation) ?? new Map<UnitName, Settings>();
      ofRelation.set(unit, settings);
      bags.set(relation, ofRelation);
    },
    invalidate: (relation, unit) => {
      bags.get(relation)?.delete(unit);
    },
    prune: (members) => {
      for (const [relation, ofRelation] of bags) {
        const kept = members.get(relation) ?? [];
        for (const unit of ofRelation.keys()) {
          if (!kept.includes(unit)) ofRelation.delete(unit);
        }
        if (ofRelation.size === 0) bags.delete(relation);
      }
    },
  };
}
