// What a unit's agent does next: contract 2.2 as one ordered list of rules. The list is the decision;
// nothing else in this folder chooses.

import type { Choose } from '../../random.ts';
import type { UniterState } from '../model.ts';
import type { Operation } from './operation.ts';
import { deployCharm, recoverInterrupted, reportIdle } from './rules/agent-rules.ts';
import { resumeUpgrade, startAfterReboot, stopWhenRemoved } from './rules/agent-rules.ts';
import { doneHook, failedHook, hookWithoutRelation, queuedHook } from './rules/failure-rules.ts';
import { acceptLeadership, resignLeadership } from './rules/leadership-rules.ts';
import { configChanged, install, relationNews, tearDown } from './rules/life-rules.ts';
import { updateStatus, upgrade } from './rules/life-rules.ts';
import { followScope, relationCreated } from './rules/relation-rules.ts';
import type { Rule } from './rules/rule.ts';
import { secretChanged, secretExpired, secretRemove, secretRotate } from './rules/secret-rules.ts';
import { storageHook } from './rules/storage-rules.ts';
import { runAction, runCommands } from './rules/task-rules.ts';
import type { RemoteSnapshot } from './snapshot.ts';

/** Something to do, or the reason why a unit that may not go on has to wait. */
export type NextStep =
  | Operation
  | { readonly kind: 'wait'; readonly rule: string; readonly why: string };

export const rules: readonly Rule[] = [
  stopWhenRemoved,
  recoverInterrupted,
  startAfterReboot,
  resumeUpgrade,
  deployCharm,
  relationCreated,
  followScope,
  resignLeadership,
  acceptLeadership,
  secretExpired,
  secretRotate,
  secretChanged,
  secretRemove,
  runAction,
  runCommands,
  storageHook,
  hookWithoutRelation,
  failedHook,
  queuedHook,
  doneHook,
  tearDown,
  install,
  upgrade,
  configChanged,
  relationNews,
  updateStatus,
  reportIdle,
];

/**
 * The operation a unit runs next, or null when it has nothing to do. To be asked only of a unit that has
 * nothing under way: a record of something pending then means that the agent died with it (E86).
 */
export function nextOperation(
  local: UniterState,
  remote: RemoteSnapshot,
  choose: Choose,
): Operation | null {
  const step = nextStep(local, remote, choose);
  return step.kind === 'wait' ? null : step;
}

/**
 * As `nextOperation`, with the reason when there is nothing to do. `table` is there for tests that show
 * what breaks when a rule is missing or out of place.
 */
export function nextStep(
  local: UniterState,
  remote: RemoteSnapshot,
  choose: Choose,
  table: readonly Rule[] = rules,
): NextStep {
  const view = { local, remote, choose };
  for (const rule of table) {
    const verdict = rule.decide(view);
    if (verdict === null) continue;
    if ('wait' in verdict) return { kind: 'wait', rule: rule.name, why: verdict.wait };
    return { ...verdict.operation, rule: rule.name, why: verdict.why };
  }
  return { kind: 'wait', rule: 'idle', why: `${remote.unit} has nothing to do` };
}
