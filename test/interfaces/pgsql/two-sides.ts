// Two applications joined in memory as Juju joins them: one bag per unit, one per application that its
// leader writes and the other side reads, events that coalesce, writes that take effect when the hook
// succeeds and not at all when it fails. The caller says whose hook runs next, so a property test can
// try any order.

import type { EndpointPort, RelationEventPort, Settings } from '#interfaces/ports.ts';
import { FakeEndpoint, FakeFlags, FakeRelation, FakeStore } from './fake-endpoint.ts';

/** What a unit runs in every hook. Throwing is a failed hook: it is run again later. */
export type HookCode = (endpoint: EndpointPort) => void;

interface UnitState {
  readonly name: string;
  readonly side: Side;
  store: FakeStore;
  flags: FakeFlags;
  /** Set where a hook of another kind is due (an agent's wake, config-changed). */
  isWoken: boolean;
  /** A dead machine: nothing runs, the bags stay. */
  isDown: boolean;
  readonly relations: Map<number, SeenRelation>;
}

/** What a unit has been told of one relation. */
interface SeenRelation {
  readonly units: Map<string, number>;
  applicationVersion: number;
}

interface Bag {
  settings: Settings;
  version: number;
}

interface Side {
  readonly application: string;
  readonly endpoint: string;
  readonly code: HookCode;
  leader: string;
}

interface Relation {
  readonly id: number;
  readonly bags: Map<string, Bag>;
  isBroken: boolean;
}

interface DueEvent {
  readonly kind: RelationEventPort['kind'] | 'wake';
  readonly relationId: number;
  readonly remoteUnit: string;
  readonly departingUnit: string;
}

export class TwoSides {
  readonly units: Map<string, UnitState> = new Map();
  readonly relations: Map<number, Relation> = new Map();
  readonly #sides: readonly [Side, Side];
  #nextRelation = 1;

  /** The names are `application:endpoint`; units come with `addUnit`. */
  constructor(server: string, serverCode: HookCode, client: string, clientCode: HookCode) {
    const side = (name: string, code: HookCode): Side => {
      const [application = '', endpoint = ''] = name.split(':');
      return { application, endpoint, code, leader: '' };
    };
    this.#sides = [side(server, serverCode), side(client, clientCode)];
  }

  /** Adds a unit, which joins every relation. The first one of an application leads it. */
  addUnit(name: string, juju: Settings): void {
    const application = name.split('/')[0];
    const side = this.#sides.find((each) => each.application === application);
    if (side === undefined) throw new Error(`no application of unit ${name}`);
    if (side.leader === '') side.leader = name;
    this.units.set(name, {
      name,
      side,
      store: new FakeStore(),
      flags: new FakeFlags(),
      isWoken: false,
      isDown: false,
      relations: new Map(),
    });
    for (const relation of this.relations.values()) this.#enter(relation, name, juju);
    this.#juju.set(name, juju);
  }

  readonly #juju: Map<string, Settings> = new Map();

  /** Takes the unit away at once; the others hear of it one by one. Leadership moves on. */
  removeUnit(name: string): void {
    const unit = this.#unit(name);
    this.units.delete(name);
    if (unit.side.leader === name) this.lead(this.unitsOf(unit.side.application)[0] ?? '');
  }

  lead(name: string): void {
    const unit = this.units.get(name);
    if (unit !== undefined) unit.side.leader = name;
  }

  leaderOf(application: string): string {
    return this.#sides.find((side) => side.application === application)?.leader ?? '';
  }

  relate(): number {
    const id = this.#nextRelation;
    this.#nextRelation += 1;
    const relation: Relation = { id, bags: new Map(), isBroken: false };
    this.relations.set(id, relation);
    for (const side of this.#sides) {
      relation.bags.set(side.application, { settings: {}, version: 0 });
    }
    for (const [name, juju] of this.#juju) {
      if (this.units.has(name)) this.#enter(relation, name, juju);
    }
    return id;
  }

  breakRelation(id: number): void {
    const relation = this.relations.get(id);
    if (relation !== undefined) relation.isBroken = true;
  }

