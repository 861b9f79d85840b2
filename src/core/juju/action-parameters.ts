// Parameters of an action as the controller prepares them: read from the command line, validated against
// the charm's schema, completed with its defaults. The unit sees nothing that did not pass here (E117).

import { schemaProblems } from './action-schema.ts';
import type { ActionDefinition } from './charm-definition.ts';
import { isFields } from './coerce.ts';
import type { Fields } from './coerce.ts';
import { ModelError } from './model-error.ts';
import { own, withKey } from './own.ts';
import { parseYaml } from './yaml-text.ts';

const keyPattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;

/**
 * Reads `key=value` arguments, `a.b=value` for a nested one. Values are YAML, so that `x=5` is a number,
 * unless `stringValues` keeps them as they are (`--string-args`, F42).
 *
 * Throws `not-valid` for an argument of another form, a key Juju does not take, or a value that is no YAML.
 */
export function parseActionArguments(arguments_: readonly string[], stringValues: boolean): Fields {
  return arguments_.reduce<Fields>((parameters, argument) => {
    const equals = argument.indexOf('=');
    if (equals < 1) {
      throw new ModelError(
        'not-valid',
        `argument "${argument}" must be of the form key.key.key...=value`,
        'Write a key, an equals sign and the value, for example level=5.',
      );
    }
    const path = argument.slice(0, equals).split('.');
    path.forEach(checkKey);
    const text = argument.slice(equals + 1);
    return withPath(parameters, path, stringValues ? text : readValue(text, argument));
  }, {});
}

/**
 * The parameters the action gets: those given, checked, with all defaults put in, nested ones too (F42).
 *
 * A required parameter must be given even when it has a default, since the check comes first. Throws
 * `not-valid` `validation failed: (root) : additional property "x" is not allowed, given {...}`.
 */
export function prepareParameters(action: ActionDefinition, given: Fields): Fields {
  const problems = schemaProblems(action.parameters, given);
  if (problems.length > 0) {
    throw new ModelError(
      'not-valid',
      `validation failed: ${problems.join('; ')}`,
      `Parameters of ${action.name}: ${describeParameters(action)}.`,
    );
  }
  return withDefaults(action.parameters, given);
}

function withDefaults(schema: Fields, given: Fields): Fields {
  const properties = isFields(schema.properties) ? schema.properties : {};
  return Object.entries(properties).reduce((result, [name, property]) => {
    if (!isFields(property)) return result;
    const value = own(result, name);
    if (value === undefined) {
      const initial = Object.hasOwn(property, 'default') ? property.default : nested(property);
      return initial === undefined ? result : withKey(result, name, initial);
    }
    // Only a map can have defaults inside; anything else stays as it was given.
    return isFields(value) ? withKey(result, name, withDefaults(property, value)) : result;
  }, given);
}

/** The defaults inside an absent map, or undefined when there are none. */
function nested(property: Fields): Fields | undefined {
  const inner = withDefaults(property, {});
  return Object.keys(inner).length === 0 ? undefined : inner;
}

function withPath(fields: Fields, path: readonly string[], value: unknown): Fields {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return withKey(fields, key, value);
  const present = own(fields, key);
  return withKey(fields, key, withPath(isFields(present) ? present : {}, rest, value));
}

function checkKey(key: string): void {
  if (keyPattern.test(key)) return;
  throw new ModelError(
    'not-valid',
    `key "${key}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`,
    'Use the names listed under params in the charm.',
  );
}

function readValue(text: string, argument: string): unknown {
  const outcome = parseYaml(text);
  if (outcome.ok) return outcome.value;
  throw new ModelError(
    'not-valid',
    `cannot parse value of "${argument}": ${outcome.problem}`,
    'Quote the value as YAML wants it, or pass --string-args to keep values as plain text.',
  );
}

function describeParameters(action: ActionDefinition): string {
  const { properties } = action.parameters;
  const names = isFields(properties) ? Object.keys(properties) : [];
  return names.length === 0 ? 'it takes none' : names.join(', ');
}
