// Which relations an endpoint has and which units are on them, remembered from hook to hook, so that
// a hook's cost does not grow with the number of relations. In a relation hook Juju is asked about
// that relation only; about all of them once, for a unit whose facts are new, and after an upgrade.

import type { StorePort } from '#interfaces/ports.ts';
import type { RelationContext } from '../context/event-context.ts';
import type { HookContext } from '../context/hook-context.ts';
import { compareNumbered } from '../tools/order.ts';
import type { RelationTools } from '../tools/relation-tools.ts';

export interface RelationMembers {
  readonly id: number;
  /** For example `db:7`. */
  readonly name: string;
  readonly remoteApplication: string;
  /** In numerical order. */
  readonly units: readonly string[];
}

export type MembershipTools = Pick<
  RelationTools,
  'relationIds' | 'relationList' | 'relationRemoteApplication'
>;

/** A unit on a relation, as it became known in this hook. */
export interface NewMember {
  readonly relation: RelationMembers;
  readonly unit: string;
}

export class Membership {
  readonly #store: StorePort;
  readonly #endpoint: string;
  readonly #rows: string;
  readonly #count: string;

  constructor(store: StorePort, endpoint: string) {
    this.#store = store;
    this.#endpoint = endpoint;
    this.#rows = `reactive.endpoints.${endpoint}.relation.`;
    this.#count = `reactive.endpoints.${endpoint}.joined-units`;
  }

  /** All relations in numerical order; one that is being broken is among them until `end`. */
  relations(): readonly RelationMembers[] {
    return this.#store
      .entries(this.#rows)
      .flatMap(([key, value]) => this.#read(key.slice(this.#rows.length), value))
      .sort((one, other) => one.id - other.id);
  }

  relation(id: number): RelationMembers | null {
    return this.#read(String(id), this.#store.get(this.#rows + id))[0] ?? null;
  }

  /** How many units are on all relations together. Costs nothing. */
  joinedUnits(): number {
    return Number(this.#store.get(this.#count) ?? 0);
  }

  /** Brings the memory up to date for this hook, and tells which units were not known before. */
  begin(hook: HookContext, tools: MembershipTools): readonly NewMember[] {
    const isFresh = (this.#store.get(this.#count) ?? null) === null;
    const isUpgrade = hook.kind === 'hook' && hook.dispatchName === 'upgrade-charm';
    const found = isFresh || isUpgrade ? [...this.#lookAtAll(tools)] : [];
    const event = this.#event(hook);
    if (event !== null) found.push(...this.#put(afterEvent(event, hook.applicationName, tools)));
    return found;
  }

  /** Forgets a relation that was broken in this hook; called after the handlers. */
  end(hook: HookContext): void {
    const event = this.#event(hook);
    if (event?.event === 'broken') this.#drop(event.id);
  }

  #event(hook: HookContext): RelationContext | null {
    const { relation } = hook;
    return relation?.endpoint === this.#endpoint && relation.event !== null ? relation : null;
  }

  #lookAtAll(tools: MembershipTools): readonly NewMember[] {
    // Written even for no relations: that it is there says the endpoint has been looked at.
    this.#store.set(this.#count, this.joinedUnits());
    const names = tools.relationIds(this.#endpoint);
    for (const known of this.relations()) if (!names.includes(known.name)) this.#drop(known.id);
    return names.flatMap((name) =>
      this.#put({
        id: relationNumber(name),
        name,
        // It can't change in the life of a relation, so it is asked for once.
        remoteApplication:
          this.relation(relationNumber(name))?.remoteApplication ??
          tools.relationRemoteApplication(name),
        units: tools.relationList(name),
      }),
    );
  }

  #put(members: RelationMembers): readonly NewMember[] {
    const before = this.relation(members.id)?.units ?? [];
    const { remoteApplication, units } = members;
    this.#store.set(this.#rows + members.id, { remoteApplication, units });
    this.#store.set(this.#count, this.joinedUnits() + units.length - before.length);
    return units
      .filter((unit) => !before.includes(unit))
      .map((unit) => ({ relation: members, unit }));
  }

  #drop(id: number): void {
    const gone = this.relation(id)?.units.length ?? 0;
    this.#store.unset(this.#rows + id);
    this.#store.set(this.#count, this.joinedUnits() - gone);
  }

  #read(id: string, value: unknown): readonly RelationMembers[] {
    if (!isRow(value)) return [];
    return [{ id: Number(id), name: `${this.#endpoint}:${id}`, ...value }];
  }
}

/**
 * The relation as it stands in its own event. The list of units comes from Juju, not from memory: a
 * hook that an operator skipped (`resolve --no-retry`) would leave the memory wrong for good. The
 * event has the last word on its own unit, as Juju is not said to list it in every event (T22).
 */
function afterEvent(
  event: RelationContext,
  ownApplication: string,
  tools: MembershipTools,
): RelationMembers {
  const { id, name, remoteUnit } = event;
  // Only an event that Juju did not raise itself comes without the remote application.
  const remoteApplication = event.remoteApplication || ownApplication;
  const base = { id, name, remoteApplication };
  switch (event.event) {
    case 'created':
    case 'broken':
    case null:
      return { ...base, units: [] };
    case 'departed':
      return { ...base, units: tools.relationList(name).filter((unit) => unit !== remoteUnit) };
    case 'joined':
    case 'changed': {
      const listed = tools.relationList(name);
      // A change of the application's bag names no unit; nobody joins then (T23).
      if (remoteUnit === '' || listed.includes(remoteUnit)) return { ...base, units: listed };
      const units = [...listed, remoteUnit].sort((a, b) => compareNumbered(a, b, '/'));
      return { ...base, units };
    }
    default:
      return event.event satisfies never;
  }
}

function relationNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf(':') + 1));
}

function isRow(
  value: unknown,
): value is { readonly remoteApplication: string; readonly units: readonly string[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'remoteApplication' in value &&
    typeof value.remoteApplication === 'string' &&
    'units' in value &&
    Array.isArray(value.units)
  );
}
