// `-r` / `--relation` of all tools that take it (3.3).

import type { FlagDefinition } from './flags.ts';
import { relationName } from './context-relations.ts';
import type { ContextRelation } from './context-relations.ts';
import { runError, usageError } from './tool.ts';
import type { Invocation } from './tool.ts';
import type { HookContext } from './hook-context.ts';

export const relationFlag: FlagDefinition = {
  names: ['r', 'relation'],
  kind: 'text',
  help: 'specify a relation by id',
  check: relationProblem,
};

/** The relation named by the flag, else the hook's own, else null. */
export function relationOrNull(invocation: Invocation): ContextRelation | null {
  const { context } = invocation;
  const text = invocation.flags.get('relation');
  const id = text === undefined ? context.relation : numberIn(text);
  if (id === null) return null;
  const relation = context.relations.get(id);
  // A flag was checked while it was parsed; this is a juju-exec whose relation is no longer the unit's.
  if (relation === undefined) throw runError('relation not found');
  return relation;
}

/** The same for tools that can't do without. Exit 2 (H30). */
export function requireRelation(invocation: Invocation): ContextRelation {
  const relation = relationOrNull(invocation);
  if (relation === null) throw usageError('no relation id specified');
  return relation;
}

/** Only the number after the last colon counts, unless the context is strict about names (H31, Q1). */
function relationProblem(text: string, context: HookContext): string | null {
  const id = numberIn(text);
  if (id === null) return 'invalid relation id';
  const relation = context.relations.get(id);
  if (relation === undefined) return 'relation not found';
  const misnamed =
    context.strictRelationNames && text.includes(':') && text !== relationName(relation);
  return misnamed ? 'relation not found' : null;
}

function numberIn(text: string): string | null {
  const digits = text.slice(text.lastIndexOf(':') + 1);
  return /^[0-9]+$/u.test(digits) ? digits.replace(/^0+(?=.)/u, '') : null;
}
