// What a server of the model needs of the world around it.

import type { Random } from '#core/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../net/network.ts';
import type { SlotAsked } from './slot-asked.ts';
import type { PostgresServer } from './server.ts';
import type { WalRecord } from './wal.ts';

export interface ServerWorld {
  readonly engine: Engine;
  readonly network: Network;
  readonly random: Random;
  /** A number nobody has had before. */
  readonly nextId: () => number;
  /** Where transaction ids begin, so that some runs see them go round. */
  readonly xidBase: number;
  /** The server on a machine; null where there is no such machine. */
  readonly serverOn: (machine: string) => PostgresServer | null;
  readonly events: ServerEvents;
}

/** What whoever watches a run is told. */
export interface ServerEvents {
  /** It accepts writes from now on. */
  onAccepting(server: PostgresServer): void;
  onPromoted(server: PostgresServer): void;
  /** Something happened that must never happen. */
  onBreach(server: PostgresServer, what: string): void;
  onNote(server: PostgresServer, what: string): void;
  /** An agent is about to stop it. */
  onStopping(server: PostgresServer): void;
  /** An agent has something done to a slot of its server. */
  onSlotAsked(server: PostgresServer, asked: SlotAsked): void;
}

/** A client is told of its write; `unknown`: the connection broke before it was. */
export type WriteAnswer =
  | { readonly kind: 'acknowledged'; readonly record: WalRecord }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };
