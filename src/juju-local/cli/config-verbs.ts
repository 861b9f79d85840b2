// Verbs about configuration: of an application and of the model.

import { existsSync, readFileSync } from 'node:fs';

import type { Command } from 'commander';

import { effectiveConfig } from '#core/juju/config-values.ts';
import { applicationNamed, charmOf } from '#core/juju/find.ts';
import type { Model } from '#core/juju/model.ts';
import { modelConfigValues } from '#core/juju/model-config.ts';
import { own } from '#core/juju/own.ts';

import { UserError } from '../user-error.ts';
import { checkFormat, formatData, formatTable } from './format.ts';
import type { Session } from './session.ts';
import { keyValues } from './session.ts';

interface ConfigFlags {
  readonly reset?: string;
  readonly file?: string;
  readonly format: string;
}

export function addConfigVerbs(program: Command, session: Session): void {
  program
    .command('config')
    .description('show, set or reset the options of an application')
    .argument('<application>')
    .argument('[options...]', 'one name to show, or name=value to set; value may be @FILE')
    .option('--reset <names>', 'options to take back to their defaults, separated by commas')
    .option('--file <file>', 'YAML file of options')
    .option('--format <format>', 'yaml or json', 'yaml')
    .action(async (application: string, options: readonly string[], flags: ConfigFlags) =>
      config(session, application, options, flags),
    );
  program
    .command('model-config')
    .description('show, set or reset the configuration of the model')
    .argument('[options...]', 'one name to show, or name=value to set')
    .option('--reset <names>', 'names to take back to their defaults, separated by commas')
    .option('--format <format>', 'tabular, yaml or json', 'tabular')
    .action(async (options: readonly string[], flags: ConfigFlags) =>
      modelConfig(session, options, flags),
    );
}

async function config(
  session: Session,
  application: string,
  options: readonly string[],
  flags: ConfigFlags,
): Promise<void> {
  const juju = await session.open();
  const reset = splitNames(flags.reset);
  const setting = options.filter((option) => option.includes('='));
  if (setting.length > 0 || reset.length > 0 || flags.file !== undefined) {
    refuseMixed(options, setting);
    const values = readFiles(keyValues(setting));
    const file = flags.file === undefined ? null : readFile(flags.file);
    await juju.call('set-config', { application, values, file, reset });
    return;
  }
  const format = checkFormat(flags.format, ['yaml', 'json']);
  const model = await juju.model();
  const [name, ...others] = options;
  if (others.length > 0) refuseMixed(options, setting);
  if (name === undefined) {
    session.print(formatData(describeConfig(model, application), format));
    return;
  }
  const charm = charmOf(model, application);
  if (own(charm.config, name) === undefined) throw unknownOption(name, Object.keys(charm.config));
  const value = own(effectiveConfig(applicationNamed(model, application), charm), name);
  // As juju: the bare value, so that a script can use it.
  session.print(value === undefined ? '' : String(value));
}

/** What `juju config APP` prints of each option. */
function describeConfig(model: Model, name: string): unknown {
  const application = applicationNamed(model, name);
  const charm = charmOf(model, name);
  const settings = Object.values(charm.config).map((option) => {
    const set = own(application.config, option.name);
    const value = set ?? option.default;
    const source = set === undefined ? (value === null ? 'unset' : 'default') : 'user';
    return [
      option.name,
      {
        ...(option.default === null ? {} : { default: option.default }),
        description: option.description,
        source,
        type: option.type,
        ...(value === null ? {} : { value }),
      },
    ];
  });
  return {
    application: name,
    'application-config': {
      trust: {
        default: false,
        description: 'Does this application have access to trusted credentials',
        source: application.trust ? 'user' : 'default',
        type: 'bool',
        value: application.trust,
      },
    },
    charm: charm.name,
    settings: Object.fromEntries(settings),
  };
}

async function modelConfig(
  session: Session,
  options: readonly string[],
  flags: ConfigFlags,
): Promise<void> {
  const juju = await session.open();
  const setting = options.filter((option) => option.includes('='));
  const reset = splitNames(flags.reset);
  if (setting.length > 0 || reset.length > 0) {
    refuseMixed(options, setting);
    await juju.call('set-model-config', { values: keyValues(setting), reset });
    return;
  }
  const values = modelConfigValues(await juju.model());
  const format = checkFormat(flags.format, ['tabular', 'yaml', 'json']);
  const [name] = options;
  if (name !== undefined) {
    const value = own(values, name);
    if (value === undefined) throw unknownOption(name, Object.keys(values));
    session.print(String(value));
  } else if (format === 'tabular') {
    const rows = Object.entries(values).map(([key, value]) => [key, String(value)]);
    session.print(formatTable(['Attribute', 'Value'], rows));
  } else session.print(formatData(values, format));
}

function splitNames(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',').filter((name) => name !== '');
}

function refuseMixed(options: readonly string[], setting: readonly string[]): void {
  if (setting.length === options.length) return;
  throw new UserError(
    'can only retrieve a single value, and only when none is set',
    'Show one option by its name, or set options with name=value.',
  );
}

function unknownOption(name: string, known: readonly string[]): UserError {
  const near = known.find((option) => option.startsWith(name.slice(0, 3)));
  const hint =
    near === undefined ? `There are ${known.join(', ') || 'none'}.` : `Did you mean ${near}?`;
  return new UserError(`key "${name}" not found in configuration`, hint);
}

/** `name=@FILE` takes the value from a file. */
function readFiles(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.startsWith('@') ? readFile(value.slice(1)) : value,
    ]),
  );
}

function readFile(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new UserError(`file "${path}" not found`, 'Give the path of an existing file.');
}
