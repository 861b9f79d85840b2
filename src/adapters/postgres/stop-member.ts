// One stop of the server: the checkpoint and the script that come before it, and the stop itself, all within the time.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { LogPort, StopOptions } from '../ports/agent-ports.ts';
import { requestCheckpoint } from './checkpoint.ts';
import { reasonOf } from './connection.ts';
import type { MemberPlace } from './member-place.ts';
import type { MemberServer } from './member-server.ts';
import { runBeforeStop } from './run-script.ts';

export interface StopParts {
  readonly config: AgentConfig;
  readonly place: MemberPlace;
  readonly server: MemberServer;
  readonly log: LogPort;
  /** Called when nothing more is asked of the server. */
  readonly onStopping: () => void;
}

/** True once the server has ended, also where none ran. */
export async function stopMember(
  { config, place, server, log, onStopping }: StopParts,
  options: StopOptions,
  signal?: AbortSignal,
): Promise<boolean> {
  await server.adopt();
  if (server.process === null) {
    options.onSafepoint?.();
    return true;
  }
  if (options.checkpointFirst) await requestCheckpoint(config, log, signal);
  onStopping();
  const startedMs = performance.now();
  const { timeoutMs } = options;
  const { beforeStop } = config.postgresql;
  if (beforeStop !== null) {
    await runBeforeStop(beforeStop, place.identity, log, timeoutMs, signal);
  }
  const usedMs = performance.now() - startedMs;
  return server.stop({
    mode: options.mode,
    timeoutMs: timeoutMs === null ? null : Math.max(0, timeoutMs - usedMs),
    signal,
    onSafepoint: options.onSafepoint,
    onShutdownCheckpoint: options.onShutdownCheckpoint,
    onProblem: (error) => log.error(`After the last checkpoint: ${reasonOf(error)}`),
  });
}
