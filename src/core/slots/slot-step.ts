// One step towards the slots that should be.

import type { Lsn } from '#core/postgres/lsn.ts';

export type SlotStep =
  | { readonly kind: 'create-physical'; readonly name: string; readonly why: string }
  | { readonly kind: 'drop'; readonly name: string; readonly why: string }
  | {
      readonly kind: 'advance-physical';
      readonly name: string;
      readonly to: Lsn;
      readonly why: string;
    };
