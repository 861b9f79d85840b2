// action-get, action-set, action-fail and action-log. Outside an action Juju refuses them all.

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { asRecord } from './shape.ts';
import type { UnknownRecord } from './shape.ts';
import { checkArgument, splitText, argumentBytesMax } from './text.ts';

/** Results of an action: texts, grouped in as many levels as wished. */
export interface ActionResults {
  readonly [key: string]: string | number | boolean | ActionResults;
}

export interface ActionTools {
  /** All parameters, checked and with their defaults put in by the controller (E117). */
  actionGet(): UnknownRecord;
  /**
   * Adds results; Juju keeps all values as text, and keeps them whatever becomes of the action
   * (E62). Keys are lower case letters, digits and inner dashes (H161).
   */
  actionSet(results: ActionResults): void;
  /** Marks the action as failed. It does not stop the program, and the last call wins (H162). */
  actionFail(message: string): void;
  /** A line of progress, shown at once (H163). */
  actionLog(message: string): void;
}

export function createActionTools(call: ToolCaller): ActionTools {
  return {
    actionGet: () => asRecord('action-get', call.json('action-get', [])),
    actionSet(results) {
      const pairs = flatten(results, '');
      // A result may be a password: error messages show the keys only.
      const shownArgs = pairs.map(([key]) => `${key}=...`);
      const args = pairs.map(([key, value]) => `${key}=${value}`);
      for (const [index, argument] of args.entries()) {
        checkArgument('action-set', `result ${pairs[index]?.[0] ?? ''}`, argument);
      }
      if (args.length > 0) call.run('action-set', args, { shownArgs });
    },
    actionFail(message) {
      const text = call.redactor.clean(message);
      checkArgument('action-fail', 'the message', text);
      call.run('action-fail', ['--', text]);
    },
    actionLog(message) {
      for (const piece of splitText(call.redactor.clean(message), argumentBytesMax)) {
        call.run('action-log', ['--', piece]);
      }
    },
  };
}

const keyForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** Juju puts the process's own output under these (E23). */
const reserved: ReadonlySet<string> = new Set([
  'stdout',
  'stdout-encoding',
  'stderr',
  'stderr-encoding',
]);

function flatten(results: ActionResults, prefix: string): readonly (readonly [string, string])[] {
  return Object.entries(results).flatMap(([key, value]) => {
    if (!keyForm.test(key) || (prefix === '' && reserved.has(key))) throw badKey(prefix + key);
    return typeof value === 'object'
      ? flatten(value, `${prefix}${key}.`)
      : [[prefix + key, String(value)] as const];
  });
}

function badKey(key: string): HookToolError {
  return new HookToolError({
    kind: 'usage',
    tool: 'action-set',
    detail:
      `the key '${key}' cannot be used: keys have lower case letters, digits and inner dashes ` +
      `only, and ${[...reserved].join(', ')} belong to Juju`,
  });
}
