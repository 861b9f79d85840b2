// The types and the vocabulary of this charm's handlers.

import type { CharmContext } from '#charm/charm.ts';
import { reactive, type Reactive } from '#charm/reactive/reactive.ts';
import type { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import type { Flag } from './flags.ts';
import type { Services } from './services.ts';

export interface Endpoints {
  readonly db: PostgreSQLClient;
}

export type Context = CharmContext<Flag, Services, Endpoints>;

/** The words handlers are written with. */
export const words: Reactive<Flag, Context> = reactive<Flag, Services, Endpoints>();
