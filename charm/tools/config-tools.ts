// config-get, resource-get, credential-get, goal-state and application-version-set: what the model
// gives an application, and the one thing it tells about itself.

import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { asRecord, isRecord, textAt } from './shape.ts';
import { checkArgument } from './text.ts';

/** A secret option is the text `secret:<id>`. Whole numbers beyond 2^53 are rounded (W15). */
export type ConfigValue = string | number | boolean;

export type Config = Readonly<Record<string, ConfigValue>>;

export interface GoalStateEntry {
  /** A unit's workload status or `dying`; a relation's `joined`, `joining`, `suspended`, ... */
  readonly status: string;
  /** As Juju prints it, for example `2026-01-05 15:29:12Z`. */
  readonly since: string;
}

export interface GoalState {
  /** All units of our own application, this one among them, whether they have joined or not. */
  readonly units: Readonly<Record<string, GoalStateEntry>>;
  /** By endpoint of ours, then by remote application and remote unit. */
  readonly relations: Readonly<Record<string, Readonly<Record<string, GoalStateEntry>>>>;
}

export interface ConfigTools {
  /** Options that are set or have a default (H100); an option without value is absent. */
  configGet(): Config;
  /** Absolute path of a resource, downloaded if need be (H230). */
  resourceGet(name: string): string;
  /** The cloud's specification with its credential; needs `juju trust` (H220). Holds secrets. */
  credentialGet(): Readonly<Record<string, unknown>>;
  goalState(): GoalState;
  /** Version shown in `juju status`, at once and even if the hook fails later (E61). */
  applicationVersionSet(version: string): void;
}

export function createConfigTools(call: ToolCaller): ConfigTools {
  return {
    configGet() {
      const options = asRecord('config-get', call.json('config-get', []));
      return Object.fromEntries(Object.entries(options).filter(isConfigEntry));
    },
    resourceGet: (name) => call.run('resource-get', ['--', name]).replace(/\n$/, ''),
    credentialGet: () => asRecord('credential-get', call.json('credential-get', [])),
    goalState() {
      const goal = asRecord('goal-state', call.json('goal-state', []));
      const relations = asRecord('goal-state', goal['relations']);
      return {
        units: entries(goal['units']),
        relations: Object.fromEntries(
          Object.entries(relations).map(([endpoint, members]) => [endpoint, entries(members)]),
        ),
      };
    },
    applicationVersionSet(version) {
      checkArgument('application-version-set', 'the version', version);
      call.run('application-version-set', ['--', version]);
    },
  };
}

/** Null is an option without a value: leaving it out makes `config[name]` undefined either way. */
function isConfigEntry(entry: readonly [string, unknown]): entry is [string, ConfigValue] {
  const [name, value] = entry;
  if (value === null) return false;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return true;
  }
  throw new HookToolError({
    kind: 'failed',
    tool: 'config-get',
    exitCode: 0,
    detail: `cannot use option '${name}': found ${typeof value}, need a text, a number or a boolean`,
  });
}

function entries(value: unknown): Readonly<Record<string, GoalStateEntry>> {
  return Object.fromEntries(
    Object.entries(asRecord('goal-state', value)).map(([name, entry]) => {
      const fields = isRecord(entry) ? entry : {};
      return [name, { status: textAt(fields, 'status'), since: textAt(fields, 'since') }];
    }),
  );
}
