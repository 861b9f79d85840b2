// The start of a hook: the last look at leadership, the scope it enters, and the statuses the unit shows
// while it runs. The record says Pending from here on, so that a dead agent's hook is noticed (E13).

import { unitNamed } from '../find.ts';
import type { HookInfo, Millis, Model, UnitName } from '../model.ts';
import { own, withKey } from '../own.ts';
import { enterScope } from '../relation-scope.ts';
import { hookName, remoteUnitOf } from './hook-name.ts';
import { leadershipOf } from './leases.ts';
import { withAgentStatus, withRelationRecord, withUnit, withUniter } from './record.ts';
import { latestRevisionNumber } from './secret-snapshot.ts';
import { remoteSnapshot } from './snapshot.ts';
import { showWorkloadBegin } from './workload-status.ts';

/** Records the hook as Pending; or passes over it when only a leader runs it and the unit leads no more. */
export function beginHook(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  if (needsLeader(model, unit, hook)) {
    const { leader, model: renewed } = leadershipOf(model, unit, now);
    // L74, E15: no process runs and nothing of the hook is recorded but that it is over.
    if (!leader) {
      return withUnit(model, unit, {
        resolved: null,
        uniter: { ...unitNamed(model, unit).uniter, kind: 'continue', step: 'pending', ...noHook },
      });
    }
    return showPending(renewed, unit, hook, now);
  }
  const prepared =
    hook.kind === 'relation-created' ? enterIfOpen(model, unit, hook.relation, now) : model;
  return showPending(prepared, unit, hook, now);
}

const noHook = { hook: null, failure: null } as const;

function showPending(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  const pending = withUniter(recordShown(model, unit, hook, now), unit, {
    kind: 'run-hook',
    step: 'pending',
    hook,
  });
  const resolved = withUnit(pending, unit, { resolved: null });
  return showWorkloadBegin(showAgent(resolved, unit, hook, now), unit, hook, now);
}

/**
 * Takes note of what the charm is about to be shown. It is done now and not at the end: what changes
 * while the hook runs is news again. A retry comes through here too and takes the newest (E83).
 */
function recordShown(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  if (hook.kind === 'config-changed') {
    const { configHash, trustHash, addressHash } = remoteSnapshot(model, unit, now);
    return withUniter(model, unit, { configHash, trustHash, addressHash });
  }
  if (hook.kind === 'start') {
    return withUniter(model, unit, { bootId: remoteSnapshot(model, unit, now).bootId });
  }
  const secret = hook.kind === 'secret-changed' ? own(model.secrets, hook.secret) : undefined;
  if (secret === undefined) return model;
  const { secretsSeen } = unitNamed(model, unit).uniter;
  return withUniter(model, unit, {
    secretsSeen: withKey(secretsSeen, secret.id, latestRevisionNumber(secret)),
  });
}

/** E88. update-status is too frequent to show, unless an error shown before it has to go. */
function showAgent(model: Model, unit: UnitName, hook: HookInfo, now: Millis): Model {
  const { agentStatus } = unitNamed(model, unit);
  if (hook.kind === 'update-status' && agentStatus.status !== 'error') return model;
  const remoteUnit = remoteUnitOf(hook);
  const about = remoteUnit === '' ? '' : ` for ${remoteUnit}`;
  const message = `running ${hookName(model, unit, hook)} hook${about}`;
  return withAgentStatus(model, unit, 'executing', message, now);
}

/** L40. A retry finds the scope entered; one that has closed meanwhile is left as it is. */
function enterIfOpen(model: Model, unit: UnitName, relation: string, now: Millis): Model {
  const snapshot = remoteSnapshot(model, unit, now).relations.find((each) => each.id === relation);
  if (snapshot?.canEnter !== true) return model;
  const entered = enterScope(model, unit, relation, now);
  // A suspended relation that resumed is not a left one any more, from this hook on (L48).
  const { uniter } = unitNamed(entered, unit);
  return withUniter(entered, unit, withRelationRecord(uniter, relation, { left: false }));
}

/** L74. A secret the unit itself owns needs no leader. */
function needsLeader(model: Model, unit: UnitName, hook: HookInfo): boolean {
  if (hook.kind === 'leader-elected') return true;
  if (!('secret' in hook) || hook.kind === 'secret-changed') return false;
  const owner = own(model.secrets, hook.secret)?.owner;
  return owner?.kind === 'application' && owner.name === unitNamed(model, unit).application;
}
