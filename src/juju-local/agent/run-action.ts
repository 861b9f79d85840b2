// Runs one task: an action of the charm, or the command line of a `juju exec` (H257).

import { own } from '#core/juju/own.ts';
import { execAction } from '#core/juju/tasks.ts';
import { actionOutcome } from '#core/juju/tools/action-outcome.ts';
import type { ActionOutcome } from '#core/juju/tools/action-outcome.ts';
import type { HookContext } from '#core/juju/tools/hook-context.ts';
import type { Task } from '#core/juju/model.ts';

import type { RunEnd } from './charm-run.ts';
import { findHookScript } from './hook-script.ts';
import { describeEnd, flush, goSignal, newContext, startProgram } from './run-hook.ts';
import type { Performed, UnitAgent } from './unit-agent.ts';

/** Juju gives the timeout of a command line in nanoseconds. */
const nanosPerMilli = 1e6;

export async function runAction(agent: UnitAgent, id: string): Promise<Performed> {
  const task = own(agent.host.book.model.tasks, id);
  if (task === undefined) throw new Error(`Cannot run task ${id} as the model does not hold it`);
  return task.action === execAction ? runExec(agent, task) : runScript(agent, task);
}

async function runScript(agent: UnitAgent, task: Task): Promise<Performed> {
  const script = findHookScript(agent.paths.charmDir, 'actions', task.action);
  const context = newContext(agent, { kind: 'action', task: task.id });
  const nothing = { exitCode: null, stdout: '', stderr: '', flushError: null };
  if (script.kind === 'missing') {
    return done(actionOutcome(context, { ...nothing, missing: true }));
  }
  if (script.kind === 'unusable') {
    return done({ status: 'failed', message: script.message, results: {} });
  }
  const logger = `unit.${agent.unit}.${task.action}`;
  const run = startProgram(agent, context, { file: script.file, logger, collect: true });
  const end = await agent.follow(run);
  const flushError = describeEnd(end) === null ? flush(agent, context) : null;
  return finish(agent, context, end, flushError);
}

/** The changes of a command line are kept whatever its exit code (E69). */
async function runExec(agent: UnitAgent, task: Task): Promise<Performed> {
  const context = newContext(agent, { kind: 'action', task: task.id });
  const { command, timeout } = task.parameters;
  const run = startProgram(agent, context, {
    file: '/bin/bash',
    args: ['-s'],
    stdin: String(command),
    logger: null,
    collect: true,
  });
  const timer =
    typeof timeout === 'number' && timeout > 0
      ? agent.host.clock.after(timeout / nanosPerMilli, () => run.kill('SIGKILL'))
      : null;
  const end = await agent.follow(run);
  timer?.cancel();
  const flushError = end.end.kind === 'exited' ? flush(agent, context) : null;
  return finish(agent, context, end, flushError);
}

function finish(
  agent: UnitAgent,
  context: HookContext,
  run: RunEnd,
  flushError: string | null,
): Performed {
  const { end, stdout, stderr } = run;
  if (end.kind === 'not-started') {
    return done({ status: 'failed', message: end.message, results: {} });
  }
  const task = context.kind.kind === 'action' ? context.kind.task : '';
  const cancelled = own(agent.host.book.model.tasks, task)?.status === 'aborting';
  return done(
    actionOutcome(context, {
      exitCode: end.kind === 'exited' ? end.exitCode : null,
      ...(end.kind === 'killed' ? { signal: goSignal(end.signal) } : {}),
      stdout,
      stderr,
      flushError,
      cancelled,
    }),
  );
}

function done(outcome: ActionOutcome): Performed {
  return { outcome: { kind: 'action', ...outcome }, reboot: false };
}
