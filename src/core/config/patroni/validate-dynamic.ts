// Checks a dynamic configuration, or a change of one, before it is stored: every member of the cluster will
// read it. Keys nobody knows pass, as other versions and other tools keep theirs there.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { dynamicPostgresqlRules, dynamicRules, slotKeys } from './dynamic-schema.ts';
import type { DynamicRule } from './dynamic-schema.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { isJsonList, isJsonObject, section } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';
import { roleVariants } from './role-variant.ts';
import { validateParameters } from './validate-parameters.ts';

/** What PostgreSQL counts with: 32 bits with a sign. Bytes may be more. */
const integerMax = 2_147_483_647;

function integerMessage(value: JsonValue, rule: DynamicRule & { kind: 'integer' }): string | null {
  const number = readInteger(value, rule.unit);
  if (number === null) {
    const example =
      rule.unit === 's'
        ? ' of seconds, such as 30 or 30s'
        : rule.unit === 'B'
          ? ' of bytes, such as 1048576 or 1MB'
          : '';
    return `is not an integer: it takes a whole number${example}`;
  }
  const maximum = rule.unit === 'B' ? Number.MAX_SAFE_INTEGER : integerMax;
  if (number >= rule.minimum && number <= maximum) return null;
  return `didn't pass validation: Wrong value, it takes ${rule.minimum} to ${maximum}`;
}

function isBudget(value: JsonValue): boolean {
  if (typeof value === 'string' && value.trimEnd().endsWith('%')) {
    return /^\s*(?:100|[1-9]?\d)\s*%\s*$/u.test(value);
  }
  const bytes = readInteger(value, 'B');
  return bytes !== null && bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER;
}

/** Why a value does not fit its rule; null where it does. */
function ruleMessage(value: JsonValue, rule: DynamicRule): string | null {
  switch (rule.kind) {
    case 'integer':
      return integerMessage(value, rule);
    case 'boolean':
      return readBoolean(value) === null ? 'is not a boolean: it takes true or false' : null;
    case 'synchronous-mode': {
      const isQuorum = typeof value === 'string' && value.toLowerCase() === 'quorum';
      if (isQuorum || readBoolean(value) !== null) return null;
      return 'invalid value for synchronous_mode: it takes off, on or quorum';
    }
    case 'budget':
      return isBudget(value)
        ? null
        : 'is no amount: it takes bytes, such as 50GB, a share of the volume, such as 20%, or 0 for no limit';
    case 'mapping':
      return isJsonObject(value) ? null : 'is not a dictionary';
    case 'mappings':
      return isJsonList(value) && value.every(isJsonObject)
        ? null
        : 'is not a list of dictionaries';
    case 'texts':
      return isJsonList(value) && value.every((each) => typeof each === 'string')
        ? null
        : 'is not a list of strings';
    default:
      return rule satisfies never;
  }
}

function checkRules(
  values: JsonObject,
  rules: ReadonlyMap<string, DynamicRule>,
  prefix: string,
): ConfigFault[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const rule = rules.get(name);
    // Null takes a key away.
    const message = rule === undefined || value === null ? null : ruleMessage(value, rule);
    return message === null ? [] : [fault(`${prefix}${name}`, value, message)];
  });
}

/** One permanent slot; `null` in a change removes it. */
function slotFault(path: string, slot: JsonValue): ConfigFault | null {
  // Nothing at all asks for a physical slot, as in Patroni's own documentation.
  if (slot === null || slot === 0 || slot === false || slot === '') return null;
  if (!isJsonObject(slot)) return fault(path, slot, 'is not a dictionary');
  const { type } = slot;
  if (type === undefined || type === null || type === 'physical') return null;
  if (type !== 'logical') {
    return fault(`${path}.type`, type, 'contains a wrong value: it takes physical or logical');
  }
  return null;
}

function checkSlots(dynamic: JsonObject): readonly ConfigFault[] {
  return ['slots', 'permanent_slots', 'permanent_replication_slots'].flatMap((key) =>
    Object.entries(section(dynamic, key))
      .map(([name, slot]) => slotFault(`${key}.${name}`, slot))
      .filter((found) => found !== null),
  );
}

/** Slots put below `postgresql` are silently ignored otherwise, and the real ones get dropped. */
export function misplacedSlots(
  parent: JsonObject,
  prefix: string,
  target: string,
): readonly ConfigFault[] {
  return slotKeys
    .filter((key) => parent[key] !== undefined && parent[key] !== null)
    .map((key) =>
      fault(
        `${prefix}${key}`,
        parent[key],
        `does nothing here: it belongs to the dynamic configuration, as ${target}${key}`,
      ),
    );
}

/**
 * What is wrong with a dynamic configuration or a change of it; empty where nothing is. `prefix` comes
 * before each path, for example `bootstrap.dcs.`.
 */
export function validateDynamic(patch: JsonObject, prefix = ''): readonly ConfigFault[] {
  const postgresql = section(patch, 'postgresql');
  const path = `${prefix}postgresql.`;
  const parameterSections = ['parameters', ...roleVariants.map((role) => `parameters_${role}`)];
  return [
    ...checkRules(patch, dynamicRules, prefix),
    ...checkSlots(patch).map((found) => ({ ...found, path: `${prefix}${found.path}` })),
    ...checkRules(postgresql, dynamicPostgresqlRules, path),
    ...misplacedSlots(postgresql, path, prefix),
    ...parameterSections.flatMap((name) =>
      validateParameters(section(postgresql, name), `${path}${name}.`, 'dynamic'),
    ),
  ];
}
