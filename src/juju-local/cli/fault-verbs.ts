// `fault`: break something on purpose, to see what the charms make of it.

import type { Command } from 'commander';

import { UserError } from '../user-error.ts';
import type { Session } from './session.ts';
import { wholeNumber } from './session.ts';

interface FailFlags {
  readonly atTool: string;
  readonly signal?: string;
  readonly exit?: string;
}

const nothing = { target: '', atTool: 0, signal: null, exit: null } as const;

const machineFaults = [
  ['stop', 'stop-machine', 'switch a machine off: all its processes die at once'],
  ['start', 'start-machine', 'switch a machine on again'],
  ['pause', 'pause-machine', 'freeze all processes of a machine'],
  ['resume', 'resume-machine', 'let a frozen machine go on'],
  ['isolate', 'isolate-machine', 'cut a machine off the controller; its workload goes on'],
  ['reconnect', 'reconnect-machine', 'let it reach the controller again'],
  ['reboot', 'reboot-machine', 'switch a machine off and on'],
] as const;

export function addFaultVerbs(program: Command, session: Session): void {
  const fault = program
    .command('fault', { hidden: true })
    .description('break something on purpose');
  for (const [verb, kind, description] of machineFaults) {
    fault
      .command(verb)
      .description(description)
      .argument('<machine>')
      .action(async (target: string) => {
        await (await session.open()).call('fault', { ...nothing, kind, target });
      });
  }
  fault
    .command('expire-lease')
    .description('take the leadership from the unit that has it')
    .argument('<application>')
    .action(async (target: string) => {
      await (await session.open()).call('fault', { ...nothing, kind: 'expire-lease', target });
    });
  fault
    .command('restart-agent')
    .description("let a unit's agent die and start again; a running hook is interrupted")
    .argument('<unit>')
    .action(async (target: string) => {
      await (await session.open()).call('fault', { ...nothing, kind: 'restart-agent', target });
    });
  fault
    .command('controller')
    .description('let the controller be unreachable, or reachable again')
    .argument('<stop|start>')
    .action(async (what: string) => {
      if (what !== 'stop' && what !== 'start') {
        throw new UserError(`cannot ${what} the controller`, 'Use stop or start.');
      }
      await (await session.open()).call('fault', { ...nothing, kind: `${what}-controller` });
    });
  addFailHook(fault, session);
}

function addFailHook(fault: Command, session: Session): void {
  fault
    .command('fail-hook')
    .description('end the next hook of a unit at its N-th hook tool call')
    .argument('<unit>')
    .option('--at-tool <number>', 'which tool call, from 1', '1')
    .option('--signal <name>', 'the signal that kills it (default: KILL)')
    .option('--exit <code>', 'as if it had ended with this exit code')
    .action(async (target: string, flags: FailFlags) => {
      await (
        await session.open()
      ).call('fault', {
        kind: 'fail-hook',
        target,
        atTool: wholeNumber(flags.atTool, 'number of the tool call', 1),
        signal: flags.exit === undefined ? (flags.signal ?? 'KILL') : null,
        exit: flags.exit === undefined ? null : wholeNumber(flags.exit, 'exit code', 1),
      });
    });
}
