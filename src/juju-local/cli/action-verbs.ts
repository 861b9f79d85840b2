// Verbs that run something on units: actions, command lines, and what became of them.

import { readFileSync } from 'node:fs';

import type { Command } from 'commander';
import { parse } from 'yaml';

import { parseActionArguments } from '#core/juju/action-parameters.ts';
import { charmOf, unitsOf } from '#core/juju/find.ts';
import type { Model, Task } from '#core/juju/model.ts';
import { operationStatus, taskNumbered, tasksOfOperation } from '#core/juju/tasks.ts';

import type { JujuLocal } from '../client.ts';
import { UserError } from '../user-error.ts';
import { checkFormat, formatData, formatTable } from './format.ts';
import type { Session } from './session.ts';
import { duration } from './session.ts';
import { describeTask, plainExec, plainTask } from './task-output.ts';

interface RunFlags {
  readonly wait?: string;
  readonly background?: boolean;
  readonly format: string;
  readonly stringArgs?: boolean;
  readonly params?: string;
}

interface ExecFlags extends RunFlags {
  readonly unit?: string;
  readonly application?: string;
  readonly machine?: string;
  readonly all?: boolean;
}

const formats = ['plain', 'yaml', 'json'] as const;

export function addActionVerbs(program: Command, session: Session): void {
  const withWaiting = (command: Command): Command =>
    command
      .option('--wait <duration>', 'how long to wait at most (default: 10m)')
      .option('--background', 'only queue it')
      .option('--format <format>', 'plain, yaml or json', 'plain');
  withWaiting(program.command('run'))
    .description('run an action: run app/0 app/leader ACTION key=value...')
    .argument('<words...>', 'units, then the action, then its parameters')
    .option('--string-args', 'take parameter values as plain text')
    .option('--params <file>', 'YAML file of parameters; those on the line come on top')
    .action(async (words: readonly string[], flags: RunFlags) => run(session, words, flags));
  withWaiting(program.command('exec'))
    .description('run a command line in the hook context of units: exec --unit app/0 -- COMMAND')
    .argument('<command...>')
    .option('-u, --unit <units>', 'units, separated by commas; app/leader is one')
    .option('-a, --application <applications>', 'all units of applications')
    .option('--machine <machines>', 'all units on machines')
    .option('--all', 'all units')
    .action(async (words: readonly string[], flags: ExecFlags) => exec(session, words, flags));
  addTaskVerbs(program, session);
}

function addTaskVerbs(program: Command, session: Session): void {
  const format = (command: Command): Command =>
    command.option('--format <format>', 'yaml or json', 'yaml');
  format(program.command('show-task'))
    .description('show one task with its results')
    .argument('<task>')
    .action(async (id: string, flags: { readonly format: string }) => {
      const task = taskNumbered(await (await session.open()).model(), id);
      session.print(formatData(describeTask(task), checkFormat(flags.format, ['yaml', 'json'])));
    });
  format(program.command('show-operation'))
    .description('show an operation with all its tasks')
    .argument('<operation>')
    .action(async (id: string, flags: { readonly format: string }) => {
      const tasks = tasksOfOperation(await (await session.open()).model(), id);
      const value = {
        status: operationStatus(tasks),
        tasks: Object.fromEntries(tasks.map((task) => [task.id, describeTask(task)])),
      };
      session.print(formatData(value, checkFormat(flags.format, ['yaml', 'json'])));
    });
  program
    .command('operations')
    .description('list what was run')
    .action(async () => {
      const tasks = Object.values((await (await session.open()).model()).tasks);
      const rows = tasks.map((task) => [
        task.operation,
        task.id,
        task.unit,
        task.action,
        task.status,
      ]);
      session.print(formatTable(['Operation', 'Task', 'Unit', 'Action', 'Status'], rows));
    });
  program
    .command('cancel-task')
    .description('cancel tasks that wait, and kill those that run')
    .argument('<tasks...>')
    .action(async (tasks: readonly string[]) => {
      const juju = await session.open();
      for (const task of tasks) await juju.call('cancel-task', { task });
    });
  program
    .command('actions')
    .description('list the actions of an application')
    .argument('<application>')
    .option('--schema', 'with their parameters, as YAML')
    .action(async (application: string, flags: { readonly schema?: boolean }) => {
      const { actions } = charmOf(await (await session.open()).model(), application);
      if (flags.schema === true) session.print(formatData(actions, 'yaml'));
      else {
        const rows = Object.values(actions).map(({ name, description }) => [name, description]);
        session.print(formatTable(['Action', 'Description'], rows));
      }
    });
}

