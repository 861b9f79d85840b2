// Rules about what a user or a program on the machine asked the unit to run. Both run between hooks and
// while a hook is failed (E85, E110, H256), and neither can put the unit in error.

import type { Rule, View } from './rule.ts';
import { isFailed, isFree } from './rule.ts';

/** Never before install is over, but quite possibly before the first config-changed (E110). */
function takesTasks(view: View): boolean {
  return (isFree(view) && view.local.installed) || isFailed(view);
}

export const runAction: Rule = {
  name: 'action',
  decide: (view) => {
    const [task] = view.remote.tasks;
    if (task === undefined || !takesTasks(view)) return null;
    return { operation: { kind: 'run-action', task }, why: `task ${task} is first in the queue` };
  },
};

export const runCommands: Rule = {
  name: 'juju-exec',
  decide: (view) => {
    const [commands] = view.remote.commands;
    if (commands === undefined || !takesTasks(view)) return null;
    return {
      operation: { kind: 'run-commands', commands },
      why: 'a program on the machine called juju-exec',
    };
  },
};
