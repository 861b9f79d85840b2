// config.yaml: the options a charm has (F30, F31, F33, F34).

import type { CharmDefinition, ConfigOption } from './charm-definition.ts';
import { expectFields, expectStringOrNothing, invalidCharm, isFields } from './coerce.ts';
import { readConfigValue } from './config-values.ts';
import { ModelError } from './model-error.ts';
import type { ConfigValue } from './model.ts';
import { parseYamlFile } from './yaml-text.ts';

const types: readonly ConfigOption['type'][] = ['string', 'int', 'float', 'boolean', 'secret'];

/** Throws `invalid-charm` `invalid config: ...` or `invalid config default: ...`. */
export function readOptions(text: string): CharmDefinition['config'] {
  const file = parseYamlFile(text, 'invalid config');
  const options = isFields(file) ? file.options : null;
  if (options === undefined || options === null) {
    throw invalidCharm(
      'invalid config: empty configuration',
      'List options under `options:`, or leave config.yaml out.',
    );
  }
  return Object.fromEntries(
    Object.entries(expectFields(options, 'invalid config: options')).map(([name, value]) => [
      name,
      readOption(name, value),
    ]),
  );
}

function readOption(name: string, value: unknown): ConfigOption {
  const path = `invalid config: options.${name}`;
  const fields = expectFields(value, path);
  const typeName = fields.type ?? 'string';
  const type = types.find((each) => each === typeName);
  if (type === undefined) {
    throw invalidCharm(
      `invalid config: option "${name}" has unknown type ${JSON.stringify(typeName)}`,
      `Write one of ${types.join(', ')}.`,
    );
  }
  const description = expectStringOrNothing(fields.description, `${path}.description`);
  const option: ConfigOption = { name, type, default: null, description };
  return { ...option, default: readDefault(option, fields.default) };
}

/** An absent default and a null one are the same: the option is unset (F33). */
function readDefault(option: ConfigOption, value: unknown): ConfigValue | null {
  if (value === undefined || value === null) return null;
  const prefix = 'invalid config default:';
  const isScalar =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isScalar) {
    throw invalidCharm(
      `${prefix} option "${option.name}" expected ${option.type}, got ${JSON.stringify(value)}`,
      'A default is one text, number or boolean.',
    );
  }
  try {
    return readConfigValue(option, value);
  } catch (error) {
    // The same rule as for a user's value, but here the charm is to blame.
    if (!(error instanceof ModelError)) throw error;
    throw invalidCharm(`${prefix} ${error.message}`, error.hint);
  }
}
