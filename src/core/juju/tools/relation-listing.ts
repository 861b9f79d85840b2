// relation-ids, relation-list and relation-model-get: which relations there are and who is in them.

import { compareCodePoints, struct } from './output-value.ts';
import { relationName } from './context-relations.ts';
import { relationFlag, requireRelation } from './relation-flag.ts';
import { isSet } from './flags.ts';
import { smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';
import { requireNoMore } from './arguments.ts';

/** Ids as `db:10`, sorted as texts, so `db:10` comes before `db:2` (H50). */
function relationIds(invocation: Invocation): void {
  const { context } = invocation;
  const [given, ...rest] = invocation.args;
  requireNoMore(rest);
  const own = context.relation === null ? undefined : context.relations.get(context.relation);
  const endpoint = given ?? own?.endpoint;
  if (endpoint === undefined) throw usageError('no endpoint name specified');
  const names = [...context.relations.values()]
    .filter((relation) => relation.listed && relation.endpoint === endpoint)
    .map(relationName);
  invocation.print(names.sort(compareCodePoints));
}

/** The members the unit's own hooks told it of, or the remote application's name (H60, H61). */
function relationList(invocation: Invocation): void {
  requireNoMore(invocation.args);
  const relation = requireRelation(invocation);
  if (isSet(invocation.flags, 'app')) invocation.print(relation.remoteApplication);
  else invocation.print([...relation.members].sort(compareCodePoints));
}

/** There is one model, so both sides of every relation live in it. */
function relationModelGet(invocation: Invocation): void {
  requireNoMore(invocation.args);
  requireRelation(invocation);
  invocation.print(struct([['uuid', invocation.model.uuid]]));
}

export const relationListingTools: readonly Tool[] = [
  {
    name: 'relation-ids',
    usage: '[<endpoint>]',
    purpose: 'List the ids of all relations of an endpoint.',
    flags: [],
    formats: smartFormats,
    run: relationIds,
  },
  {
    name: 'relation-list',
    usage: '',
    purpose: 'List the remote units of a relation.',
    flags: [
      relationFlag,
      { names: ['app'], kind: 'boolean', help: 'list the remote application instead of its units' },
    ],
    formats: smartFormats,
    run: relationList,
  },
  {
    name: 'relation-model-get',
    usage: '',
    purpose: 'Get the model at the other end of a relation.',
    flags: [relationFlag],
    formats: smartFormats,
    run: relationModelGet,
  },
];
