// Values of charm options: read from what a user typed, checked against the option's type, completed
// with the charm's defaults.

import type { CharmDefinition, ConfigOption } from './charm-definition.ts';
import { ModelError } from './model-error.ts';
import type { Application, ConfigValue } from './model.ts';
import { secretIdIn } from './names.ts';
import { own } from './own.ts';

export type ConfigValues = Readonly<Record<string, ConfigValue>>;

const integerPattern = /^[+-]?[0-9]+$/u;
const floatPattern = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/u;
// The spellings Go's own parser of booleans takes.
const trueSpellings: readonly string[] = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const falseSpellings: readonly string[] = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/**
 * Reads one value for an option: text as the command line gives it, or a typed value as a file does.
 *
 * Throws `not-valid`: `option "port" expected int, got "abc"` (F32). An empty text is a value only for
 * options of type string (F34).
 */
export function readConfigValue(option: ConfigOption, value: ConfigValue): ConfigValue {
  const read = typeof value === 'string' ? readText(option, value) : readTyped(option, value);
  if (read !== null) return read;
  throw new ModelError(
    'not-valid',
    `option "${option.name}" expected ${option.type}, got ${JSON.stringify(value)}`,
    expectations[option.type],
  );
}

/**
 * Reads all the values of one command. One bad key or value rejects them all (F33).
 *
 * Throws `not-found` `unknown option "x"`, or what `readConfigValue` throws.
 */
export function readConfigValues(charm: CharmDefinition, values: ConfigValues): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      readConfigValue(optionNamed(charm, name), value),
    ]),
  );
}

/** Throws `not-found` when the charm has no such option. */
export function optionNamed(charm: CharmDefinition, name: string): ConfigOption {
  const option = own(charm.config, name);
  if (option !== undefined) return option;
  const known = Object.keys(charm.config).sort();
  throw new ModelError(
    'not-found',
    `unknown option "${name}"`,
    known.length === 0
      ? `Charm ${charm.name} has no options.`
      : `Options of charm ${charm.name} are ${known.join(', ')}.`,
  );
}

/** What the charm sees: what the user set, else the default; options with neither are absent (H100). */
export function effectiveConfig(
  application: Pick<Application, 'config'>,
  charm: Pick<CharmDefinition, 'config'>,
): ConfigValues {
  const effective = new Map<string, ConfigValue>();
  for (const option of Object.values(charm.config)) {
    const value = own(application.config, option.name) ?? option.default;
    if (value !== null) effective.set(option.name, value);
  }
  return Object.fromEntries(effective);
}

/** What of an application's settings still fits a new charm; the rest goes without a word (F35). */
export function carryConfigOver(values: ConfigValues, charm: CharmDefinition): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      const option = own(charm.config, name);
      // A text that would parse as the new type is dropped all the same: what is kept has the type already.
      return option !== undefined && hasType(option, value);
    }),
  );
}

/** True when a value is of the option's type as it stands, with no parsing. */
export function hasType(option: ConfigOption, value: ConfigValue): boolean {
  if (typeof value !== 'string') return readTyped(option, value) !== null;
  if (option.type === 'secret') return secretIdIn(value) !== null;
  return option.type === 'string';
}

function readText(option: ConfigOption, text: string): ConfigValue | null {
  return readers[option.type](text);
}

function readTyped(option: ConfigOption, value: number | boolean): ConfigValue | null {
  return accepts[option.type](value) ? value : null;
}

const readers: Readonly<Record<ConfigOption['type'], (text: string) => ConfigValue | null>> = {
  string: (text) => text,
  // Juju takes 64 bits. Beyond 53 a number would change silently on its way, so it is refused here.
  int: (text) => {
    const number = integerPattern.test(text) ? Number(text) : Number.NaN;
    // Adding zero turns the -0 of `-0` into 0.
    return Number.isSafeInteger(number) ? number + 0 : null;
  },
  float: (text) => {
    const number = floatPattern.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(number) ? number : null;
  },
  boolean: (text) => {
    if (trueSpellings.includes(text)) return true;
    return falseSpellings.includes(text) ? false : null;
  },
  secret: (text) => {
    const id = secretIdIn(text);
    return id === null ? null : `secret:${id}`;
  },
};

const accepts: Readonly<Record<ConfigOption['type'], (value: number | boolean) => boolean>> = {
  string: () => false,
  int: (value) => Number.isSafeInteger(value),
  float: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  secret: () => false,
};

const expectations: Readonly<Record<ConfigOption['type'], string>> = {
  string: 'Give a text; in a file put it in quotes.',
  int: 'Give a whole number in decimal digits, no larger than 9007199254740991.',
  float: 'Give a decimal number such as 1.5.',
  boolean: 'Give true or false.',
  secret: 'Give a secret by its URI, for example secret:9m4e2mr0ui3e8a215n4g.',
};
