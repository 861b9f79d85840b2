// The flush at the end of a hook that exited 0 (E60): secrets first, one after the other, then databags,
// ports, charm state and storage as one transaction that is done whole or not at all (E65). A hook that
// failed is not committed; there is nothing to call for it.

import { relationNumbered, unitNamed } from '../find.ts';
import { ModelError } from '../model-error.ts';
import type { Bag, Millis, Model } from '../model.ts';
import { own, withKey } from '../own.ts';
import { refreshAddresses, writeApplicationBag, writeUnitBag } from '../relation-scope.ts';
import { applicationBag, unitBag } from '../relation-scope.ts';
import { addStorage } from '../storage.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';
import { holdsLease } from '../uniter/leases.ts';
import { stateProblem } from './charm-state.ts';
import { commitPorts } from './commit-ports.ts';
import { notLeader, secretSteps } from './commit-secrets.ts';
import { relationName } from './context-relations.ts';
import type { ContextRelation } from './context-relations.ts';
import type { HookContext } from './hook-context.ts';
import { bufferAsChange } from './settings-buffer.ts';
import type { LogLine } from './tool.ts';

export { actionOutcome } from './action-outcome.ts';

/** Bytes of keys and values one bag may hold (H44). */
const largestBag = 16 * 1024 * 1024;

export interface CommitOptions {
  /** Makes the transaction fail with this text, after the secrets: a fault to test charms with (K5, E65). */
  readonly failure?: string | undefined;
}

export type CommitResult =
  | { readonly ok: true; readonly model: Model; readonly log: readonly LogLine[] }
  /** The hook counts as failed (E64). `model` holds the secret changes made before it failed. */
  | { readonly ok: false; readonly error: string; readonly model: Model };

/**
 * Applies what the context buffered to the model as it is now. Identical writes change nothing, not even
 * a version (E68). Writes to the application's bags need the lead at this instant (E66).
 */
export function commit(
  context: HookContext,
  model: Model,
  now: Millis,
  options: CommitOptions = {},
): CommitResult {
  let reached = model;
  try {
    for (const step of secretSteps(context, now)) reached = step(reached);
    if (options.failure !== undefined) {
      return { ok: false, error: options.failure, model: reached };
    }
    return { ok: true, model: transaction(context, reached, now), log: summary(context) };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ok: false, error: error.message, model: reached };
  }
}

/** Throws a ModelError before anything is given back, which is what makes it all or nothing. */
function transaction(context: HookContext, model: Model, now: Millis): Model {
  const isConfigChanged =
    context.kind.kind === 'hook' && context.kind.hook.kind === 'config-changed';
  let result = isConfigChanged ? refreshAddresses(model, context.unit) : model;
  for (const relation of context.relations.values()) {
    result = commitRelation(context, result, relation, now);
  }
  result = commitPorts(context, result);
  result = commitState(context, result);
  return context.storageAdds.reduce(
    (before, { name, count }) => addStorage(before, context.unit, name, count, null),
    result,
  );
}

/** A unit's bag goes out whole when it was merely read (E67), an application's only when it was written. */
function commitRelation(
  context: HookContext,
  model: Model,
  relation: ContextRelation,
  now: Millis,
): Model {
  const { unitSettings, applicationSettings } = relation;
  let result = model;
  if (unitSettings !== null && isWritable(context, model, relation, unitSettings.dirty)) {
    result = writeUnitBag(result, relation.id, context.unit, bufferAsChange(unitSettings));
    checkSize(relation, unitBag(relationNumbered(result, relation.id), context.unit));
  }
  if (applicationSettings?.dirty === true) {
    const { application } = context;
    const what = `cannot update application settings of relation "${relationName(relation)}"`;
    if (!holdsLease(result, context.unit, now)) throw notLeader(context, what);
    const change = bufferAsChange(applicationSettings);
    result = writeApplicationBag(result, relation.id, application, change);
    checkSize(relation, applicationBag(relationNumbered(result, relation.id), application));
  }
  return result;
}

/** A bag that was only read may have gone with its relation; one that was written may not. */
function isWritable(
  context: HookContext,
  model: Model,
  relation: ContextRelation,
  isWritten: boolean,
): boolean {
  const inModel = own(model.relations, relation.id);
  if (inModel !== undefined && Object.hasOwn(inModel.units, context.unit)) return true;
  if (!isWritten) return false;
  throw new ModelError(
    'not-found',
    `cannot write settings of relation "${relationName(relation)}": relation not found`,
    'The relation was removed while the hook ran.',
  );
}

function checkSize(relation: ContextRelation, bag: Bag): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(bag.settings)) {
    bytes += utf8Length(key) + utf8Length(value);
  }
  if (bytes <= largestBag) return;
  throw new ModelError(
    'quota-exceeded',
    `cannot update settings of relation "${relationName(relation)}": max allowed size (${largestBag}) exceeded`,
    'Keep large data outside of relations, for example in a secret or a file.',
  );
}

function commitState(context: HookContext, model: Model): Model {
  const { charmState } = context;
  if (charmState === null || !charmState.dirty) return model;
  const problem = stateProblem(charmState.current);
  if (problem !== null) {
    throw new ModelError('quota-exceeded', problem, 'Keep less in the state of the charm.');
  }
  const unit = unitNamed(model, context.unit);
  const written = { ...unit, charmState: Object.fromEntries(charmState.current) };
  return { ...model, units: withKey(model.units, context.unit, written) };
}

/** One line for whoever looks for a write: what was flushed, without any value. */
function summary(context: HookContext): readonly LogLine[] {
  const { secrets, ports, storageAdds, charmState } = context;
  const bags = [...context.relations.values()].filter(
    (relation) =>
      relation.unitSettings?.dirty === true || relation.applicationSettings?.dirty === true,
  );
  const secretChanges =
    secrets.creates.size + secrets.updates.size + secrets.deletes.size + secrets.trackLatest.size;
  const parts = [
    ...bags.map((relation) => `settings of ${relationName(relation)}`),
    ...(secretChanges + secrets.grants.length + secrets.revokes.length > 0 ? ['secrets'] : []),
    ...(ports.open.length + ports.close.length > 0 ? ['ports'] : []),
    ...(charmState?.dirty === true ? ['charm state'] : []),
    ...(storageAdds.length > 0 ? ['storage'] : []),
  ];
  if (parts.length === 0) return [];
  const message = `committed ${parts.join(', ')}`;
  return [{ level: 'DEBUG', logger: 'juju.worker.uniter.context', message }];
}
