// Runs the configured callbacks: `<command> <event> <role> <scope>`. Nobody waits for them. One runs at a time;
// a new one ends the one that runs, with everything it started. `on_reload` has a place of its own, so that a
// reload does not cut a change of role short.

import type { Role } from '#core/dcs/cluster.ts';
import type { CallbackEvent } from '#core/ha/values.ts';
import { splitCommand } from '#core/bootstrap/split-command.ts';
import type { Identity } from '#adapters/postgres-server/identity.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { runCommandGroup } from '#adapters/process/run-command-group.ts';
import { childEnvironment } from './child-environment.ts';
import { failureOf } from './command-failure.ts';

/** A callback that is ended for the next one gets this long; the next one waits for it. */
const killAfterMs = 500;

export interface Callbacks {
  /** Starts it where one is configured for the event. */
  run(event: CallbackEvent, role: Role, command: string | undefined): void;
  /** Resolves when none runs any more. */
  settled(): Promise<void>;
}

export function createCallbacks(scope: string, identity: Identity, log: LogPort): Callbacks {
  const running = new Map<'reload' | 'other', AbortController>();
  const ends = new Map<'reload' | 'other', Promise<void>>();

  const execute = async (
    words: readonly string[],
    place: 'reload' | 'other',
    controller: AbortController,
  ): Promise<void> => {
    const before = ends.get(place);
    running.get(place)?.abort();
    running.set(place, controller);
    await before;
    const [file = '', ...args] = words;
    const end = await runCommandGroup({
      file,
      args,
      as: identity,
      environment: childEnvironment(),
      signal: controller.signal,
      killAfterMs,
      mayLeaveProcesses: true,
      onLine: (line) => log.info(`callback: ${line}`),
    });
    if (running.get(place) === controller) running.delete(place);
    const failure = failureOf(end);
    if (failure !== null && end.kind !== 'cancelled') {
      log.warning(`CallbackExecutor: ${words.join(' ')} failed: ${failure}`);
    }
  };

  return {
    run(event, role, command) {
      if (command === undefined || command.trim() === '') return;
      const split = splitCommand(command);
      if (split.kind === 'unclosed') {
        log.error(`Cannot run the callback for ${event}: ${split.why}`, { command });
        return;
      }
      const place = event === 'on_reload' ? 'reload' : 'other';
      ends.set(place, execute([...split.words, event, role, scope], place, new AbortController()));
    },
    async settled() {
      await Promise.all(ends.values());
    },
  };
}