/** A unit as `run` takes it: a number or `leader` after the slash. */
const unitPattern = /^[a-z][a-z0-9-]*\/(?:[0-9]+|leader)$/u;

async function run(session: Session, words: readonly string[], flags: RunFlags): Promise<void> {
  const first = words.findIndex((word) => !unitPattern.test(word));
  const units = first < 0 ? words : words.slice(0, first);
  const action = first < 0 ? undefined : words[first];
  if (units.length === 0) {
    throw new UserError('no unit specified', 'Write run app/0 ACTION, or run app/leader ACTION.');
  }
  if (action === undefined) {
    throw new UserError(
      'no action specified',
      'Name one after the units; see "juju-local actions".',
    );
  }
  const given = parseActionArguments(words.slice(first + 1), flags.stringArgs ?? false);
  const parameters = { ...paramsFile(flags.params), ...given };
  const juju = await session.open();
  const queued = await juju.call('enqueue-action', { units, action, parameters });
  await follow(session, juju, queued, flags, plainTask);
}

function paramsFile(path: string | undefined): Readonly<Record<string, unknown>> {
  if (path === undefined) return {};
  const content: unknown = parse(readFileSync(path, 'utf8'));
  if (typeof content === 'object' && content !== null) return { ...content };
  throw new UserError(`file "${path}" is no map of parameters`, 'Write "name: value" lines.');
}

async function exec(session: Session, words: readonly string[], flags: ExecFlags): Promise<void> {
  const juju = await session.open();
  const units = unitsMeant(await juju.model(), flags);
  const [only, ...others] = words;
  // Several words are quoted again for the shell on the unit; a single one is a script already.
  const command = others.length === 0 ? (only ?? '') : words.map(quote).join(' ');
  const timeoutSeconds = flags.wait === undefined ? null : duration(flags.wait) / 1000;
  const queued = await juju.call('enqueue-exec', { units, command, timeoutSeconds });
  await follow(session, juju, queued, flags, plainExec);
}

function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/u.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function unitsMeant(model: Model, flags: ExecFlags): readonly string[] {
  const list = (text: string | undefined): readonly string[] => text?.split(',') ?? [];
  const machines = list(flags.machine);
  const all = Object.values(model.units);
  const units = [
    ...list(flags.unit),
    ...list(flags.application).flatMap((application) => unitsOf(model, application)),
    ...all.filter((unit) => machines.includes(unit.machine)).map((unit) => unit.name),
    ...(flags.all === true ? all.map((unit) => unit.name) : []),
  ];
  if (units.length > 0) return [...new Set(units)];
  throw new UserError(
    'no unit to run the command on',
    'Say where with --unit, --application, --machine or --all.',
  );
}

/** Waits for the tasks unless told not to, prints them, and fails when one failed. */
async function follow(
  session: Session,
  juju: JujuLocal,
  queued: { readonly operation: string; readonly tasks: readonly string[] },
  flags: RunFlags,
  plain: (tasks: readonly Task[]) => string,
): Promise<void> {
  const format = checkFormat(flags.format, formats);
  const { operation, tasks } = queued;
  const count = `${tasks.length} task${tasks.length === 1 ? '' : 's'}`;
  if (flags.background === true) {
    session.print(
      `Scheduled operation ${operation} with ${count}\n` +
        `Check its status with 'juju-local show-operation ${operation}'`,
    );
    return;
  }
  const options = {
    ...(flags.wait === undefined ? {} : { timeoutMs: duration(flags.wait) }),
    onProgress: (text: string) => session.progress(`Waiting for ${text}`),
  };
  const ended: Task[] = [];
  for (const task of tasks) ended.push(await juju.waitForTask(task, options));
  if (format === 'plain') session.print(plain(ended));
  else {
    const byUnit = Object.fromEntries(ended.map((task) => [task.unit, describeTask(task)]));
    session.print(formatData(byUnit, format));
  }
  const failed = ended.filter((task) => task.status !== 'completed' || returnCode(task) !== 0);
  if (failed.length === 0) return;
  const [first] = failed;
  throw new UserError(
    `task ${failed.map((task) => task.id).join(', ')} failed: ${first?.message || `exit status ${returnCode(first)}`}`,
    `See "juju-local show-task ${first?.id ?? ''}".`,
  );
}

function returnCode(task: Task | undefined): number {
  return Number(task?.results['return-code'] ?? 0);
}
