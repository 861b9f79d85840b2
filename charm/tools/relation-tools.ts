// relation-ids, -list, -get, -set and -model-get. A relation is always named in full, `db:7`: a tool
// given the number alone would read another endpoint's relation without complaint (W14).

import type { Settings, SettingsChange } from '#interfaces/ports.ts';
import type { ToolCaller } from './call.ts';
import { HookToolError } from './errors.ts';
import { checkKey, mapAsYaml } from './file-argument.ts';
import { sortNumbered } from './order.ts';
import { asRecord, asString, asStrings, asTextRecord, textAt } from './shape.ts';

export interface RelationSetOptions {
  /** The application's bag in place of the unit's; leader only. */
  readonly application?: boolean;
}

export interface RelationTools {
  /** Relations of an endpoint like `['db:2', 'db:10']`, in numerical order. Empty for none. */
  relationIds(endpoint: string): readonly string[];
  /** Remote units whose joined hook was delivered and departed was not (H62, H70), in numerical order. */
  relationList(relation: string): readonly string[];
  /** The application at the other end; for a peer relation our own. */
  relationRemoteApplication(relation: string): string;
  /**
   * A whole bag. `target` is a unit (`app/0`) or an application (`app`), remote or our own; a unit
   * that departed stays readable (H41).
   * @throws HookToolError `notFound` for a relation that is gone, `permissionDenied` (3.4)
   */
  relationGet(relation: string, target: string): Settings;
  /** One key of a bag, null when it is absent. Cheaper than `relationGet` where bags are large. */
  relationGetKey(relation: string, target: string, key: string): string | null;
  /**
   * Writes to our own bag; null or an empty text takes a key away, as Juju can't keep an empty one
   * (H90). Nothing to change runs no tool. Juju sends it all when the hook succeeds (E60).
   * @throws HookToolError `notLeader` for the application's bag (H93)
   */
  relationSet(relation: string, change: SettingsChange, options?: RelationSetOptions): void;
  /** UUID of the model at the other end. Juju 3.6.2 and newer. */
  relationModelGet(relation: string): string;
}

export function createRelationTools(call: ToolCaller): RelationTools {
  const read = (relation: string, target: string, key: string): unknown => {
    checkRelation('relation-get', relation);
    // Everything after `--` is no flag, so that a key may begin with a dash.
    const flags = target.includes('/') ? [] : ['--app'];
    return call.json('relation-get', ['-r', relation, ...flags, '--', key, target]);
  };
  return {
    relationIds: (endpoint) =>
      sortNumbered(asStrings('relation-ids', call.json('relation-ids', ['--', endpoint])), ':'),
    relationList(relation) {
      checkRelation('relation-list', relation);
      return sortNumbered(
        asStrings('relation-list', call.json('relation-list', ['-r', relation])),
        '/',
      );
    },
    relationRemoteApplication(relation) {
      checkRelation('relation-list', relation);
      return asString('relation-list', call.json('relation-list', ['-r', relation, '--app']));
    },
    relationGet: (relation, target) => asTextRecord('relation-get', read(relation, target, '-')),
    relationGetKey(relation, target, key) {
      checkKey('relation-get', key);
      if (key === '-') {
        // To the tool a lone dash means all keys; a bag may still have one of that name.
        const bag = asRecord('relation-get', read(relation, target, '-'));
        return Object.hasOwn(bag, '-') ? textAt(bag, '-') : null;
      }
      const value = read(relation, target, key);
      return value === null ? null : asString('relation-get', value);
    },
    relationSet(relation, change, options = {}) {
      checkRelation('relation-set', relation);
      const map = new Map(Object.entries(change).map(([key, value]) => [key, value ?? '']));
      if (map.size === 0) return;
      const flags = options.application === true ? ['--app'] : [];
      call.run('relation-set', ['-r', relation, ...flags, '--file', '-'], {
        stdin: mapAsYaml('relation-set', map),
      });
    },
    relationModelGet(relation) {
      checkRelation('relation-model-get', relation);
      const answer = call.json('relation-model-get', ['-r', relation]);
      return textAt(asRecord('relation-model-get', answer), 'uuid');
    },
  };
}

function checkRelation(tool: string, relation: string): void {
  if (/^[^:]+:\d+$/.test(relation)) return;
  throw new HookToolError({
    kind: 'usage',
    tool,
    detail: `the relation is '${relation}', need its endpoint and number like 'db:7'`,
  });
}
