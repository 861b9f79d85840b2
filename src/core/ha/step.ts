// What a rule may ask for. The agent carries a step out, adds what came of it to `Learned`, and asks the rules
// again, until one of them says `done`. Being cut between any two steps is always safe.

import type { Lsn } from '#core/postgres/lsn.ts';
import type { SyncStep } from '#core/sync/plan-sync.ts';
import type { DemoteMode } from './demotion.ts';
import type { BootstrapSource } from './bootstrap-source.ts';
import type { Memory } from './world.ts';
import type { Upstream } from './values.ts';

/** A long action, started by a rule and running beside the turns. */
export type ActionRequest =
  | { readonly kind: 'bootstrap' }
  | { readonly kind: 'post-bootstrap' }
  | { readonly kind: 'clone'; readonly source: BootstrapSource }
  | { readonly kind: 'promote'; readonly isStandbyLeader: false }
  /** A planned handover: the candidate, or anybody, first catches up. Forced: also without. */
  | { readonly kind: 'step-down'; readonly candidate: string | null; readonly isForced: boolean }
  | { readonly kind: 'demote'; readonly mode: DemoteMode }
  | { readonly kind: 'start-primary' }
  /** Upstream null: it follows nobody, and is read-only. */
  | {
      readonly kind: 'start-standby';
      readonly role: 'replica' | 'standby_leader';
      readonly upstream: Upstream | null;
    }
  | { readonly kind: 'crash-recovery' }
  | { readonly kind: 'rewind'; readonly leader: Upstream }
  | {
      readonly kind: 'rejoin-by-clone';
      readonly source: BootstrapSource;
      readonly isRemoving: boolean;
    };

/** Steps with which a turn ends. */
export type EndingStep =
  /** `wakeInMs`: the next turn comes no later than that. */
  | { readonly kind: 'done'; readonly message: string; readonly wakeInMs?: number }
  | {
      readonly kind: 'start-action';
      readonly action: ActionRequest;
      readonly name: string;
      readonly message: string;
    }
  | { readonly kind: 'cancel-action' }
  /** Ends the process, leaving PostgreSQL as it is. */
  | { readonly kind: 'exit'; readonly message: string }
  | { readonly kind: 'finish-bootstrap' }
  | { readonly kind: 'cancel-bootstrap' }
  /** Gives the leader key up. */
  | {
      readonly kind: 'release-lock';
      readonly lastLsn: Lsn | null;
      readonly message: string;
      readonly wakeInMs?: number;
    }
  /** Points a running standby elsewhere, by reload where that is enough. */
  | {
      readonly kind: 'follow';
      readonly role: 'replica' | 'standby_leader';
      readonly upstream: Upstream | null;
      readonly message: string;
      readonly wakeInMs?: number;
    }
  /** The server is a primary already and stays one. */
  | { readonly kind: 'confirm-primary'; readonly message: string; readonly wakeInMs?: number };

/** Steps that ask or tell somebody, after which the rules are asked again. */
export type AskingStep =
  | { readonly kind: 'remember'; readonly memory: Partial<Memory> }
  | { readonly kind: 'touch-member' }
  | { readonly kind: 'race-initialize' }
  | { readonly kind: 'write-initialize'; readonly createNew: boolean; readonly systemId: string }
  | { readonly kind: 'write-config' }
  | { readonly kind: 'refresh-lock' }
  | { readonly kind: 'acquire-lock' }
  | { readonly kind: 'clear-failover'; readonly keepCandidate: boolean }
  | { readonly kind: 'ask-peers'; readonly names: readonly string[] }
  | { readonly kind: 'ask-failsafe' }
  /** Counts the failsafe answers as a renewed lease. */
  | { readonly kind: 'extend-lease' }
  | { readonly kind: 'watchdog'; readonly to: 'activate' | 'disable' }
  | { readonly kind: 'read-rewind-facts'; readonly leader: Upstream }
  | { readonly kind: 'sync'; readonly step: SyncStep };

export type Step = EndingStep | AskingStep;

const endings: Readonly<Record<EndingStep['kind'], true>> = {
  done: true,
  'start-action': true,
  'cancel-action': true,
  exit: true,
  'finish-bootstrap': true,
  'cancel-bootstrap': true,
  'release-lock': true,
  follow: true,
  'confirm-primary': true,
};

export function isEnding(step: Step): step is EndingStep {
  return Object.hasOwn(endings, step.kind);
}
