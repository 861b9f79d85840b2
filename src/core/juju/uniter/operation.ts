// The words the uniter speaks: what a unit's agent can be told to do next, and how it can end.

import type { HookInfo, RelationId, StorageId, TaskStatus } from '../model.ts';

/**
 * Work that takes a process or the unpacking of files. `beginOperation` records it as Pending; it is over
 * when `finishOperation` or `interruptOperation` says so.
 */
export type LongOperation =
  | {
      readonly kind: 'run-hook';
      readonly hook: HookInfo;
    }
  | { readonly kind: 'run-action'; readonly task: string }
  /** `juju-exec` called on the unit's own machine (H252); `commands` is the caller's id for it. */
  | { readonly kind: 'run-commands'; readonly commands: string }
  /** Unpack this charm: a unit's first, or over the one that is there (L20, L34, L35). */
  | { readonly kind: 'upgrade'; readonly charmUrl: string; readonly charmModified: number };

/** Changes of the agent's record only: `beginOperation` is all there is to them. */
export type InstantOperation =
  | { readonly kind: 'accept-leadership' }
  | { readonly kind: 'resign-leadership' }
  /** The hook counts as done without having run, as `resolve --no-retry` asks (E84). */
  | { readonly kind: 'skip-hook' }
  /** The hook ran and its changes were flushed, but the agent died before it took note (E13). */
  | { readonly kind: 'commit-hook' }
  /** Something was under way when the agent died (E86). */
  | { readonly kind: 'recover' }
  | { readonly kind: 'record-boot' }
  /** Relations whose hooks never fire here still have a scope (L50, L51). */
  | { readonly kind: 'enter-scope'; readonly relation: RelationId }
  | { readonly kind: 'leave-scope'; readonly relation: RelationId }
  /** Storage that goes before it was ever attached (L64). */
  | { readonly kind: 'forget-storage'; readonly storage: StorageId }
  /** A dying unit that was never installed has no hooks left to run. */
  | { readonly kind: 'finish-removal' }
  | { readonly kind: 'report-idle' };

/** One thing for one unit to do, the name of the rule that asked for it, and the reason in words. */
export type Operation = (LongOperation | InstantOperation) & {
  readonly rule: string;
  readonly why: string;
};

/**
 * How a long operation ended.
 *
 * - `success`: exit 0 and its changes were committed, or the files were unpacked.
 * - `missing`: the charm has no such hook, which is as good as success (E4).
 * - `failed`: exit other than 0, death by a signal, or a refused commit (E12, E64).
 * - `terminated`: killed by SIGTERM or SIGKILL, or for a reboot: the hook runs again (E11, E120).
 * - `action`: the outcome of a task, which never puts the unit in error (E115).
 */
export type Outcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'terminated' }
  | {
      readonly kind: 'action';
      readonly status: Extract<TaskStatus, 'completed' | 'failed' | 'aborted'>;
      readonly message: string;
      readonly results: Readonly<Record<string, unknown>>;
    };

const longKinds: readonly string[] = ['run-hook', 'run-action', 'run-commands', 'upgrade'];

/** True for an operation that is over once `beginOperation` returns. */
export function isInstant(operation: Operation): boolean {
  return !longKinds.includes(operation.kind);
}
