// Rules about a hook that is not over: failed, queued, or run and not yet committed. While one is failed
// no other hook runs (E85): what stands after these rules in the list is not reached.

import type { HookInfo } from '../../model.ts';
import type { Rule, Verdict, View } from './rule.ts';
import { isFailed } from './rule.ts';

/** E82-E85: forced upgrade, then the user's word, then the clock; otherwise everything waits. */
export const failedHook: Rule = {
  name: 'failed-hook',
  decide: (view) => {
    if (!isFailed(view)) return null;
    const { remote, local } = view;
    const hook = hookOf(view);
    const { charmUrl, charmModified } = remote;
    const isNewer = local.charmUrl !== charmUrl || local.charmModified !== charmModified;
    if (remote.forceUnits && isNewer) {
      return {
        operation: { kind: 'upgrade', charmUrl, charmModified },
        why: `the user forces ${charmUrl} upon units in error`,
      };
    }
    switch (remote.resolved) {
      case 'no-retry':
        return {
          operation: { kind: 'skip-hook' },
          why: `the user takes the failed ${hook.kind} hook for done`,
        };
      case 'retry':
        return again(hook, 'the user asked for another try');
      case null:
        if (remote.retryDue) return again(hook, 'it is time for the next try');
        return { wait: `${remote.unit} waits to retry its failed ${hook.kind} hook` };
      default:
        return remote.resolved satisfies never;
    }
  },
};

/**
 * A forced removal can take a relation away under a hook that waits to be run. There is nothing left to
 * give the hook, and nothing it could still learn, so it counts as done.
 */
export const hookWithoutRelation: Rule = {
  name: 'hook-without-relation',
  decide: ({ local, remote }) => {
    const { kind, step, hook } = local;
    if (kind !== 'run-hook' || step === 'done' || hook === null || !('relation' in hook))
      return null;
    if (remote.relations.some((relation) => relation.id === hook.relation)) return null;
    return {
      operation: { kind: 'skip-hook' },
      why: `relation ${hook.relation} was removed before its ${hook.kind} hook could run`,
    };
  },
};

/** E11, L24: a queued hook runs before anything that could be due beside it. */
export const queuedHook: Rule = {
  name: 'queued-hook',
  decide: (view) => {
    if (view.local.kind !== 'run-hook' || view.local.step !== 'queued') return null;
    return again(hookOf(view), 'it was queued by the hook before it, or was killed');
  },
};

/** E13: what ran and was flushed is not run again. */
export const doneHook: Rule = {
  name: 'done-hook',
  decide: ({ local }) =>
    local.kind === 'run-hook' && local.step === 'done'
      ? { operation: { kind: 'commit-hook' }, why: 'the hook ran before the agent stopped' }
      : null,
};

function again(hook: HookInfo, why: string): Verdict {
  return { operation: { kind: 'run-hook', hook }, why };
}

function hookOf({ local, remote }: View): HookInfo {
  if (local.hook !== null) return local.hook;
  throw new Error(
    `Cannot go on with the hook of ${remote.unit} as its record says run-hook and names none`,
  );
}