  /** What Juju itself writes to a unit's bags, for instance when its addresses change. */
  setJuju(name: string, settings: Settings): void {
    this.#juju.set(name, { ...this.#juju.get(name), ...settings });
    for (const relation of this.relations.values()) {
      const bag = relation.bags.get(name);
      if (bag !== undefined) this.#put(bag, { ...bag.settings, ...settings });
    }
    this.wake(name);
  }

  wake(name: string): void {
    const unit = this.units.get(name);
    if (unit !== undefined) unit.isWoken = true;
  }

  bag(relationId: number, owner: string): Settings {
    return this.relations.get(relationId)?.bags.get(owner)?.settings ?? {};
  }

  unitsOf(application: string): readonly string[] {
    return [...this.units.values()]
      .filter(({ side }) => side.application === application)
      .map(({ name }) => name);
  }

  /** Units that have a hook to run. */
  busy(): readonly string[] {
    return [...this.units.values()]
      .filter((unit) => !unit.isDown && this.#due(unit) !== null)
      .map(({ name }) => name);
  }

  /** Runs the next hook of a unit; false where there is none. `pick` chooses among relations and units. */
  runHook(name: string, pick = 0): boolean {
    const unit = this.#unit(name);
    const due = unit.isDown ? null : this.#due(unit, pick);
    if (due === null) return false;
    const endpoint = this.endpointOf(name, due);
    unit.side.code(endpoint);
    this.#commit(unit, endpoint, due);
    return true;
  }

  /** Runs hooks until nobody has any. `next` says which of the busy units goes first. */
  settle(next: (count: number) => number = () => 0): void {
    for (let turn = 0; turn < 2000; turn += 1) {
      const busy = this.busy();
      if (busy.length === 0) return;
      this.runHook(busy[next(busy.length) % busy.length] ?? '', next(16));
    }
    throw new Error('the two sides do not settle: each hook makes another one due');
  }

  /** The endpoint as a unit's hook sees it, committed or not. Without an event it is for looking only. */
  endpointOf(name: string, due: DueEvent | null = null): FakeEndpoint {
    const unit = this.#unit(name);
    const other = this.#other(unit.side);
    const isLeader = unit.side.leader === name;
    const relations = [...this.relations.values()]
      .filter(({ id }) => unit.relations.has(id))
      .map((relation) => {
        const fake = new FakeRelation({
          id: relation.id,
          endpoint: unit.side.endpoint,
          remoteApplication: other.application,
          units: this.#bagsOf(relation, unit, due),
          departedUnits: Object.fromEntries(
            [...relation.bags].map(([owner, bag]) => [owner, bag.settings]),
          ),
          application: this.bag(relation.id, other.application),
          ownUnit: this.bag(relation.id, name),
          ownApplication: this.bag(relation.id, unit.side.application),
        });
        fake.isLeader = isLeader;
        return fake;
      });
    const isBroken = (relation: FakeRelation): boolean =>
      due?.kind === 'broken' && due.relationId === relation.id;
    const endpoint = new FakeEndpoint(
      name,
      relations.filter((relation) => !isBroken(relation)),
      unit.side.endpoint,
    );
    endpoint.leader = isLeader;
    endpoint.store = unit.store.copy();
    endpoint.flags = unit.flags.copy();
    const relation = relations.find(({ id }) => id === due?.relationId);
    if (due !== null && due.kind !== 'wake' && relation !== undefined) {
      const { kind, remoteUnit, departingUnit } = due;
      endpoint.event = { kind, relation, remoteUnit, departingUnit };
    }
    return endpoint;
  }

  /** Bags of the units this unit knows to be there, and of the one that is just joining. */
  #bagsOf(
    relation: Relation,
    unit: UnitState,
    due: DueEvent | null,
  ): Readonly<Record<string, Settings>> {
    const seen = [...(unit.relations.get(relation.id)?.units.keys() ?? [])];
    const isHere = due?.relationId === relation.id;
    const joining = isHere && due.kind === 'joined' ? [due.remoteUnit] : [];
    const leaving = isHere && due.kind === 'departed' ? due.remoteUnit : '';
    return Object.fromEntries(
      [...seen, ...joining]
        .filter((name) => name !== leaving)
        .map((name) => [name, this.bag(relation.id, name)]),
    );
  }

