// One conversation: the units at the other end that are talked to as one, what was said to them, and
// the flags that stand for them. Which units belong together is decided by its scope.

import type { EndpointPort, RelationPort } from '#interfaces/ports.ts';
import type { Flags } from '../reactive/flag-set.ts';

/** A conversation as it is kept in the endpoint's store. */
export interface ConversationRow {
  /** The relation's name, or the endpoint's for a conversation over all of its relations. */
  readonly namespace: string;
  readonly scope: string;
  /** Units by the relation they are on: one application may be related twice (#28, #61). */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Flags this conversation is noted on. */
  readonly states: readonly string[];
}

/** Local facts are under a prefix of their own, so that no scope can be mistaken for a fact. */
export const rowPrefix = 'conversation.';
const localPrefix = 'conversation-data.';

/** A set flag's value when conversations stand behind it. */
interface FlagValue {
  readonly relation: string;
  readonly conversations: readonly string[];
}

export class Conversation {
  /** Namespace and scope with a dot between, for example `db:7.client/0`. */
  readonly key: string;
  readonly namespace: string;
  readonly scope: string;
  readonly #endpoint: EndpointPort;
  readonly #flags: Flags;

  constructor(endpoint: EndpointPort, flags: Flags, namespace: string, scope: string) {
    this.key = `${namespace}.${scope}`;
    this.namespace = namespace;
    this.scope = scope;
    this.#endpoint = endpoint;
    this.#flags = flags;
  }

  get exists(): boolean {
    return readRow(this.#endpoint.store.get(rowPrefix + this.key)) !== null;
  }

  /** All units of the conversation. */
  get units(): readonly string[] {
    return [...new Set(Object.values(this.row().members).flat())];
  }

  /** Sets a flag for this conversation; others may stand behind it as well. */
  setState(state: string): void {
    const flag = this.#expand(state);
    const others = this.#behind(flag).filter((key) => key !== this.key);
    const value = { relation: this.#endpoint.name, conversations: [...others, this.key] };
    this.#flags.set(flag, value satisfies FlagValue);
    const row = this.row();
    if (!row.states.includes(flag)) this.put({ ...row, states: [...row.states, flag] });
  }

  /** Takes this conversation off the flag, which is cleared when no other is left behind it. */
  removeState(state: string): void {
    const flag = this.#expand(state);
    const others = this.#behind(flag).filter((key) => key !== this.key);
    if (others.length === 0) this.#flags.clear(flag);
    else this.#flags.set(flag, { relation: this.#endpoint.name, conversations: others });
    const row = this.row();
    if (row.states.includes(flag)) {
      this.put({ ...row, states: row.states.filter((one) => one !== flag) });
    }
  }

  /** Whether the flag is set for this conversation. */
  isState(state: string): boolean {
    return this.#behind(this.#expand(state)).includes(this.key);
  }

  /** Sets or removes the flag; without `on` it inverts. */
  toggleState(state: string, on: boolean = !this.isState(state)): void {
    if (on) this.setState(state);
    else this.removeState(state);
  }

  /** Writes to our bag of every relation of the conversation; null takes a key away. */
  setRemote(change: Readonly<Record<string, string | null>>): void {
    for (const relation of this.#relations()) relation.setUnit(change);
  }

  /**
   * The first value that is not empty among the conversation's units, relation by relation; else
   * `fallback`. The bag of a unit that departs in this hook is still read.
   */
  getRemote(key: string, fallback: string | null = null): string | null {
    const { members } = this.row();
    for (const relation of this.#relations()) {
      const mine = Object.hasOwn(members, relation.name) ? (members[relation.name] ?? []) : [];
      for (const unit of mine) {
        const settings = relation.remoteUnitSettings(unit);
        const value = Object.hasOwn(settings, key) ? settings[key] : undefined;
        if (value !== undefined && value !== '') return value;
      }
    }
    return fallback;
  }

  /** Keeps a fact about this conversation; null forgets it. */
  setLocal(key: string, value: unknown): void {
    const name = `${localPrefix}${this.key}.${key}`;
    if (value === null) this.#endpoint.store.unset(name);
    else this.#endpoint.store.set(name, value);
  }

  /** A fact kept with `setLocal`; undefined where there is none. */
  getLocal(key: string): unknown {
    return this.#endpoint.store.get(`${localPrefix}${this.key}.${key}`);
  }

  /** Takes a unit in. */
  join(relation: string, unit: string): void {
    const row = this.row();
    const units = Object.hasOwn(row.members, relation) ? (row.members[relation] ?? []) : [];
    if (units.includes(unit) && this.exists) return;
    this.put({ ...row, members: { ...row.members, [relation]: [...units, unit].sort() } });
  }

  /** Takes a unit out, or with null all of the relation. With the last one everything is forgotten. */
  leave(relation: string, unit: string | null): void {
    const row = this.row();
    const rest = Object.entries(row.members)
      .map(([name, units]) => {
        const isLeft = (one: string): boolean =>
          name !== relation || (unit !== null && one !== unit);
        return [name, units.filter((one) => isLeft(one))] as const;
      })
      .filter(([, units]) => units.length > 0);
    if (rest.length > 0) {
      this.put({ ...row, members: Object.fromEntries(rest) });
      return;
    }
    for (const state of row.states) this.removeState(state);
    const { store } = this.#endpoint;
    for (const [key] of store.entries(`${localPrefix}${this.key}.`)) store.unset(key);
    store.unset(rowPrefix + this.key);
  }

  row(): ConversationRow {
    const { namespace, scope } = this;
    const kept = readRow(this.#endpoint.store.get(rowPrefix + this.key));
    return kept ?? { namespace, scope, members: {}, states: [] };
  }

  put(row: ConversationRow): void {
    this.#endpoint.store.set(rowPrefix + this.key, row);
  }

  #relations(): readonly RelationPort[] {
    const { event } = this.#endpoint;
    return Object.keys(this.row().members)
      .map((name) => Number(name.slice(name.lastIndexOf(':') + 1)))
      .sort((one, other) => one - other)
      .map((id) => (event?.relation.id === id ? event.relation : this.#endpoint.relation(id)))
      .filter((relation) => relation !== null);
  }

  #behind(flag: string): readonly string[] {
    const value = this.#flags.value(flag);
    return isFlagValue(value) ? value.conversations : [];
  }

  #expand(state: string): string {
    return state.replaceAll('{relation_name}', this.#endpoint.name);
  }
}

/** The keys of the conversations behind a flag; none for a flag that was set by hand (T41). */
export function conversationsBehind(flags: Flags, flag: string): readonly string[] {
  const value = flags.value(flag);
  return isFlagValue(value) ? value.conversations : [];
}

function isFlagValue(value: unknown): value is FlagValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'conversations' in value &&
    Array.isArray(value.conversations)
  );
}

/** Reads a row as it was kept; null where there is none. */
export function readRow(value: unknown): ConversationRow | null {
  if (typeof value !== 'object' || value === null) return null;
  // Only this file writes rows, and always whole.
  return 'members' in value && 'states' in value ? (value as ConversationRow) : null;
}
