// Operations that are over as soon as they begin: they change what is on record and run nothing.

import { unitNamed } from '../find.ts';
import type { Millis, Model, UnitName } from '../model.ts';
import { own, withKey } from '../own.ts';
import { enterScope, leaveScope } from '../relation-scope.ts';
import { commitHook, leaveAllScopes } from './commit-hook.ts';
import { interruptUnit } from './interrupt.ts';
import type { InstantOperation } from './operation.ts';
import { withAgentStatus, withRelationRecord, withUnit, withUniter } from './record.ts';
import { showWorkloadEnd } from './workload-status.ts';

/** Carries out an operation that needs no process. */
export function performInstant(
  model: Model,
  unit: UnitName,
  operation: InstantOperation,
  now: Millis,
): Model {
  const { uniter, machine } = unitNamed(model, unit);
  switch (operation.kind) {
    case 'accept-leadership': {
      // The hook is queued and not run: it looks at the lease again when it starts (L74, D9).
      const hook = { kind: 'leader-elected' } as const;
      return withUniter(model, unit, { leader: true, kind: 'run-hook', step: 'queued', hook });
    }
    case 'resign-leadership':
      return withUniter(model, unit, { leader: false });
    case 'skip-hook':
      return commitRecorded(model, unit, now);
    case 'commit-hook': {
      const committed = commitRecorded(model, unit, now);
      // It ran, so it ends as every hook that ran does.
      return uniter.hook === null ? committed : showWorkloadEnd(committed, unit, uniter.hook, now);
    }
    case 'recover':
      return interruptUnit(model, unit, now);
    case 'record-boot': {
      const bootId = own(model.machines, machine)?.bootId ?? uniter.bootId;
      return withUniter(model, unit, { bootId });
    }
    case 'enter-scope': {
      const entered = enterScope(model, unit, operation.relation, now);
      const change = { created: true, left: false };
      return withUniter(entered, unit, withRelationRecord(uniter, operation.relation, change));
    }
    case 'leave-scope': {
      const left = leaveScope(model, unit, operation.relation);
      const change = { created: false, left: true };
      return withUniter(left, unit, withRelationRecord(uniter, operation.relation, change));
    }
    case 'forget-storage':
      return withUniter(model, unit, {
        storage: withKey(uniter.storage, operation.storage, 'detached'),
      });
    case 'finish-removal':
      return leaveAllScopes(withUniter(model, unit, { removed: true }), unit);
    case 'report-idle':
      return withAgentStatus(model, unit, 'idle', '', now);
    default:
      return operation satisfies never;
  }
}

/** Commits the hook on record without running it, and the user's word about it is used up. */
function commitRecorded(model: Model, unit: UnitName, now: Millis): Model {
  const { hook } = unitNamed(model, unit).uniter;
  const cleared = withUnit(model, unit, { resolved: null });
  return hook === null ? cleared : commitHook(cleared, unit, hook, now, null);
}
