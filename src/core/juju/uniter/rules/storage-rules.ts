// Rules about storage. On a machine it comes before everything, install included (L20, L26), and its
// hooks are the first a dying unit runs (L60).

import { own } from '../../own.ts';
import type { RemoteStorage } from '../snapshot.ts';
import type { Rule, Verdict, View } from './rule.ts';
import { isFree } from './rule.ts';

export const storageHook: Rule = {
  name: 'storage',
  decide: (view) => {
    if (!isFree(view)) return null;
    for (const storage of view.remote.storage) {
      const verdict = storageVerdict(view, storage);
      if (verdict !== null) return verdict;
    }
    return null;
  },
};

function storageVerdict({ local, remote }: View, storage: RemoteStorage): Verdict | null {
  const { id } = storage;
  const recorded = own(local.storage, id);
  const leaving = remote.life !== 'alive' || storage.life !== 'alive';
  if (!leaving) {
    if (recorded !== undefined || !storage.provisioned) return null;
    return {
      operation: { kind: 'run-hook', hook: { kind: 'storage-attached', storage: id } },
      why: `${id} is provisioned and was not shown to the charm`,
    };
  }
  const why = `${id} or the unit is dying`;
  switch (recorded) {
    case 'attached':
      return {
        operation: { kind: 'run-hook', hook: { kind: 'storage-detaching', storage: id } },
        why,
      };
    case 'detached':
      return null;
    case undefined:
      // The charm never saw it, so it has nothing to let go of (L64).
      return { operation: { kind: 'forget-storage', storage: id }, why };
    default:
      return recorded satisfies never;
  }
}
