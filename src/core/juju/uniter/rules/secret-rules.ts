// Rules about secrets: expired before rotate before changed before remove, only on an idle unit that is
// installed and alive.

import type { HookInfo } from '../../model.ts';
import type { SecretEvent, SecretSnapshot } from '../secret-snapshot.ts';
import type { Rule } from './rule.ts';
import { isFree } from './rule.ts';

type SecretHook = Extract<HookInfo, { readonly secret: string }>['kind'];

function secretRule(
  kind: SecretHook,
  events: (secrets: SecretSnapshot) => readonly SecretEvent[],
  why: string,
): Rule {
  return {
    name: kind,
    decide: (view) => {
      const { local, remote } = view;
      if (!isFree(view) || !local.installed || remote.life !== 'alive') return null;
      const [first] = events(remote.secrets);
      if (first === undefined) return null;
      const revision = first.revision === null ? '' : ` revision ${first.revision}`;
      return {
        operation: { kind: 'run-hook', hook: { kind, ...first } },
        why: `secret:${first.secret}${revision} ${why}`,
      };
    },
  };
}

export const secretExpired: Rule = secretRule(
  'secret-expired',
  (secrets) => secrets.expired,
  'is past its expiry (L72)',
);
export const secretRotate: Rule = secretRule(
  'secret-rotate',
  (secrets) => secrets.rotate,
  'is due for rotation (L72)',
);
export const secretChanged: Rule = secretRule(
  'secret-changed',
  (secrets) => secrets.changed,
  'has a newer revision than the one the unit tracks (L70)',
);
export const secretRemove: Rule = secretRule(
  'secret-remove',
  (secrets) => secrets.obsolete,
  'is tracked by nobody any more (L71)',
);
