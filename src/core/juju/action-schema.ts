// JSON Schema draft 4, as action parameters are described in it (F41), on top of a validator that speaks
// a later draft. The translation keeps the words of draft 4 only: a later draft's `const` or `if` means
// nothing to Juju, so it must mean nothing here.

import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { invalidCharm, isFields } from './coerce.ts';
import type { Fields } from './coerce.ts';

const plainKeywords: readonly string[] = [
  'type',
  'enum',
  'required',
  'multipleOf',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxProperties',
  'minProperties',
];
const keywordsWithSchema: readonly string[] = [
  'items',
  'additionalItems',
  'additionalProperties',
  'not',
  'allOf',
  'anyOf',
  'oneOf',
];
const keywordsWithSchemaMap: readonly string[] = [
  'properties',
  'patternProperties',
  'dependencies',
];

/** Throws `invalid-charm` when the parameters of an action are no schema. */
export function checkActionSchema(action: string, schema: Fields): void {
  try {
    compile(schema);
  } catch (error) {
    // The validator throws plain errors for a bad schema, and has no class to tell them by.
    const problem = error instanceof Error ? error.message : String(error);
    throw invalidCharm(
      `invalid params schema for action schema ${action}: ${problem}`,
      'Write the parameters of actions.yaml in JSON Schema, draft 4.',
    );
  }
}

/** What is wrong with a value, in Juju's words; empty when it fits. */
export function schemaProblems(schema: Fields, value: unknown): readonly string[] {
  const validate = compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(problemText);
}

// Compiling takes milliseconds, so the result is kept for as long as its schema is. It is a function of
// the schema alone: nobody can tell the difference but by the clock.
const compiled = new WeakMap<Fields, ValidateFunction>();

function compile(schema: Fields): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // `verbose` puts the offending value into each problem, `allErrors` lists them all.
  const validator = new Ajv({
    allErrors: true,
    logger: false,
    strict: false,
    unicodeRegExp: false,
    validateFormats: false,
    verbose: true,
  });
  const validate = validator.compile(translate(schema));
  compiled.set(schema, validate);
  return validate;
}

function translate(schema: Fields): Fields {
  const entries = Object.entries(schema).flatMap(([key, value]): readonly [string, unknown][] => {
    if (plainKeywords.includes(key)) return [[key, value]];
    if (keywordsWithSchema.includes(key)) return [[key, translateInner(value)]];
    if (keywordsWithSchemaMap.includes(key)) return [[key, translateMap(value)]];
    return [];
  });
  return Object.fromEntries([
    ...entries,
    ...bound(schema, 'minimum', 'exclusiveMinimum'),
    ...bound(schema, 'maximum', 'exclusiveMaximum'),
  ]);
}

function translateInner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(translateInner);
  return isFields(value) ? translate(value) : value;
}

function translateMap(value: unknown): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, translateInner(inner)]),
  );
}

/** In draft 4 an exclusive bound is a boolean beside the bound; later it is the number itself. */
function bound(schema: Fields, key: string, exclusiveKey: string): readonly [string, unknown][] {
  if (!Object.hasOwn(schema, key)) return [];
  return [[schema[exclusiveKey] === true ? exclusiveKey : key, schema[key]]];
}

function problemText(error: ErrorObject): string {
  const place = `(root)${error.instancePath.replaceAll('/', '.')}`;
  return `${place} : ${complaint(error)}, given ${JSON.stringify(error.data)}`;
}

function complaint(error: ErrorObject): string {
  const parameters: Fields = error.params;
  const limit = JSON.stringify(parameters.limit);
  switch (error.keyword) {
    case 'required':
      return `"${String(parameters.missingProperty)}" property is missing and required`;
    case 'additionalProperties':
      return `additional property "${String(parameters.additionalProperty)}" is not allowed`;
    case 'type':
      return `must be of type ${String(parameters.type)}`;
    case 'enum':
      return `must match one of the enum values ${JSON.stringify(parameters.allowedValues)}`;
    case 'minimum':
      return `must be greater than or equal to ${limit}`;
    case 'exclusiveMinimum':
      return `must be greater than ${limit}`;
    case 'maximum':
      return `must be less than or equal to ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'pattern':
      return `does not match pattern '${String(parameters.pattern)}'`;
    default:
      return error.message ?? `does not satisfy ${error.keyword}`;
  }
}
