// actions.yaml: the actions a charm has and the schema of their parameters (F40, F41).

import { checkActionSchema } from './action-schema.ts';
import type { ActionDefinition, CharmDefinition } from './charm-definition.ts';
import { expectFields, invalidCharm, isFields } from './coerce.ts';
import type { Fields } from './coerce.ts';
import { parseYamlFile } from './yaml-text.ts';

const namePattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;

// Keys of an action that say how it runs; all others are part of the schema.
const executionKeys: readonly string[] = ['parallel', 'execution-group', 'params'];

/** Throws `invalid-charm` with Juju's text for the first rule the file breaks. */
export function readActions(text: string): CharmDefinition['actions'] {
  const file = parseYamlFile(text, 'actions');
  if (file === null) return {};
  return Object.fromEntries(
    Object.entries(expectFields(file, 'actions')).map(([name, value]) => [
      name,
      readAction(name, value),
    ]),
  );
}

function readAction(name: string, value: unknown): ActionDefinition {
  checkName(name);
  const fields = value === null ? {} : expectFields(value, `actions: ${name}`);
  refuseReferences(fields);
  const description = typed(fields, 'description', 'string') ?? 'No description';
  const parameters: Fields = {
    title: typed(fields, 'title', 'string') ?? name,
    type: 'object',
    properties: readProperties(fields.params),
    additionalProperties: false,
    ...Object.fromEntries(Object.entries(fields).filter(([key]) => !executionKeys.includes(key))),
    description,
  };
  checkActionSchema(name, parameters);
  return {
    name,
    description,
    parallel: typed(fields, 'parallel', 'boolean') ?? false,
    executionGroup: typed(fields, 'execution-group', 'string') ?? '',
    parameters,
  };
}

function checkName(name: string): void {
  if (name === 'juju' || name.startsWith('juju-')) {
    const reserved = name === 'juju' ? name : 'juju-';
    throw invalidCharm(
      `cannot use action name ${name}: "${reserved}" is a reserved name`,
      'Choose a name that does not start with juju-.',
    );
  }
  if (namePattern.test(name)) return;
  throw invalidCharm(
    `bad action name ${name}`,
    'Use lower-case letters, digits and hyphens, with a letter or digit at both ends.',
  );
}

function readProperties(params: unknown): Fields {
  if (params === undefined || params === null) return {};
  if (isFields(params)) return params;
  throw invalidCharm(
    'params failed to parse as a map',
    'Write `params` as a map from name to schema.',
  );
}

interface TypeOf {
  readonly string: string;
  readonly boolean: boolean;
}

/** The value of a key when it has the type, undefined when there is none. */
function typed<Type extends keyof TypeOf>(
  fields: Fields,
  key: string,
  type: Type,
): TypeOf[Type] | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  // The check on this line is what makes the cast true.
  if (typeof value === type) return value as TypeOf[Type];
  const wanted = type === 'boolean' ? 'bool' : type;
  throw invalidCharm(
    `value for schema key "${key}" must be a ${wanted}`,
    'Mend actions.yaml and pack the charm again.',
  );
}

/** Juju takes neither reference nor choice of dialect, at any depth: schemas are to be self-contained. */
function refuseReferences(value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach(refuseReferences);
    return;
  }
  if (!isFields(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$schema' || key === '$ref') {
      throw invalidCharm(
        `schema key "${key}" not compatible with this version of juju`,
        'Write the schema out in place.',
      );
    }
    refuseReferences(inner);
  }
}
