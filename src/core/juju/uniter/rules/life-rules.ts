// Rules about the course of a unit's life, when nothing before them in the list had anything to say:
// from install to update-status, or from the first departed to remove.

import type { UnitHookKind } from '../../model.ts';
import { own } from '../../own.ts';
import { relationHook } from './relation-rules.ts';
import type { Rule, Verdict, View } from './rule.ts';

/** L60: all relations are broken first, then stop, then remove. */
export const tearDown: Rule = {
  name: 'tear-down',
  decide: (view) => {
    const { local, remote } = view;
    if (remote.life !== 'dying') return null;
    const relation = relationHook(view);
    if (relation !== null) return relation;
    if (local.started && !local.stopped) return run('stop', `${remote.unit} is dying`);
    if (local.installed) return run('remove', `${remote.unit} is dying and has stopped`);
    return {
      operation: { kind: 'finish-removal' },
      why: `${remote.unit} is dying and was never installed`,
    };
  },
};

/** L20, L26: install waits until every storage instance the unit has so far is attached. */
export const install: Rule = {
  name: 'install',
  decide: ({ local, remote }) => {
    if (local.installed) return null;
    const missing = remote.storage.filter(
      (storage) => own(local.storage, storage.id) === undefined,
    );
    if (missing.length > 0) {
      const ids = missing.map((storage) => storage.id).join(', ');
      return { wait: `${remote.unit} waits to install until ${ids} is provisioned` };
    }
    return run('install', 'the unit is new and its storage is attached');
  },
};

/** L34: another charm, or the same with something attached to it anew. */
export const upgrade: Rule = {
  name: 'upgrade',
  decide: ({ local, remote: { charmUrl, charmModified } }) => {
    if (local.charmUrl === charmUrl && local.charmModified === charmModified) return null;
    return {
      operation: { kind: 'upgrade', charmUrl, charmModified },
      why: `the application was refreshed to ${charmUrl}`,
    };
  },
};

/** L30: what the charm was shown last differs from what there is. All differ before the first time. */
export const configChanged: Rule = {
  name: 'config-changed',
  decide: ({ local, remote }) => {
    const changed = [
      ...(local.configHash === remote.configHash ? [] : ['configuration']),
      ...(local.trustHash === remote.trustHash ? [] : ['trust']),
      ...(local.addressHash === remote.addressHash ? [] : ['address']),
    ];
    if (changed.length === 0) return null;
    return run('config-changed', `the charm has not seen the present ${changed.join(', ')}`);
  },
};

/** L25: joined and changed come only here, so never before the first config-changed and start. */
export const relationNews: Rule = {
  name: 'relation-hook',
  decide: relationHook,
};

/** L12: when nothing else is due. */
export const updateStatus: Rule = {
  name: 'update-status',
  decide: ({ remote }: View) =>
    remote.updateStatusDue ? run('update-status', 'its interval has passed') : null,
};

function run(kind: UnitHookKind, why: string): Verdict {
  return { operation: { kind: 'run-hook', hook: { kind } }, why };
}
