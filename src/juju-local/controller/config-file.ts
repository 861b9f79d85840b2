// Reads the file of `--config FILE`: YAML with the options either at its root or under the application's name.

import { parse } from 'yaml';

import type { ConfigValue } from '#core/juju/model.ts';

import { UserError } from '../user-error.ts';

/** Throws `UserError` when the text is not YAML or holds something else than options. */
export function readConfigFile(
  text: string,
  application: string,
): Readonly<Record<string, ConfigValue>> {
  const root = asMap(parseYaml(text), 'the configuration file');
  const own = Object.hasOwn(root, application) ? root[application] : root;
  const options = asMap(own, `"${application}" of the configuration file`);
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, asValue(key, value)]),
  );
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [reason = ''] = error.message.split('\n');
    throw new UserError(
      `cannot parse the configuration file: ${reason}`,
      'Write "option: value" lines.',
    );
  }
}

function asMap(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UserError(`${what} is no map of options`, 'Write "option: value" lines.');
}

function asValue(key: string, value: unknown): ConfigValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new UserError(
    `option "${key}" of the configuration file is neither a string, a number nor a boolean`,
    'Put a text of several lines in a block scalar (|).',
  );
}
