// Verbs about applications, their units and their relations.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import { UserError } from '../user-error.ts';
import { ignored } from './model-verbs.ts';
import type { Session } from './session.ts';
import { keyValues, wholeNumber } from './session.ts';

interface DeployFlags {
  readonly numUnits: string;
  readonly config: readonly string[];
  readonly trust?: boolean;
  readonly to?: string;
  readonly storage: readonly string[];
  readonly resource: readonly string[];
}

interface RemoveFlags {
  readonly force?: boolean;
}

interface RefreshFlags {
  readonly path: string;
  readonly forceUnits?: boolean;
  readonly resource: readonly string[];
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function addApplicationVerbs(program: Command, session: Session): void {
  addDeploy(program, session);
  addUnitVerbs(program, session);
  addRelationVerbs(program, session);
  addRefresh(program, session);
  for (const [verb, exposed] of [
    ['expose', true],
    ['unexpose', false],
  ] as const) {
    program
      .command(verb)
      .description(exposed ? 'mark an application as exposed' : 'take the mark away')
      .argument('<application>')
      .action(async (application: string) => {
        await (await session.open()).call('expose', { application, exposed });
      });
  }
  program
    .command('trust')
    .description('let an application use the credentials of the model')
    .argument('<application>')
    .option('--remove', 'take the trust back')
    .addOption(ignored('--scope <scope>'))
    .action(async (application: string, flags: { readonly remove?: boolean }) => {
      const trust = flags.remove !== true;
      await (await session.open()).call('set-trust', { application, trust });
    });
}

function addDeploy(program: Command, session: Session): void {
  program
    .command('deploy')
    .description('deploy a charm from a directory or a .charm file')
    .argument('<charm>', 'path of the charm')
    .argument('[name]', "name of the application (default: the charm's)")
    .option('-n, --num-units <number>', 'units to start with', '1')
    .option('--config <key=value|file>', 'an option, or a YAML file of options', collect, [])
    .option('--trust', 'let the application use the credentials of the model')
    .option('--to <machines>', 'machines to put units on, separated by commas')
    .option('--storage <name=directive>', 'storage directives', collect, [])
    .option('--resource <name=file>', "files of the charm's resources", collect, [])
    .addOption(ignored('--base <base>'))
    .addOption(ignored('--channel <channel>'))
    .addOption(ignored('--force'))
    .action(async (charm: string, name: string | undefined, flags: DeployFlags) =>
      deploy(session, charm, name ?? null, flags),
    );
}

async function deploy(
  session: Session,
  charm: string,
  application: string | null,
  flags: DeployFlags,
): Promise<void> {
  const units = wholeNumber(flags.numUnits, 'number of units', 1);
  const path = charmPath(charm);
  const files = flags.config.filter((item) => !item.includes('='));
  if (files.length > 1) throw new UserError('more than one --config file', 'Give one file.');
  const juju = await session.start();
  const input = {
    path,
    application,
    units,
    config: keyValues(flags.config.filter((item) => item.includes('='))),
    configFile: files[0] === undefined ? null : readFile(files[0]),
    trust: flags.trust ?? false,
    to: flags.to === undefined ? [] : flags.to.split(','),
    storage: keyValues(flags.storage),
    resources: resourcePaths(flags.resource),
  };
  const deployed = await juju.call('deploy', input);
  session.print(`Deployed "${deployed.application}" from ${deployed.charmUrl}`);
}

/** Only local charms: a name as in a charm store is most likely a forgotten `./`. */
function charmPath(charm: string): string {
  const path = resolve(charm);
  if (existsSync(path)) return path;
  throw new UserError(
    `no charm was found at "${charm}"`,
    'Give the path of a charm directory or of a .charm file, for example ./postgresql.charm.',
  );
}

function readFile(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new UserError(
    `configuration file "${path}" not found`,
    'Write --config key=value, or the path of a YAML file.',
  );
}

function resourcePaths(items: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(keyValues(items)).map(([name, path]) => [name, resolve(path)]),
  );
}

