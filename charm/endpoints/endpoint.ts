// One endpoint of the charm in one hook: its relations, the event under way, the flags that follow
// from both, and a store of its own. It is what a relation protocol is given.
//
// Flags: `endpoint.<name>.joined` while any unit is there; `.changed` and `.changed.<key>` in the
// hook that brings the change, and in no other, so that nobody has to clear them; `.departed` from
// the hook in which a unit went until the next one in which units are there.

import type {
  EndpointPort,
  FlagsPort,
  RelationEventPort,
  RelationPort,
  StorePort,
} from '#interfaces/ports.ts';
import type { HookContext } from '../context/hook-context.ts';
import { hashText } from '../reactive/digest.ts';
import { BagMemory } from './bag-memory.ts';
import type { MembershipTools, NewMember, RelationMembers } from './membership.ts';
import { Membership } from './membership.ts';
import { prefixedStore } from './prefixed-store.ts';
import type { RelationViewTools } from './relation-view.ts';
import { RelationView } from './relation-view.ts';

export interface EndpointSurroundings {
  readonly hook: HookContext;
  readonly tools: MembershipTools & RelationViewTools;
  readonly flags: FlagsPort;
  readonly store: StorePort;
  readonly log: { warning(message: string): void };
}

/** The families of flags of an endpoint that hold for one hook and are not stored. */
export function volatileFamilies(endpoint: string): readonly string[] {
  return [`endpoint.${endpoint}.changed`];
}

export class Endpoint implements EndpointPort {
  readonly name: string;
  readonly localUnit: string;
  readonly localApplication: string;
  readonly flags: FlagsPort;
  readonly store: StorePort;
  readonly #around: EndpointSurroundings;
  readonly #membership: Membership;
  readonly #views = new Map<number, RelationView>();

  constructor(name: string, around: EndpointSurroundings) {
    this.name = name;
    this.localUnit = around.hook.unitName;
    this.localApplication = around.hook.applicationName;
    this.flags = around.flags;
    this.store = prefixedStore(around.store, `endpoints.${name}.`);
    this.#around = around;
    this.#membership = new Membership(around.store, name);
  }

  get relations(): readonly RelationPort[] {
    const broken = this.event?.kind === 'broken' ? this.event.relation.id : null;
    return this.#membership
      .relations()
      .filter((members) => members.id !== broken)
      .map((members) => this.#view(members));
  }

  /** Also gives the relation that is being broken, in its own hook. */
  relation(id: number): RelationPort | null {
    const members = this.#membership.relation(id);
    return members === null ? null : this.#view(members);
  }

  get event(): RelationEventPort | null {
    const context = this.#around.hook.relation;
    if (context === null || context.endpoint !== this.name || context.event === null) return null;
    const relation = this.relation(context.id);
    if (relation === null) return null;
    const { event: kind, remoteUnit, departingUnit } = context;
    return { kind, relation, remoteUnit, departingUnit };
  }

  isLeader(): boolean {
    return this.#around.tools.isLeader();
  }

  warn(message: string): void {
    this.#around.log.warning(`${this.name}: ${message}`);
  }

  /** Prepares the endpoint for this hook; before any handler or protocol. */
  begin(): void {
    const { hook, tools, flags } = this.#around;
    const found = this.#membership.begin(hook, tools);
    if (hook.kind === 'hook' && hook.dispatchName === 'upgrade-charm') {
      const ids = new Set(this.#membership.relations().map((members) => members.id));
      this.#memory('').keepOnly(ids);
    }
    const isJoined = this.#membership.joinedUnits() > 0;
    this.#noteChanges(found);
    flags.toggle(`endpoint.${this.name}.joined`, isJoined);
    const departed = `endpoint.${this.name}.departed`;
    if (this.event?.kind === 'departed') flags.set(departed);
    else if (isJoined && flags.isSet(departed)) flags.clear(departed);
  }

  /** Forgets what is gone; after all handlers, which may still want to read it. */
  end(): void {
    const { event } = this;
    if (event === null) return;
    const memory = this.#memory(event.relation.remoteApplication);
    if (event.kind === 'departed') memory.forget(event.relation.id, event.remoteUnit);
    if (event.kind === 'broken') memory.forgetRelation(event.relation.id);
    this.#membership.end(this.#around.hook);
  }

  /** Looks at the bags this hook is about: the event's own, and those of units seen for the first time. */
  #noteChanges(found: readonly NewMember[]): void {
    const looked = new Set<string>();
    const look = (relation: RelationPort, entity: string): void => {
      const place = `${relation.id} ${entity}`;
      if (looked.has(place)) return;
      looked.add(place);
      this.#noteBag(relation, entity);
    };
    const { event } = this;
    if (event?.kind === 'joined' || event?.kind === 'changed') {
      look(event.relation, event.remoteUnit || event.relation.remoteApplication);
    }
    for (const { relation, unit } of found) look(this.#view(relation), unit);
  }

  #noteBag(relation: RelationPort, entity: string): void {
    const settings =
      entity === relation.remoteApplication
        ? relation.remoteApplicationSettings()
        : relation.remoteUnitSettings(entity);
    const keys = this.#memory(relation.remoteApplication).look(relation.id, entity, settings);
    if (keys.length === 0) return;
    const changed = `endpoint.${this.name}.changed`;
    this.flags.set(changed);
    for (const key of keys) this.flags.set(`${changed}.${key}`);
  }

  #memory(remoteApplication: string): BagMemory {
    const isPeer = remoteApplication === this.localApplication;
    return new BagMemory(this.#around.store, this.name, isPeer ? hashText : null);
  }

  #view(members: RelationMembers): RelationView {
    const known = this.#views.get(members.id);
    if (known !== undefined) return known;
    const view = new RelationView({
      endpoint: this.name,
      members,
      localUnit: this.localUnit,
      localApplication: this.localApplication,
      tools: this.#around.tools,
      memory: this.#memory(members.remoteApplication),
    });
    this.#views.set(members.id, view);
    return view;
  }
}
