// Asks the server for a checkpoint, over a connection of its own: it takes as long as it takes.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { reasonOf } from './connection.ts';
import { openUnlimited } from './member-connections.ts';

/** False where it was not made, or no longer waited for. */
export async function requestCheckpoint(
  config: AgentConfig,
  log: LogPort,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await using connection = await openUnlimited(config, 'checkpoint');
    const stop = (): void => connection.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await connection.query('CHECKPOINT');
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    return true;
  } catch (error) {
    log.warning(`CHECKPOINT failed: ${reasonOf(error)}`);
    return false;
  }
}
