// Rules about relations: which of their hooks comes next (L40-L53). Within one relation the order is
// fixed; between relations Juju leaves it open, so it is left to chance here too (L20d, L42).

import type { HookInfo, UnitName } from '../../model.ts';
import { compareText } from '../../names.ts';
import { own } from '../../own.ts';
import { relationRecord } from '../record.ts';
import type { RemoteRelation } from '../relation-snapshot.ts';
import type { Rule, Verdict, View } from './rule.ts';
import { isFree } from './rule.ts';

/** Relations whose hooks never fire here are entered and left without a word (L50, L51). */
export const followScope: Rule = {
  name: 'follow-scope',
  decide: (view) => {
    if (!isFree(view) || !view.local.installed) return null;
    for (const relation of view.remote.relations) {
      const verdict = scopeOfSilent(view, relation);
      if (verdict !== null) return verdict;
    }
    return null;
  },
};

/** relation-created for relations the unit has not yet entered; never before install (L21). */
export const relationCreated: Rule = {
  name: 'relation-created',
  decide: (view) => {
    const { local, remote, choose } = view;
    if (!isFree(view) || !local.installed) return null;
    const options = remote.relations.filter(
      (relation) =>
        !isSilent(relation) && relation.canEnter && !relationRecord(local, relation.id).created,
    );
    if (options.length === 0) return null;
    const { id, endpoint, remoteApplication } = choose(options);
    return {
      operation: {
        kind: 'run-hook',
        hook: { kind: 'relation-created', relation: id, remoteApplication },
      },
      why: `${endpoint}:${id} exists and the unit has not entered it`,
    };
  },
};

/** joined, changed, departed and broken, asked for last while alive and first while dying. */
export function relationHook(view: View): Verdict | null {
  const options = view.remote.relations.flatMap((relation) => {
    const due = hookFor(view, relation);
    return due === null ? [] : [{ relation, ...due }];
  });
  if (options.length === 0) return null;
  const { relation, hook, why } = view.choose(options);
  return {
    operation: { kind: 'run-hook', hook },
    why: `${relation.endpoint}:${relation.id}: ${why}`,
  };
}

/** What is due in one relation and why, the first of the six steps of L41 that applies. */
function hookFor(
  view: View,
  relation: RemoteRelation,
): { readonly hook: HookInfo; readonly why: string } | null {
  const { local, remote } = view;
  const record = relationRecord(local, relation.id);
  if (!record.created || isSilent(relation)) return null;
  const { id, remoteApplication, members } = relation;
  const about = { relation: id, remoteApplication };

  // Asked before anything else, so that joined is followed by changed even if all is over (L42b).
  const pending = record.changedPending;
  if (pending !== null) {
    const changeVersion = own(members, pending) ?? own(record.members, pending) ?? 0;
    const hook = {
      kind: 'relation-changed',
      ...about,
      remoteUnit: pending,
      changeVersion,
    } as const;
    return { hook, why: `${pending} has just joined` };
  }

  // For who is leaving nobody is a member any more: all depart, and no news is taken in (L41, L46).
  const ending = relation.ending || remote.life !== 'alive';
  const present = ending ? {} : members;
  const gone = sorted(record.members).find((name) => !Object.hasOwn(present, name));
  if (gone !== undefined) {
    const departingUnit = localIsLeaving(view) ? remote.unit : gone;
    const hook = { kind: 'relation-departed', ...about, remoteUnit: gone, departingUnit } as const;
    const cause = localIsLeaving(view) ? `${remote.unit} is leaving` : 'its time here is over';
    return { hook, why: `${gone} is no member any more as ${cause}` };
  }
  if (ending) {
    if (relation.peer) return null;
    return {
      hook: { kind: 'relation-broken', ...about },
      why: 'no member is left and it is ending',
    };
  }
  return newsOf(view, relation);
}

/** Steps 4 to 6 of L41: the remote application's settings, then new units, then changed ones. */
function newsOf(
  { local, remote }: View,
  relation: RemoteRelation,
): { readonly hook: HookInfo; readonly why: string } | null {
  const record = relationRecord(local, relation.id);
  const { id, remoteApplication, members, applicationVersion } = relation;
  const about = { relation: id, remoteApplication };
  // A peer relation's application bag is written by the leader, which needs no telling (L44).
  const isOwnWriting = relation.peer && remote.leader;
  const seen = own(record.applications, remoteApplication) ?? 0;
  if (applicationVersion !== seen && !isOwnWriting) {
    const changeVersion = applicationVersion;
    const hook = { kind: 'relation-changed', ...about, remoteUnit: '', changeVersion } as const;
    return { hook, why: `${remoteApplication} has new settings` };
  }
  const names = sorted(members);
  const joining = names.find((name) => !Object.hasOwn(record.members, name));
  if (joining !== undefined) {
    const changeVersion = own(members, joining) ?? 0;
    const hook = { kind: 'relation-joined', ...about, remoteUnit: joining, changeVersion } as const;
    return { hook, why: `${joining} is a member now` };
  }
  const changed = names.find((name) => own(members, name) !== own(record.members, name));
  if (changed === undefined) return null;
  const changeVersion = own(members, changed) ?? 0;
  const hook = { kind: 'relation-changed', ...about, remoteUnit: changed, changeVersion } as const;
  return { hook, why: `${changed} has new settings` };
}

function scopeOfSilent(view: View, relation: RemoteRelation): Verdict | null {
  if (!isSilent(relation)) return null;
  const { created } = relationRecord(view.local, relation.id);
  const name = `${relation.endpoint}:${relation.id}`;
  if (created && (relation.ending || view.remote.life !== 'alive')) {
    return {
      operation: { kind: 'leave-scope', relation: relation.id },
      why: `${name} has no hooks here and is ending`,
    };
  }
  if (created || !relation.implicit || !relation.canEnter) return null;
  return {
    operation: { kind: 'enter-scope', relation: relation.id },
    why: `${name} has no hooks here, yet the other side counts its members`,
  };
}

function isSilent(relation: RemoteRelation): boolean {
  return relation.implicit || relation.unknown;
}

/** E41: this unit goes away, not the one at the other end (L42c). */
function localIsLeaving({ remote }: View): boolean {
  return remote.life !== 'alive' || remote.applicationLife !== 'alive';
}

function sorted(members: Readonly<Record<UnitName, number>>): readonly UnitName[] {
  return Object.keys(members).sort(compareText);
}
