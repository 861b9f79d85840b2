// state-get, state-set and state-delete: facts of this unit the controller keeps. They outlive the
// machine, which the unit data file does not, and no other unit can read them (H173).

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { checkKey, mapAsYaml } from './file-argument.ts';
import { asString, asTextRecord } from './shape.ts';

export interface StateTools {
  stateGet(): Readonly<Record<string, string>>;
  /** One value, null when it was never set; an empty text is a value here. */
  stateGetKey(key: string): string | null;
  /** Up to 64 KiB a value, 256 bytes a key, 2 MiB in all; kept if the hook succeeds (H172, E60). */
  stateSet(values: Readonly<Record<string, string>>): void;
  stateDelete(key: string): void;
}

export function createStateTools(call: ToolCaller): StateTools {
  return {
    stateGet: () => asTextRecord('state-get', call.json('state-get', [])),
    stateGetKey(key) {
      checkKey('state-get', key);
      if (key === '-') {
        // A lone dash asks the tool for everything.
        const all = asTextRecord('state-get', call.json('state-get', []));
        return Object.hasOwn(all, '-') ? (all['-'] ?? null) : null;
      }
      try {
        // Without --strict a missing key and an empty value look the same (H170).
        return asString('state-get', call.json('state-get', ['--strict', '--', key]));
      } catch (error) {
        if (error instanceof HookToolError && error.kind === 'notFound') return null;
        throw error;
      }
    },
    stateSet(values) {
      const map = new Map(Object.entries(values));
      if (map.size === 0) return;
      call.run('state-set', ['--file', '-'], { stdin: mapAsYaml('state-set', map) });
    },
    stateDelete(key) {
      checkKey('state-delete', key);
      call.run('state-delete', ['--', key]);
    },
  };
}
