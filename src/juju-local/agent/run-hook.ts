// Runs one hook: its context, its process, and the commit of what it changed (E60 to E64).

import { commit } from '#core/juju/tools/commit.ts';
import { hookEnvironment, newContextId } from '#core/juju/tools/environment.ts';
import { createHookContext } from '#core/juju/tools/hook-context.ts';
import type { ContextKind, HookContext } from '#core/juju/tools/hook-context.ts';
import type { HookInfo } from '#core/juju/model.ts';
import { hookName } from '#core/juju/uniter/hook-name.ts';
import { recordHookDone } from '#core/juju/uniter/operation-steps.ts';

import { CharmRun } from './charm-run.ts';
import type { RunEnd, RunInit } from './charm-run.ts';
import { findHookScript } from './hook-script.ts';
import type { Performed, UnitAgent } from './unit-agent.ts';

const operationLogger = 'juju.worker.uniter.operation';

export async function runHook(agent: UnitAgent, hook: HookInfo): Promise<Performed> {
  const { host, unit, paths } = agent;
  const name = hookName(host.book.model, unit, hook);
  const script = findHookScript(paths.charmDir, 'hooks', name);
  const log = (level: 'INFO' | 'ERROR' | 'WARNING', message: string): void =>
    host.log(unit, { level, logger: operationLogger, message });
  if (script.kind === 'missing') {
    log('INFO', `skipped "${name}" hook (missing)`);
    return { outcome: { kind: 'missing' }, reboot: false };
  }
  const fail = (how: string, message: string): Performed => {
    log('ERROR', `hook "${name}" (${how}) failed: ${message}`);
    return { outcome: { kind: 'failed', message }, reboot: false };
  };
  if (script.kind === 'unusable') return fail('not started', script.message);

  const context = newContext(agent, { kind: 'hook', hook });
  const end = await agent.follow(
    startProgram(agent, context, { file: script.file, logger: `unit.${unit}.${name}` }),
  );
  if (end.rebootNow) return { outcome: { kind: 'terminated' }, reboot: true };
  if (wasTerminated(end)) {
    log('WARNING', `hook "${name}" was terminated`);
    return { outcome: { kind: 'terminated' }, reboot: false };
  }
  const problem = describeEnd(end);
  if (problem !== null) return fail(script.how, problem);
  const flushError = flush(agent, context);
  if (flushError !== null) return fail(script.how, flushError);
  // A controller that dies from here on only commits the hook, and does not run it again (E13).
  host.book.change((model) => recordHookDone(model, unit));
  log('INFO', `ran "${name}" hook (${script.how})`);
  return { outcome: { kind: 'success' }, reboot: context.reboot !== 'none' };
}

/** A context on the model as it is now. */
export function newContext(agent: UnitAgent, kind: ContextKind): HookContext {
  const { host, unit } = agent;
  return createHookContext({
    model: host.book.model,
    unit,
    now: host.clock.now(),
    contextId: newContextId(host.book.model, unit, kind, host.random.next),
    kind,
    cache: agent.cache,
  });
}

/** Starts a program of the charm in its context, with exactly the environment Juju gives (E30). */
export function startProgram(
  agent: UnitAgent,
  context: HookContext,
  program: Pick<RunInit, 'file' | 'logger'> & Partial<Pick<RunInit, 'args' | 'stdin' | 'collect'>>,
): CharmRun {
  const { host, paths } = agent;
  return new CharmRun({
    host,
    context,
    args: [],
    stdin: null,
    collect: false,
    ...program,
    workingDirectory: paths.charmDir,
    environment: hookEnvironment(context, {
      charmDir: paths.charmDir,
      toolsDir: paths.toolsDir,
      agentSocket: paths.agentSocket,
      apiAddresses: host.apiAddresses,
      systemPath: host.systemPath,
    }),
    fault: agent.takeFault(),
  });
}

/** Sends the buffered changes; the reason when they were refused (E64). */
export function flush(agent: UnitAgent, context: HookContext): string | null {
  const { host, unit } = agent;
  if (!host.reachable(unit)) return 'cannot reach the controller: connection is shut down';
  const result = commit(context, host.book.model, host.clock.now());
  host.book.replace(result.model);
  if (!result.ok) return result.error;
  for (const line of result.log) host.log(unit, line);
  return null;
}

/** SIGTERM and SIGKILL are no failure: the hook runs again (E11). */
export function wasTerminated({ end }: RunEnd): boolean {
  return end.kind === 'killed' && (end.signal === 'SIGTERM' || end.signal === 'SIGKILL');
}

/** Null when the program exited with 0, else in Go's words how it ended (E12). */
export function describeEnd({ end }: RunEnd): string | null {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0 ? null : `exit status ${end.exitCode}`;
    case 'killed':
      return `signal: ${goSignal(end.signal)}`;
    case 'not-started':
      return end.message;
    default:
      return end satisfies never;
  }
}

const goSignals: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGPIPE: 'broken pipe',
  SIGTERM: 'terminated',
};

/** A signal in the words of Go's runtime, which end up in messages people search for. */
export function goSignal(signal: NodeJS.Signals): string {
  return goSignals[signal] ?? signal;
}