  /** What a unit has to be told next, or null. Of several, `pick` chooses. */
  #due(unit: UnitState, pick = 0): DueEvent | null {
    const due = [...this.relations.values()].flatMap((relation) => this.#dueIn(unit, relation));
    if (unit.isWoken) {
      due.push({ kind: 'wake', relationId: 0, remoteUnit: '', departingUnit: '' });
    }
    return due[pick % Math.max(1, due.length)] ?? null;
  }

  #dueIn(unit: UnitState, relation: Relation): readonly DueEvent[] {
    const seen = unit.relations.get(relation.id);
    const other = this.#other(unit.side).application;
    const of = (kind: DueEvent['kind'], remoteUnit: string): DueEvent => ({
      kind,
      relationId: relation.id,
      remoteUnit,
      departingUnit: kind === 'departed' ? remoteUnit : '',
    });
    if (seen === undefined) return [];
    const present = relation.isBroken ? [] : this.unitsOf(other);
    // A unit that has joined is changed next, before anything else of it, as its version stands at -1.
    const due = [
      ...[...seen.units.keys()]
        .filter((name) => !present.includes(name))
        .map((name) => of('departed', name)),
      ...present.filter((name) => !seen.units.has(name)).map((name) => of('joined', name)),
      ...present
        .filter((name) => (seen.units.get(name) ?? Infinity) < this.#version(relation, name))
        .map((name) => of('changed', name)),
    ];
    if (relation.isBroken) return due.length > 0 ? due : [of('broken', '')];
    if (seen.applicationVersion < this.#version(relation, other)) due.push(of('changed', ''));
    return due;
  }

  #commit(unit: UnitState, endpoint: FakeEndpoint, due: DueEvent): void {
    unit.store = endpoint.store;
    unit.flags = endpoint.flags;
    for (const fake of endpoint.all) {
      const bags = this.relations.get(fake.id)?.bags;
      const own = bags?.get(unit.name);
      const application = bags?.get(unit.side.application);
      if (own !== undefined) this.#put(own, fake.ownUnit);
      if (application !== undefined && endpoint.leader) this.#put(application, fake.ownApplication);
    }
    const relation = this.relations.get(due.relationId);
    const seen = unit.relations.get(due.relationId);
    if (due.kind === 'wake') unit.isWoken = false;
    if (relation === undefined || seen === undefined) return;
    if (due.kind === 'broken') unit.relations.delete(due.relationId);
    if (due.kind === 'departed') seen.units.delete(due.remoteUnit);
    if (due.kind === 'joined') seen.units.set(due.remoteUnit, -1);
    if (due.kind !== 'changed') return;
    if (due.remoteUnit === '') {
      seen.applicationVersion = this.#version(relation, this.#other(unit.side).application);
    } else seen.units.set(due.remoteUnit, this.#version(relation, due.remoteUnit));
  }

  #enter(relation: Relation, name: string, juju: Settings): void {
    relation.bags.set(name, { settings: juju, version: 0 });
    this.#unit(name).relations.set(relation.id, { units: new Map(), applicationVersion: 0 });
  }

  #put(bag: Bag, settings: Settings): void {
    const text = (each: Settings): string =>
      JSON.stringify(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)));
    if (text(bag.settings) === text(settings)) return;
    bag.settings = settings;
    bag.version += 1;
  }

  #version(relation: Relation, owner: string): number {
    return relation.bags.get(owner)?.version ?? 0;
  }

  #other(side: Side): Side {
    return this.#sides[0] === side ? this.#sides[1] : this.#sides[0];
  }

  #unit(name: string): UnitState {
    const unit = this.units.get(name);
    if (unit === undefined) throw new Error(`no unit ${name}`);
    return unit;
  }
}
