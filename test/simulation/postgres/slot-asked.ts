// What an agent has done to slots of its server, for whoever watches.

import type { Slot } from './slot-table.ts';

export type SlotAsked =
  | { readonly kind: 'create-physical'; readonly name: string }
  /** Before it is waited for, and once it is there. */
  | { readonly kind: 'create-logical'; readonly name: string }
  | { readonly kind: 'created-logical'; readonly slot: Slot }
  /** The slot as it was. */
  | { readonly kind: 'drop'; readonly slot: Slot; readonly why: string }
  | { readonly kind: 'advance'; readonly name: string; readonly to: number }
  | { readonly kind: 'advanced' | 'advance-failed'; readonly name: string }
  | { readonly kind: 'install'; readonly states: readonly Uint8Array[] };
