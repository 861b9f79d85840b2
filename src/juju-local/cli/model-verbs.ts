// Verbs about the model as a whole: making it, ending it, waiting for it.

import type { Command } from 'commander';
import { Option } from 'commander';

import { shownStatus } from '#core/juju/status-severity.ts';
import type { Model } from '#core/juju/model.ts';

import { describeUnit, unitsIn } from '../client-views.ts';
import { JujuLocal } from '../client.ts';
import { holdsModel } from '../state/state-directory.ts';
import { UserError } from '../user-error.ts';
import type { Session } from './session.ts';
import { duration, wholeNumber } from './session.ts';

interface BootstrapFlags {
  readonly model: string;
  readonly foreground?: boolean;
  readonly parallelHooks?: string;
  readonly seed?: string;
}

interface DestroyFlags {
  readonly force?: boolean;
  readonly timeout: string;
}

interface WaitFlags {
  readonly query?: string;
  readonly status?: string;
  readonly timeout: string;
}

export function addModelVerbs(program: Command, session: Session): void {
  const withControllerOptions = (command: Command): Command =>
    command
      .option('--model <name>', 'name of the model', 'local')
      .option('--parallel-hooks <number>', 'hooks that may run at the same time (default: cores)')
      .option('--seed <number>', 'seed of every order Juju leaves open');
  withControllerOptions(program.command('bootstrap'))
    .description('start the controller of a new model, or of one whose controller ended')
    .option('--foreground', 'stay, and end the controller with Ctrl-C')
    .action(async (flags: BootstrapFlags) => bootstrap(session, flags));
  // The detached controller process itself.
  withControllerOptions(program.command('controller', { hidden: true })).action(
    async (flags: BootstrapFlags) => runHere(session, flags, false),
  );
  program
    .command('destroy')
    .aliases(['destroy-model', 'kill-controller', 'destroy-controller'])
    .description('remove every application, end every process of the model, remove its directory')
    .argument('[name]', 'accepted as juju does; there is one model here')
    .option('--force', 'end everything at once, without teardown hooks')
    .option('--timeout <duration>', 'how long teardown hooks may take in all', '10m')
    .addOption(ignored('--no-prompt'))
    .addOption(ignored('-y, --yes'))
    .addOption(ignored('--destroy-storage'))
    .addOption(ignored('--destroy-all-models'))
    .action(async (_name: unknown, flags: DestroyFlags) => destroy(session, flags));
  program
    .command('stop')
    .description('end the controller only; daemons go on, and bootstrap goes on from there')
    .action(async () => {
      await (await session.open()).stop();
      session.print('Controller stopped');
    });
  program
    .command('wait-for')
    .description('wait until an application, a unit or the model is as wanted')
    .argument('<kind>', 'application, unit or model')
    .argument('[name]', 'name of the application or unit')
    .option('--status <status>', 'workload status to wait for', 'active')
    .option('--query <query>', 'as juju\'s, but only status=="..." is understood')
    .option('--timeout <duration>', 'how long to wait', '10m')
    .action(async (kind: string, name: string | undefined, flags: WaitFlags) =>
      waitFor(session, kind, name ?? '', flags),
    );
  program
    .command('version')
    .description('print the version of Juju whose behaviour this is')
    .action(async () => {
      const { jujuVersion } = await import('../controller/juju-version.ts');
      session.print(`${jujuVersion}-juju-local`);
    });
}

/** Options people type from habit and that mean nothing here. */
export function ignored(flags: string): Option {
  return new Option(flags, 'accepted for habit').hideHelp();
}

async function bootstrap(session: Session, flags: BootstrapFlags): Promise<void> {
  if (flags.foreground === true) {
    await runHere(session, flags, true);
    return;
  }
  const juju = await session.start({
    modelName: flags.model,
    ...(flags.parallelHooks === undefined
      ? {}
      : { parallelHooks: wholeNumber(flags.parallelHooks, 'number of hooks', 1) }),
    ...(flags.seed === undefined ? {} : { seed: wholeNumber(flags.seed, 'seed') }),
  });
  const { modelName, stateDir } = await juju.ping();
  session.print(`Model "${modelName}" is served from ${stateDir}`);
}

async function runHere(
  session: Session,
  flags: BootstrapFlags,
  foreground: boolean,
): Promise<void> {
  const { runController } = await import('../controller/main.ts');
  await runController({
    stateDir: session.stateDir,
    modelName: flags.model,
    parallelHooks:
      flags.parallelHooks === undefined
        ? null
        : wholeNumber(flags.parallelHooks, 'number of hooks', 1),
    seed: flags.seed === undefined ? null : wholeNumber(flags.seed, 'seed'),
    foreground,
  });
}

async function destroy(session: Session, flags: DestroyFlags): Promise<void> {
  const { stateDir } = session;
  if (!holdsModel(stateDir)) {
    throw new UserError(`no model in "${stateDir}"`, 'Name the right directory with --state-dir.');
  }
  const juju = await JujuLocal.open({ stateDir });
  await juju.destroy({
    force: flags.force ?? false,
    timeoutMs: duration(flags.timeout),
    onProgress: (text) => session.progress(`Waiting for ${text}`),
  });
  session.print(`Model destroyed, ${stateDir} removed`);
}

const waitKinds = ['application', 'unit', 'model'] as const;

async function waitFor(
  session: Session,
  kindText: string,
  name: string,
  flags: WaitFlags,
): Promise<void> {
  const kind = waitKinds.find((candidate) => candidate === kindText);
  if (kind === undefined) {
    throw new UserError(`cannot wait for "${kindText}"`, `Use one of ${waitKinds.join(', ')}.`);
  }
  const juju = await session.open();
  const options = {
    timeoutMs: duration(flags.timeout),
    onProgress: (text: string) => session.progress(`Waiting for ${text}`),
  };
  const status = statusIn(flags);
  if (kind === 'model') await juju.settled(options);
  else if (kind === 'application') await juju.waitForStatus(name, status, options);
  else await juju.waitFor((model) => unitIs(model, name, status), describe(name, status), options);
}

/** By the status a person sees: a unit whose hook failed shows `error`, whatever its charm said last (E81). */
function unitIs(model: Model, name: string, status: string): boolean {
  const unit = model.units[name];
  return unit !== undefined && shownStatus(model, unit).workload.status === status;
}

function describe(name: string, status: string): (model: Model) => string {
  return (model) => {
    const application = name.slice(0, Math.max(name.indexOf('/'), 0));
    const unit = unitsIn(model, application).find((candidate) => candidate.name === name);
    return `${name} to be ${status}: ${unit === undefined ? 'it is not there' : describeUnit(unit)}`;
  };
}

/** The status a query names: `status=="active"`, alone or among others joined by &&. */
function statusIn(flags: WaitFlags): string {
  if (flags.query === undefined) return flags.status ?? 'active';
  const found = /\bstatus\s*==\s*["']([a-z]+)["']/u.exec(flags.query);
  if (found?.[1] !== undefined) return found[1];
  throw new UserError(
    `cannot understand query "${flags.query}"`,
    'Only status=="..." is understood here; use --status.',
  );
}
