// The conversations of an endpoint: which unit belongs to which, when they begin and when they end.
// A protocol that wants them calls `join` before the handlers and `depart` after them.

import type { EndpointPort } from '#interfaces/ports.ts';
import type { Flags } from '../reactive/flag-set.ts';
import { Conversation, conversationsBehind, readRow, rowPrefix } from './conversation.ts';

/**
 * Who is talked to as one: each unit by itself, all units of an application on one relation, or
 * everyone on the endpoint.
 */
export type ConversationScope = 'unit' | 'service' | 'global';

export class Conversations {
  readonly #endpoint: EndpointPort;
  readonly #flags: Flags;
  readonly #scope: ConversationScope;

  constructor(endpoint: EndpointPort, flags: Flags, scope: ConversationScope) {
    this.#endpoint = endpoint;
    this.#flags = flags;
    this.#scope = scope;
  }

  /**
   * Takes the unit of the event under way into its conversation, which begins with its first unit.
   * Null where the event names no unit: then nobody joins (T23).
   */
  join(): Conversation | null {
    const { event } = this.#endpoint;
    if (event === null || event.remoteUnit === '') return null;
    const conversation = this.#of(
      event.relation.name,
      event.relation.remoteApplication,
      event.remoteUnit,
    );
    // A departing unit is only looked for: joining it would bring back what has ended.
    if (event.kind !== 'departed') conversation.join(event.relation.name, event.remoteUnit);
    return conversation.exists ? conversation : null;
  }

  /** Takes out who left in this hook; after the handlers, which may still speak of them. */
  depart(): void {
    const { event } = this.#endpoint;
    if (event?.kind === 'departed') {
      for (const one of this.all()) one.leave(event.relation.name, event.remoteUnit);
    }
    if (event?.kind === 'broken') {
      for (const one of this.all()) one.leave(event.relation.name, null);
    }
  }

  /** All conversations, in the order of their keys. */
  all(): readonly Conversation[] {
    return this.#endpoint.store
      .entries(rowPrefix)
      .map(([, value]) => readRow(value))
      .filter((row) => row !== null)
      .map((row) => this.#make(row.namespace, row.scope));
  }

  /** The conversations behind a flag; those that have ended since are left out. */
  behind(flag: string): readonly Conversation[] {
    const keys = conversationsBehind(this.#flags, flag);
    return this.all().filter((one) => keys.includes(one.key));
  }

  /**
   * One conversation: that of `scope` (a unit's or an application's name), on one relation where the
   * same application is related several times; without arguments that of the event under way.
   * @throws RangeError where there is none, or several and no relation is named
   */
  conversation(scope?: string, relation?: string): Conversation {
    const wanted = scope ?? this.#currentScope();
    const namespace =
      relation ?? (scope === undefined ? this.#endpoint.event?.relation.name : undefined);
    const found = this.all().filter((one) => {
      return (
        one.scope === wanted &&
        (namespace === undefined || one.namespace === namespace || this.#scope === 'global')
      );
    });
    const [first, ...more] = found;
    if (first !== undefined && more.length === 0) return first;
    throw new RangeError(
      first === undefined
        ? `Cannot find a conversation of ${this.#endpoint.name} with '${wanted}': no unit of it has joined`
        : `Cannot choose a conversation of ${this.#endpoint.name} with '${wanted}': there are ${found.length} (${found.map((one) => one.namespace).join(', ')}), name the relation too`,
    );
  }

  #currentScope(): string {
    if (this.#scope === 'global') return 'global';
    const { event } = this.#endpoint;
    const scope = this.#scope === 'unit' ? event?.remoteUnit : event?.relation.remoteApplication;
    if (scope !== undefined && scope !== '') return scope;
    throw new RangeError(
      `Cannot tell which conversation of ${this.#endpoint.name} is meant: this hook is about no ${this.#scope}, name one`,
    );
  }

  #of(relation: string, application: string, unit: string): Conversation {
    switch (this.#scope) {
      case 'unit':
        return this.#make(relation, unit);
      case 'service':
        return this.#make(relation, application);
      case 'global':
        return this.#make(this.#endpoint.name, 'global');
      default:
        return this.#scope satisfies never;
    }
  }

  #make(namespace: string, scope: string): Conversation {
    return new Conversation(this.#endpoint, this.#flags, namespace, scope);
  }
}
