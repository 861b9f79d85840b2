// Runs a configured script that has a say, such as `pre_promote`, and waits for it.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { splitCommand } from '#core/bootstrap/split-command.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { childEnvironment } from './child-environment.ts';
import { failureOf } from './command-failure.ts';

/** True where it exits with 0. There is no shell, and no limit but the signal. */
export async function runScript(
  name: string,
  command: string,
  identity: Identity,
  log: LogPort,
  signal?: AbortSignal,
): Promise<boolean> {
  const split = splitCommand(command);
  if (split.kind === 'unclosed') {
    log.error(`Cannot run the script ${name}: ${split.why}`);
    return false;
  }
  const [file = '', ...args] = split.words;
  const end = await runCommandGroup({
    file,
    args,
    as: identity,
    environment: childEnvironment(),
    signal,
    onLine: (line) => log.info(`${name}: ${line}`),
  });
  const failure = failureOf(end);
  if (failure !== null) log.error(`The script ${name} ${failure}`);
  return failure === null;
}

/** `before_stop` has a part of the time the stop has: one that must be in time is not held up by it. */
export async function runBeforeStop(
  command: string,
  identity: Identity,
  log: LogPort,
  timeoutMs: number | null,
  signal?: AbortSignal,
): Promise<void> {
  const limits = [
    ...(signal === undefined ? [] : [signal]),
    ...(timeoutMs === null ? [] : [AbortSignal.timeout(Math.ceil(timeoutMs / 2))]),
  ];
  await runScript('before_stop', command, identity, log, AbortSignal.any(limits));
}

/** `pre_promote` may say no to a promotion; true where there is none. */
export async function runPrePromote(
  { postgresql }: AgentConfig,
  identity: Identity,
  log: LogPort,
  signal?: AbortSignal,
): Promise<boolean> {
  const { prePromote } = postgresql;
  return prePromote === null || runScript('pre_promote', prePromote, identity, log, signal);
}
