// Turns what a schema validator found into faults, in the words of `patroni --validate-config`.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { isJsonList, isJsonObject } from './json-fields.ts';

/** One error, as ajv and validators like it report it. */
export interface SchemaError {
  /** JSON pointer. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  object: 'a dictionary',
  array: 'a list',
};

function pathOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const key of path) {
    if (isJsonList(value)) value = value[Number(key)];
    else if (isJsonObject(value)) value = value[key];
    else return undefined;
  }
  return value;
}

function typeMessage(type: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).map(String);
  // A number may come as text, and the empty value as null; what is asked for is the type named first.
  const shown = types.filter((name) => name !== 'null').map((name) => typeNames[name] ?? name);
  if (types.includes('integer') && types[0] === 'integer') return 'is not an integer';
  if (types.includes('boolean')) return 'is not a boolean';
  if (types[0] === 'string' && types.includes('integer')) return 'is not a string';
  return `is not ${shown.join(' or ')}`;
}

function messageOf({ keyword, params }: SchemaError): string {
  switch (keyword) {
    case 'type':
      return typeMessage(params['type']);
    case 'enum':
      return `contains a wrong value: it takes ${(params['allowedValues'] as readonly unknown[]).join(', ')}`;
    case 'minLength':
      return 'is an empty string';
    case 'minItems':
      return 'is an empty list';
    case 'pattern':
      return String(params['pattern']).includes('[Tt]rue')
        ? 'is not a boolean: it takes on or off'
        : 'is not an integer';
    case 'minimum':
    case 'maximum':
      return 'is not a boolean: it takes on or off';
    default:
      return `didn't pass validation: ${keyword}`;
  }
}

/** The fault an error in `root` stands for. */
export function schemaFault(error: SchemaError, root: JsonObject): ConfigFault {
  const path = pathOf(error.instancePath);
  const missing = error.params['missingProperty'];
  if (error.keyword === 'required' && typeof missing === 'string') {
    return fault([...path, missing].join('.'), undefined, 'is not defined.');
  }
  const value = valueAt(root, path);
  return fault(path.join('.'), value, messageOf(error));
}