function addUnitVerbs(program: Command, session: Session): void {
  program
    .command('add-unit')
    .description('add units to an application')
    .argument('<application>')
    .option('-n, --num-units <number>', 'how many', '1')
    .option('--to <machines>', 'machines to put them on, separated by commas')
    .action(async (application: string, flags: { numUnits: string; to?: string }) => {
      const units = wholeNumber(flags.numUnits, 'number of units', 1);
      const to = flags.to === undefined ? [] : flags.to.split(',');
      await (await session.open()).call('add-units', { application, units, to });
    });
  withRemoveOptions(program.command('remove-unit'))
    .description('remove units with their teardown hooks')
    .argument('<units...>')
    .action(async (units: readonly string[], flags: RemoveFlags) => {
      const juju = await session.open();
      for (const unit of units) {
        await juju.removeUnit(unit, { force: flags.force ?? false });
        session.print(`will remove unit ${unit}`);
      }
    });
  withRemoveOptions(program.command('remove-application'))
    .description('remove applications with all their units')
    .argument('<applications...>')
    .action(async (applications: readonly string[], flags: RemoveFlags) => {
      const juju = await session.open();
      for (const application of applications) {
        await juju.removeApplication(application, { force: flags.force ?? false });
        session.print(`will remove application ${application}`);
      }
    });
  program
    .command('resolved')
    .alias('resolve')
    .description('retry the failed hooks of units, or take them as done')
    .argument('[units...]')
    .option('--no-retry', 'take the failed hook as done without running it')
    .option('--all', 'all units in error')
    .action(async (units: readonly string[], flags: { retry: boolean; all?: boolean }) => {
      if (units.length === 0 && flags.all !== true) {
        throw new UserError('no unit specified', 'Name units, or pass --all.');
      }
      const input = { units, all: flags.all ?? false, retry: flags.retry };
      await (await session.open()).call('resolve', input);
    });
}

function withRemoveOptions(command: Command): Command {
  return command
    .option('--force', 'at once, without teardown hooks')
    .addOption(ignored('--no-wait'))
    .addOption(ignored('--no-prompt'))
    .addOption(ignored('--destroy-storage'));
}

function addRelationVerbs(program: Command, session: Session): void {
  program
    .command('integrate')
    .alias('relate')
    .description('relate two applications')
    .argument('<application[:endpoint]>')
    .argument('<application[:endpoint]>')
    .action(async (left: string, right: string) => {
      await (await session.open()).integrate(left, right);
    });
  program
    .command('remove-relation')
    .description('end a relation, given by two endpoints or by its number')
    .argument('<endpoints...>')
    .option('--force', 'at once, without departed and broken hooks')
    .action(async (endpoints: readonly string[], flags: RemoveFlags) => {
      const force = flags.force ?? false;
      await (await session.open()).call('remove-relation', { endpoints, force });
    });
  for (const [verb, suspended] of [
    ['suspend-relation', true],
    ['resume-relation', false],
  ] as const) {
    program
      .command(verb)
      .description(suspended ? 'let a relation break until it is resumed' : 'let it join again')
      .argument('<number>', 'number of the relation')
      .action(async (relation: string) => {
        await (await session.open()).call('suspend-relation', { relation, suspended });
      });
  }
}

function addRefresh(program: Command, session: Session): void {
  program
    .command('refresh')
    .description('upgrade an application to another revision of its charm')
    .argument('<application>')
    .requiredOption('--path <charm>', 'path of the new charm')
    .option('--force-units', 'upgrade units in error too, without upgrade-charm for them')
    .option('--resource <name=file>', "files of the charm's resources", collect, [])
    .addOption(ignored('--force'))
    .action(async (application: string, flags: RefreshFlags) => {
      const { charmUrl } = await (
        await session.open()
      ).call('refresh', {
        application,
        path: charmPath(flags.path),
        forceUnits: flags.forceUnits ?? false,
        resources: resourcePaths(flags.resource),
      });
      session.print(`Added charm ${charmUrl} to the model; ${application} is being upgraded`);
    });
}
